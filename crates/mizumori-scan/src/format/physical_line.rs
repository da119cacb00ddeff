//! Physical lines of a text that is read from its start to its end, each bounded.
//!
//! Nothing is understood here: folding, entries and blocks are their formats' own.

use std::io::{BufRead, ErrorKind};

/// One physical line without its line end (LF, or CR LF).
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its first bytes, as many as were asked for.
    pub(crate) text: &'a [u8],
    /// Whether it was longer than that.
    pub(crate) cut: bool,
}

/// The lines of a text that is there as a whole, without their line ends; behind a last line feed is an empty one.
#[derive(Clone)]
pub(crate) struct Lines<'t> {
    rest: Option<&'t [u8]>,
}

/// The lines of `text`, as detection sees them.
pub(crate) fn lines(text: &[u8]) -> Lines<'_> {
    Lines { rest: Some(text) }
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let rest = self.rest?;
        let end = memchr::memchr(b'\n', rest);
        self.rest = end.and_then(|end| rest.get(end + 1..));
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Calls `each` with every line of `text`, of which at most `longest` bytes are kept. A read error ends the
/// text; a last line without line end is a line.
pub(crate) fn for_each_line(text: &mut dyn BufRead, longest: usize, each: &mut dyn FnMut(Line<'_>)) {
    let mut number = 1;
    // A line that began in a block that is gone, and how long it really was.
    let mut kept: Vec<u8> = Vec::new();
    let mut length = 0;
    loop {
        let block = match text.fill_buf() {
            Ok([]) => break,
            Ok(block) => block,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', block) {
            let here = block.get(from..end).unwrap_or_default();
            if length == 0 {
                emit(number, here, here.len(), longest, each);
            } else {
                keep(&mut kept, &mut length, here, longest);
                emit(number, &kept, length, longest, each);
                kept.clear();
                length = 0;
            }
            number += 1;
            from = end + 1;
        }
        keep(&mut kept, &mut length, block.get(from..).unwrap_or_default(), longest);
        let used = block.len();
        text.consume(used);
    }
    if length > 0 {
        emit(number, &kept, length, longest, each);
    }
}

/// One byte more than the longest line is kept, so that its CR does not count.
fn keep(kept: &mut Vec<u8>, length: &mut usize, more: &[u8], longest: usize) {
    let room = (longest + 1).saturating_sub(kept.len());
    kept.extend_from_slice(more.get(..room).unwrap_or(more));
    *length = length.saturating_add(more.len());
}

fn emit(number: u64, text: &[u8], length: usize, longest: usize, each: &mut dyn FnMut(Line<'_>)) {
    let (text, length) = match text {
        [text @ .., b'\r'] if text.len() + 1 == length => (text, length - 1),
        text => (text, length),
    };
    each(Line { number, text: text.get(..longest).unwrap_or(text), cut: length > longest });
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_bounded_and_counted() {
        let text = b"a\r\n\nabcd\r\nabcde\nabcdefgh\n\r\nend";
        let expected =
            [(1, "a", false), (2, "", false), (3, "abcd", false), (4, "abcd", true), (5, "abcd", true)];
        let expected: Vec<_> = expected.into_iter().chain([(6, "", false), (7, "end", false)]).collect();
        for capacity in 1..40 {
            let mut seen = Vec::new();
            for_each_line(&mut BufReader::with_capacity(capacity, &text[..]), 4, &mut |line| {
                seen.push((line.number, String::from_utf8(line.text.to_vec()).unwrap(), line.cut));
            });
            let seen: Vec<_> =
                seen.iter().map(|(number, text, cut)| (*number, text.as_str(), *cut)).collect();
            assert_eq!(seen, expected, "{capacity}");
        }
    }
}
