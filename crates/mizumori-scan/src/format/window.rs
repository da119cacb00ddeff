//! A window on a text that is read from its start to its end: as much of it as a format needs to see at once.
//!
//! How much that may be is the format's to say; nothing is understood here, only line feeds are counted.

use std::io::{BufRead, ErrorKind};

use memchr::memchr_iter;

/// Bytes that are read at least when more is asked for.
const STEP: usize = 256 << 10;

/// The part of a text that is held, behind a cursor.
pub(crate) struct Window {
    buffer: Vec<u8>,
    /// The cursor: what lies before it is used up.
    start: usize,
    /// Line feeds are counted up to here.
    counted: usize,
    /// The line of the byte at `counted`, from 1.
    line: u64,
    ended: bool,
}

impl Window {
    /// An empty window on a text whose first line has that number.
    pub(crate) const fn new(first_line: u64) -> Self {
        Self { buffer: Vec::new(), start: 0, counted: 0, line: first_line, ended: false }
    }

    /// Makes it empty again, for another text; keeps its memory.
    pub(crate) fn restart(&mut self, first_line: u64) {
        self.buffer.clear();
        (self.start, self.counted, self.line, self.ended) = (0, 0, first_line, false);
    }

    /// What is held behind the cursor.
    pub(crate) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Bytes of memory that it has.
    pub(crate) const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether nothing follows behind [`rest`](Self::rest).
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Moves the cursor.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.buffer.len());
    }

    /// The line in which the cursor stands. Every byte is looked at once, however often this is called.
    pub(crate) fn line(&mut self) -> u64 {
        let passed = self.buffer.get(self.counted..self.start).unwrap_or_default();
        self.line += memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.start;
        self.line
    }

    /// Reads on, at least doubling what is held, so that looking again from the cursor costs no more than the
    /// text's length in all; `false` at the end. A read error ends the text.
    pub(crate) fn more(&mut self, text: &mut dyn BufRead) -> bool {
        if self.ended {
            return false;
        }
        self.line();
        self.buffer.drain(..self.start);
        (self.start, self.counted) = (0, 0);
        let before = self.buffer.len();
        let wanted = before.saturating_add(STEP.max(before));
        while self.buffer.len() < wanted {
            let used = match text.fill_buf() {
                Ok([]) => break,
                Ok(block) => {
                    let block = block.get(..wanted - self.buffer.len()).unwrap_or(block);
                    self.buffer.extend_from_slice(block);
                    block.len()
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            text.consume(used);
        }
        self.ended = self.buffer.len() < wanted;
        self.buffer.len() > before
    }
}

/// Whether a text that could not be understood held something that matters: an address or a site.
pub(crate) fn matters(text: &[u8]) -> bool {
    memchr::memchr(b'@', text).is_some() || has_scheme(text)
}

/// Whether a text holds `://`.
pub(crate) fn has_scheme(text: &[u8]) -> bool {
    memchr_iter(b':', text).any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(b"://")))
}

/// The same question about a text that is skipped piece by piece.
#[derive(Default)]
pub(crate) struct Skipped {
    tail: Vec<u8>,
    matters: bool,
}

impl Skipped {
    /// Looks at the next piece.
    pub(crate) fn look(&mut self, piece: &[u8]) {
        if self.matters {
            return;
        }
        // What two pieces share can only be a part of `://`.
        self.tail.extend_from_slice(piece.get(..2).unwrap_or(piece));
        self.matters = matters(piece) || matters(&self.tail);
        if piece.len() >= 2 {
            self.tail.clear();
            self.tail.extend_from_slice(piece.get(piece.len() - 2..).unwrap_or_default());
        } else {
            let from = self.tail.len().saturating_sub(2);
            self.tail.drain(..from);
        }
    }

    /// Whether anything that was skipped matters.
    pub(crate) const fn matters(&self) -> bool {
        self.matters
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_counted_and_nothing_is_lost() {
        let text: Vec<u8> = (0..600_000_u32).map(|at| if at % 7 == 0 { b'\n' } else { b'x' }).collect();
        for capacity in [1, 13, 8192] {
            let mut reader = BufReader::with_capacity(capacity, &text[..]);
            let mut window = Window::new(1);
            let mut seen = Vec::new();
            while window.more(&mut reader) || !window.rest().is_empty() {
                let used = window.rest().len().min(100_000);
                seen.extend_from_slice(&window.rest()[..used]);
                window.advance(used);
            }
            assert!(seen == text && window.has_ended());
            assert_eq!(window.line(), 1 + text.iter().filter(|byte| **byte == b'\n').count() as u64);
        }
    }

    #[test]
    fn what_matters() {
        for (text, expected) in [("a@b", true), ("x://", true), ("a:/b", false), ("", false)] {
            assert_eq!(matters(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_matters_piece_by_piece() {
        for text in ["a ://", "://", "x@", "a:/ /", "::/", "abc://def"] {
            for length in 1..4 {
                let mut skipped = Skipped::default();
                text.as_bytes().chunks(length).for_each(|piece| skipped.look(piece));
                assert_eq!(skipped.matters(), matters(text.as_bytes()), "{text} {length}");
            }
        }
    }
}
