//! A directory that is a CSV file: for organisations that export one, and for those that have nothing else.
//!
//! UTF-8 (with or without a byte order mark) or CP932, comma separated, quoted as RFC 4180 has it. The first line names the
//! columns; [`COLUMNS`] lists their names. A wrong header is an error, a wrong line an [`Oddity`](crate::Oddity) with its number.
//! The file is read again at each reading; nothing is ever written to it.

mod columns;
mod lines;
mod row;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{DecoderResult, UTF_8};

pub use columns::COLUMNS;
use columns::Columns;
use lines::Lines;

use crate::directory::{Directory, Lookup, Oddity, OddityKind, Page, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::seen::Seen;

/// A larger file is none that describes people: a quote that is never closed makes a record of all that follows.
const LARGEST: u64 = 256 << 20;
/// Lines a page.
const LINES: usize = 1000;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    path: PathBuf,
}

impl CsvFile {
    /// The directory in a file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Lookup for CsvFile {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let (path, whom) = (self.path.clone(), whom.clone());
        blocking(&self.path, move || find(&path, &whom)).await
    }
}

#[async_trait]
impl Directory for CsvFile {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        let path = self.path.clone();
        let reading = blocking(&self.path, move || Reading::open(&path)).await?;
        Ok(Box::new(CsvPages { path: self.path.clone(), reading: Some(reading) }))
    }
}

struct CsvPages {
    path: PathBuf,
    /// Away while a thread reads, and for good behind an error or the end.
    reading: Option<Reading>,
}

#[async_trait]
impl Pages for CsvPages {
    async fn next(&mut self) -> Result<Option<Page>> {
        let Some(mut reading) = self.reading.take() else { return Ok(None) };
        let (page, reading) = blocking(&self.path, move || Ok((reading.page()?, reading))).await?;
        if page.is_some() {
            self.reading = Some(reading);
        }
        Ok(page)
    }
}

/// Files block; this keeps them off the threads of the others.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let broken = |_| DirectoryError::Read { file: path.to_owned(), cause: io::ErrorKind::Interrupted.into() };
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

