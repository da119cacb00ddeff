//! A table that is a CSV file: UTF-8 (with or without a byte order mark) or CP932, comma separated, quoted as RFC 4180 has it.
//!
//! The first line names the columns; what the names mean is the caller's matter. Neither an error nor a row that cannot be read quotes
//! a value.

mod lines;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{DecoderResult, UTF_8};

use lines::Lines;

use crate::error::{DirectoryError, Result};

/// A larger file is none that describes people: a quote that is never closed makes a record of all that follows.
const LARGEST: u64 = 256 << 20;

/// A file that is being read.
pub struct CsvTable {
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    encoding: Encoding,
    headings: Vec<Option<String>>,
    lines: Lines,
}

/// A row that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRow {
    /// Its line, from 1; the first of several.
    pub line: u64,
    /// Its fields, no more than there are columns; nothing where they are no text, or more.
    pub fields: Option<Vec<String>>,
}

impl CsvTable {
    /// Opens a file, and reads its first line.
    ///
    /// # Errors
    /// When it cannot be read, is empty, too large, or no CSV.
    pub fn open(path: &Path) -> Result<Self> {
        let unread = |cause| DirectoryError::Read { file: path.to_owned(), cause };
        let mut file = File::open(path).map_err(unread)?;
        if file.metadata().map_err(unread)?.len() > LARGEST {
            return Err(wrong(path, None, format!("larger than {} MiB", LARGEST >> 20)));
        }
        let encoding = detect(&mut file).map_err(unread)?;
        file.rewind().map_err(unread)?;
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
        let mut header = ByteRecord::new();
        if !reader.read_byte_record(&mut header).map_err(|error| broken(path, error))? {
            return Err(wrong(path, None, "it is empty".to_owned()));
        }
        let heading = |field| {
            let name = encoding.decode(field)?;
            // The mark is the first field's only where the reader left it there.
            Some(normal_heading(name.trim_start_matches('\u{feff}')))
        };
        let headings = header.iter().map(heading).collect();
        let lines = Lines::open(path).map_err(unread)?;
        Ok(Self { path: path.to_owned(), reader, encoding, headings, lines })
    }

    /// The names of the columns, as [`normal_heading`] writes them; nothing for one that is no text.
    pub fn headings(&self) -> &[Option<String>] {
        &self.headings
    }

    /// The next row.
    ///
    /// # Errors
    /// When the file cannot be read to its end.
    pub fn row(&mut self) -> Result<Option<CsvRow>> {
        let mut record = ByteRecord::new();
        loop {
            if !self.reader.read_byte_record(&mut record).map_err(|error| broken(&self.path, error))? {
                return Ok(None);
            }
            let byte = record.position().map_or(0, csv::Position::byte);
            let unread = |cause| DirectoryError::Read { file: self.path.clone(), cause };
            let line = self.lines.of(byte).map_err(unread)?;
            if record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let fields: Option<Vec<String>> =
                record.iter().map(|field| self.encoding.decode(field)).collect();
            let fields = fields.filter(|fields| fields.len() <= self.headings.len());
            return Ok(Some(CsvRow { line, fields }));
        }
    }

    /// The error of a file that is not what it should be; `why` quotes no value.
    pub fn wrong(&self, line: Option<u64>, why: String) -> DirectoryError {
        wrong(&self.path, line, why)
    }
}

/// A heading as it is compared: in small letters, with single blanks where blanks, `_` and `-` stand.
pub fn normal_heading(name: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c == '_' || c == '-';
    name.trim().split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// How the file's text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Cp932,
}

impl Encoding {
    /// CP932 has neither a comma, a quote nor a line end as a second byte, so that fields are cut out first.
    fn decode(self, field: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(field).ok().map(str::to_owned),
            Self::Cp932 => {
                let text =
                    encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(field)?;
                Some(text.into_owned())
            }
        }
    }
}

/// UTF-8 when all of it is, else CP932: no text in CP932 beyond a few characters is UTF-8 by chance.
fn detect(file: &mut File) -> io::Result<Encoding> {
    let mut decoder = UTF_8.new_decoder_without_bom_handling();
    let (mut bytes, mut text) = (vec![0; 64 << 10], vec![0; 192 << 10]);
    loop {
        let length = file.read(&mut bytes)?;
        let read = bytes.get(..length).unwrap_or_default();
        let (result, ..) = decoder.decode_to_utf8_without_replacement(read, &mut text, length == 0);
        match result {
            DecoderResult::Malformed(..) => return Ok(Encoding::Cp932),
            DecoderResult::InputEmpty if length == 0 => return Ok(Encoding::Utf8),
            // Three times the input is always room enough.
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
        }
    }
}

fn wrong(path: &Path, line: Option<u64>, why: String) -> DirectoryError {
    DirectoryError::File { file: path.to_owned(), line, why }
}

/// What the CSV reader itself refuses: with flexible records that is the file alone.
fn broken(path: &Path, error: csv::Error) -> DirectoryError {
    let line = error.position().map(csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => DirectoryError::Read { file: path.to_owned(), cause },
        _ => wrong(path, line, "it is no CSV".to_owned()),
    }
}
