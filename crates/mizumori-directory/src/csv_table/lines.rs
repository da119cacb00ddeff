//! Which line of a file a byte is in. The CSV reader's own count leaves out blank lines and Windows' line ends.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// Counts lines beside the reading, once through the file.
pub(super) struct Lines {
    file: BufReader<File>,
    at: u64,
    line: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::new(File::open(path)?), at: 0, line: 1 })
    }

    /// The line, from 1, of the first byte from `byte` on that ends no line. Asked for in rising order.
    pub(super) fn of(&mut self, byte: u64) -> io::Result<u64> {
        loop {
            let next = self.file.fill_buf()?.first().copied();
            match next {
                Some(b'\n') => self.line += 1,
                Some(b'\r') => {}
                Some(_) if self.at < byte => {}
                Some(_) | None => return Ok(self.line),
            }
            self.file.consume(1);
            self.at += 1;
        }
    }
}