/// The first entry that is meant. Of two with one address the first one is, as in a reading.
fn find(path: &Path, whom: &Whom) -> Result<Option<Entry>> {
    let mut reading = Reading::open(path)?;
    while let Some(page) = reading.page()? {
        let found = page.entries.into_iter().find(|entry| match whom {
            Whom::Id(id) => entry.id == *id,
            Whom::Address(address) => entry.addresses.contains(address),
        });
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
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

/// A file that is being read.
struct Reading {
    path: PathBuf,
    reader: Reader<BufReader<File>>,
    encoding: Encoding,
    columns: Columns,
    lines: Lines,
    seen: Seen,
}

impl Reading {
    fn open(path: &Path) -> Result<Self> {
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
        let columns = Columns::read(&header, |field| encoding.decode(field))
            .map_err(|why| wrong(path, Some(1), why))?;
        let lines = Lines::open(path).map_err(unread)?;
        Ok(Self { path: path.to_owned(), reader, encoding, columns, lines, seen: Seen::default() })
    }

    fn page(&mut self) -> Result<Option<Page>> {
        let (mut page, mut record, mut lines) = (Page::default(), ByteRecord::new(), 0);
        while lines < LINES {
            if !self.reader.read_byte_record(&mut record).map_err(|error| broken(&self.path, error))? {
                break;
            }
            lines += 1;
            let byte = record.position().map_or(0, csv::Position::byte);
            let unread = |cause| DirectoryError::Read { file: self.path.clone(), cause };
            let line = self.lines.of(byte).map_err(unread)?;
            if record.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let fields: Option<Vec<String>> =
                record.iter().map(|field| self.encoding.decode(field)).collect();
            let fields = fields.filter(|fields| fields.len() <= self.columns.count());
            let Some(fields) = fields else {
                page.oddities.push(Oddity { position: line, id: None, kind: OddityKind::Unreadable });
                continue;
            };
            match row::entry(&self.columns, &fields) {
                Ok((entry, odd)) => {
                    let id = Some(entry.id.clone());
                    let odd = odd.into_iter().map(|kind| Oddity { position: line, id: id.clone(), kind });
                    page.oddities.extend(odd);
                    self.seen.admit(&mut page, line, entry);
                }
                Err(kind) => page.oddities.push(Oddity { position: line, id: None, kind }),
            }
        }
        Ok((lines > 0).then_some(page))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use crate::entry::{EntryId, Privilege, SecondFactor, Standing};
    use mizumori_core::Lang;

    fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, CsvFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        std::fs::write(&path, content).unwrap();
        (folder, CsvFile::new(path))
    }

    async fn all(directory: &CsvFile) -> Result<(Vec<Entry>, Vec<Oddity>)> {
        let (mut entries, mut oddities) = (Vec::new(), Vec::new());
        let mut pages = directory.pages().await?;
        while let Some(page) = pages.next().await? {
            entries.extend(page.entries);
            oddities.extend(page.oddities);
        }
        Ok((entries, oddities))
    }

    const GOOD: &str = "\
key,address,aliases,login,name,lang,enabled,privileged,second factor,held since,password changed at,must change,superior,other address,keepers,groups
1,Taro@Suigen.example,t.suigen@suigen.example; TARO@suigen.example,taro,水源太郎,ja,yes,no,yes,2024-04-01,2026-01-02T03:04:05+09:00,no,boss@suigen.example,taro@home.example,,Staff;Water
2,box@suigen.example,,,Shared,,0,1,,,,,,,taro@suigen.example,
";

    #[tokio::test]
    async fn a_file_is_read() {
        for content in [GOOD.as_bytes().to_vec(), [b"\xef\xbb\xbf", GOOD.as_bytes()].concat(), {
            encoding_rs::SHIFT_JIS.encode(GOOD).0.into_owned()
        }] {
            let (_folder, directory) = file(content);
            let (entries, oddities) = all(&directory).await.unwrap();
            assert_eq!(oddities, []);
            let [taro, shared] = entries.as_slice() else { panic!("{}", entries.len()) };
            assert_eq!(taro.addresses.len(), 2);
            assert_eq!(taro.primary(), parse("taro@suigen.example").as_ref());
            assert_eq!(taro.login.as_deref(), Some("taro"));
            assert_eq!(taro.names.as_ref().unwrap().ja, "水源太郎");
            assert_eq!((taro.lang, taro.standing), (Some(Lang::Ja), Standing::Enabled));
            assert_eq!(taro.second_factor, SecondFactor::Present);
            assert_eq!(taro.password_changed_at, crate::moment::rfc3339("2026-01-01T18:04:05Z"));
            assert!(taro.held_since.is_some() && taro.superior.is_some() && taro.other_address.is_some());
            assert_eq!(taro.groups, ["Staff", "Water"]);
            assert_eq!((shared.standing, shared.privilege), (Standing::Disabled, Privilege::Privileged));
            assert_eq!(shared.keepers.len(), 1);
        }
    }

    #[tokio::test]
    async fn japanese_headers_and_the_address_as_key() {
        let (_folder, directory) =
            file("メールアドレス,氏名,有効\r\na@a.example,水,有効\r\nb@a.example,源,無効\r\n");
        let (entries, oddities) = all(&directory).await.unwrap();
        assert_eq!(oddities, []);
        let standings: Vec<_> = entries.iter().map(|entry| entry.standing).collect();
        assert_eq!(standings, [Standing::Enabled, Standing::Disabled]);
        assert_eq!(entries[0].id.as_str(), "a@a.example");
    }

    #[tokio::test]
    async fn mistakes_have_their_line() {
        let content = "key,address,enabled,held_since,superior\n1,a@a.example,maybe,soon,nobody\n\n,b@a.example,,,\n3,,,,\n\
             1,c@a.example,,,\n5,\"d@a.example\n\",,,\n6,A@a.example,,,\n7,e@a.example,,,,too,many\n8,no-address,,,\n";
        let expected = [
            (2, OddityKind::BadValue("enabled")),
            (2, OddityKind::BadTime("held_since")),
            (2, OddityKind::BadAddress("superior")),
            (4, OddityKind::NoId("key")),
            (5, OddityKind::Nameless),
            (6, OddityKind::IdAgain),
            (9, OddityKind::AddressAgain),
            (10, OddityKind::Unreadable),
            (11, OddityKind::Nameless),
        ];
        for content in [content.to_owned(), content.replace('\n', "\r\n")] {
            let (_folder, directory) = file(content);
            let (entries, oddities) = all(&directory).await.unwrap();
            let odd: Vec<_> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
            assert_eq!(odd, expected);
            assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["1", "5", "6"]);
        }
    }

    #[tokio::test]
    async fn headers_that_cannot_be() {
        for (content, why) in [
            ("", "it is empty"),
            ("name\nx\n", "neither"),
            ("address,address\n", "twice"),
            ("address,passwort\n", "column 2"),
            ("a\0ddress\n", "column 1"),
        ] {
            let (_folder, directory) = file(content);
            let error = all(&directory).await.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        let missing = CsvFile::new("no-such-folder/people.csv");
        assert!(matches!(all(&missing).await, Err(DirectoryError::Read { .. })));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text() {
        let (_folder, directory) = file(b"key,address\n1,a@a.example\n2,\xff\xff\xff\n");
        let (entries, oddities) = all(&directory).await.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(oddities.first().map(|odd| (odd.position, odd.kind)), Some((3, OddityKind::Unreadable)));
    }

    #[tokio::test]
    async fn one_entry() {
        let (_folder, directory) = file(GOOD);
        let by_id = directory.entry(&EntryId::new("2").unwrap().into()).await.unwrap().unwrap();
        assert_eq!(by_id.standing, Standing::Disabled);
        let alias = Whom::Address(parse("t.suigen@suigen.example").unwrap());
        assert_eq!(directory.entry(&alias).await.unwrap().unwrap().id.as_str(), "1");
        assert_eq!(directory.entry(&EntryId::new("3").unwrap().into()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn fifty_thousand_lines_in_pages() {
        let mut content = String::from("key,address,aliases\n");
        for number in 0..50_000 {
            content +=
                &format!("{number},p{number}@a.example,q{number}@a.example r{}@a.example\n", number / 2);
        }
        let (_folder, directory) = file(content);
        let mut pages = directory.pages().await.unwrap();
        let (mut entries, mut again) = (0, 0);
        while let Some(page) = pages.next().await.unwrap() {
            assert!(page.entries.len() <= LINES);
            entries += page.entries.len();
            again += page.oddities.iter().filter(|odd| odd.kind == OddityKind::AddressAgain).count();
        }
        assert_eq!((entries, again), (50_000, 25_000));
    }
}
