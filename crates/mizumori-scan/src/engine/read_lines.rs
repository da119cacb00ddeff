//! Cuts the bytes of a member into blocks of whole lines, decoded.
//!
//! A line longer than the limit is cut into parts, where possible at a blank or a separator; its parts are
//! blocks of their own, and only the last one ends a line.

use std::io;

use mizumori_read::{Charset, Decoder, ReadAt};

/// Bytes that are read at once. Half of a second-level cache, so that what was read is still there when it is
/// scanned.
pub(super) const BLOCK: usize = 256 << 10;

/// The least room that is made for bytes, whatever is said to be left of them.
const LEAST_BLOCK: usize = 4 << 10;

/// Room for as many of `bytes` as are left, at most for `block`.
pub(super) fn room_for(bytes: &impl Bytes, block: usize) -> usize {
    block.min(bytes.left().max(LEAST_BLOCK))
}

/// Where the bytes come from.
pub(super) trait Bytes {
    /// Reads into `buffer`; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// How many bytes are left, as far as that is known: a small file needs no large buffer.
    fn left(&self) -> usize {
        usize::MAX
    }
}

impl<R: io::Read + ?Sized> Bytes for &mut R {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match io::Read::read(self, buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// The lines of a file that begin in a range of its bytes.
pub(super) struct Range<'r> {
    at: &'r dyn ReadAt,
    charset: Charset,
    position: u64,
    end: u64,
    state: RangeState,
}

#[derive(PartialEq, Eq)]
enum RangeState {
    /// The first line end is still looked for.
    Before,
    Inside,
    Done,
}

impl<'r> Range<'r> {
    /// The lines that begin at or behind `start` and before `end`. `first` is where the member's text begins: a
    /// range that starts there starts with a line.
    pub(super) fn new(at: &'r dyn ReadAt, charset: Charset, first: u64, start: u64, end: u64) -> Self {
        let state = if end <= first {
            // Nothing but byte order mark: the first line begins in a later range.
            RangeState::Done
        } else if start <= first {
            RangeState::Inside
        } else {
            RangeState::Before
        };
        let position = if start <= first { first } else { start - charset.unit() as u64 };
        Self { at, charset, position, end, state }
    }

    /// Reads on, and cuts what was read behind the line end that closes the range.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let unit = self.charset.unit() as u64;
        let read = read_full(self.at, self.position, buffer)?;
        let from = self.position;
        self.position += read as u64;
        if self.position < self.end || read == 0 {
            return Ok(read);
        }
        // The line end that closes the range is the first one behind its last code unit.
        let tail = self.end.saturating_sub(unit).saturating_sub(from) as usize;
        let closed = buffer.get(tail.min(read)..read).and_then(|rest| self.charset.first_line_end(rest));
        match closed {
            Some(length) => {
                self.state = RangeState::Done;
                Ok(tail + length)
            }
            None => Ok(read),
        }
    }
}

impl Bytes for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                RangeState::Done => return Ok(0),
                RangeState::Inside => return self.fill(buffer),
                RangeState::Before => {
                    let from = self.position;
                    let read = read_full(self.at, from, buffer)?;
                    let first = buffer.get(..read).and_then(|bytes| self.charset.first_line_end(bytes));
                    match first {
                        Some(length) => {
                            self.position = from + length as u64;
                            self.state =
                                if self.position < self.end { RangeState::Inside } else { RangeState::Done };
                        }
                        None => {
                            self.position = from + read as u64;
                            if read == 0 || self.position >= self.end {
                                self.state = RangeState::Done;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Reads until `buffer` is full or the end is there, so that code units stay whole.
pub(super) fn read_full(at: &dyn ReadAt, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match at.read_at(offset + filled as u64, rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if filled == 0 => return Err(error),
            // What was read counts; the error comes again with the next call.
            Err(_) => break,
        }
    }
    Ok(filled)
}

/// A block of text.
pub(super) struct Block<'b> {
    /// Whole lines, the last perhaps without its line feed; or a part of an overlong line.
    pub(super) text: &'b [u8],
    /// Whether it is a part of a line that goes on behind it.
    pub(super) cut: Cut,
}

/// Whether a block ends where a line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    AtLineEnd,
    InsideLine,
}

/// Reads blocks of whole lines.
pub(super) struct LineReader<B> {
    bytes: B,
    decoder: Option<Decoder>,
    old_mac: OldMac,
    raw: Vec<u8>,
    /// What was read, up to `filled`; behind that it is room that was cleared once and is used again.
    text: Vec<u8>,
    filled: usize,
    /// The part of `text` that was handed out.
    used: usize,
    block: usize,
    longest: usize,
    ended: bool,
    error: Option<io::Error>,
}

/// Whether carriage returns end lines, as on the Macintosh before 2001.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OldMac {
    Yes,
    No,
}

impl<B: Bytes> LineReader<B> {
    /// Reads `bytes` of `charset`, from behind its byte order mark or from a line's start, in blocks of about
    /// `block` bytes; `longest` is the limit of a line.
    pub(super) fn new(bytes: B, charset: &Charset, old_mac: OldMac, block: usize, longest: usize) -> Self {
        let decoder = (!charset.is_utf8()).then(|| Decoder::new(charset));
        let longest = longest.max(4);
        // A block of text is no longer than a line may be; decoded, a byte becomes up to three.
        let most = if decoder.is_some() { longest / 3 } else { longest };
        Self {
            bytes,
            decoder,
            old_mac,
            raw: Vec::new(),
            text: Vec::new(),
            filled: 0,
            used: 0,
            // Even, so that the units of UTF-16 stay whole.
            block: block.min(most).max(2) & !1,
            longest,
            ended: false,
            error: None,
        }
    }

    /// The next block; `None` at the end. A read error ends the text: it is kept for [`error`](Self::error).
    pub(super) fn next_block(&mut self) -> Option<Block<'_>> {
        self.text.copy_within(self.used..self.filled, 0);
        self.filled -= self.used;
        self.used = 0;
        let mut searched = 0;
        loop {
            let new = self.text.get(searched..self.filled).unwrap_or_default();
            if let Some(feed) = memchr::memrchr(b'\n', new) {
                // No line that begins in this block is longer than it is; the first may have begun before.
                let text = self.text.get(..self.filled).unwrap_or_default();
                if self.filled > self.longest
                    && memchr::memchr(b'\n', text).is_some_and(|first| first > self.longest)
                {
                    self.used = cut_inside(text, self.longest);
                    return Some(self.handed_out(Cut::InsideLine));
                }
                self.used = searched + feed + 1;
                return Some(self.handed_out(Cut::AtLineEnd));
            }
            if self.filled >= self.longest {
                self.used = cut_inside(self.text.get(..self.filled).unwrap_or_default(), self.longest);
                return Some(self.handed_out(Cut::InsideLine));
            }
            if self.ended {
                self.used = self.filled;
                return (self.used > 0).then(|| self.handed_out(Cut::AtLineEnd));
            }
            searched = self.filled;
            self.fill();
        }
    }

    /// The read error that ended the text.
    pub(super) fn error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    fn handed_out(&self, cut: Cut) -> Block<'_> {
        Block { text: self.text.get(..self.used).unwrap_or_default(), cut }
    }

    fn fill(&mut self) {
        let before = self.filled;
        let block = room_for(&self.bytes, self.block);
        match &mut self.decoder {
            None => {
                if self.text.len() < before + block {
                    self.text.resize(before + block, 0);
                }
                let read = match self.text.get_mut(before..before + block) {
                    Some(space) => self.bytes.read(space),
                    None => Ok(0),
                };
                self.filled = before + self.taken(read);
            }
            Some(_) => {
                let mut raw = std::mem::take(&mut self.raw);
                raw.resize(block, 0);
                let read = self.bytes.read(&mut raw);
                let read = self.taken(read);
                self.text.truncate(before);
                if let Some(decoder) = &mut self.decoder {
                    decoder.decode(raw.get(..read).unwrap_or_default(), self.ended, &mut self.text);
                }
                self.filled = self.text.len();
                self.raw = raw;
            }
        }
        if self.old_mac == OldMac::Yes
            && let Some(new) = self.text.get_mut(before..self.filled)
        {
            new.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
    }

    fn taken(&mut self, read: io::Result<usize>) -> usize {
        match read {
            Ok(0) => self.ended = true,
            Ok(read) => return read,
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
            }
        }
        0
    }
}

/// Where an overlong line is cut: behind the last blank or separator near the limit, else between characters.
fn cut_inside(text: &[u8], longest: usize) -> usize {
    let head = text.get(..longest).unwrap_or(text);
    let near = head.len().saturating_sub(4 << 10);
    let window = head.get(near..).unwrap_or_default();
    if let Some(at) = window.iter().rposition(|byte| matches!(byte, b' ' | b'\t' | b',' | b';' | b'\r')) {
        return near + at + 1;
    }
    // Not inside a character: back to its first byte.
    let back = head.iter().rev().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
    match head.len().checked_sub(back + 1).and_then(|at| head.get(at).map(|byte| (at, *byte))) {
        Some((at, lead)) if lead >= 0xc0 && at > 0 => at,
        _ => head.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_read::Bytes as Held;
    use proptest::prelude::*;

    fn blocks(text: &[u8], block: usize, longest: usize) -> Vec<(Vec<u8>, bool)> {
        let mut source = text;
        let mut reader = LineReader::new(&mut source, &Charset::Utf8, OldMac::No, block, longest);
        let mut blocks = Vec::new();
        while let Some(block) = reader.next_block() {
            blocks.push((block.text.to_vec(), block.cut == Cut::AtLineEnd));
        }
        blocks
    }

    #[test]
    fn overlong_lines_are_cut_at_blanks() {
        let seen = blocks("aaa bbb ccc ddd\nx\n".as_bytes(), 4, 10);
        let parts: Vec<_> =
            seen.iter().map(|(text, whole)| (std::str::from_utf8(text).unwrap(), *whole)).collect();
        assert_eq!(parts.first(), Some(&("aaa bbb ", false)));
        assert_eq!(
            seen.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>().concat(),
            b"aaa bbb ccc ddd\nx\n"
        );
    }

    #[test]
    fn a_range_within_the_byte_order_mark_has_no_line() {
        let at = Held::new(*b"\xEF\xBB\xBFa\nb\n");
        let mut lines = Vec::new();
        for start in [0, 2, 4, 6] {
            let mut range = Range::new(&at, Charset::Utf8, 3, start, start + 2);
            let mut buffer = [0; 16];
            while let Ok(read @ 1..) = range.read(&mut buffer) {
                lines.extend_from_slice(&buffer[..read]);
            }
        }
        assert_eq!(lines, b"a\nb\n");
    }

    proptest! {
        #[test]
        fn blocks_are_the_text_in_whole_lines(text in "[a-c \n水]{0,200}", block in 2_usize..40) {
            let seen = blocks(text.as_bytes(), block, 1 << 20);
            prop_assert_eq!(seen.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>().concat(), text.as_bytes());
            for (text, whole) in seen.iter().rev().skip(1) {
                prop_assert!(*whole && text.ends_with(b"\n"));
            }
        }

        /// However large a block is, no line of it is longer than lines may be.
        #[test]
        fn no_line_is_longer_than_the_limit(text in "[a-c \n水]{0,200}", block in 2_usize..300, longest in 4_usize..60) {
            let blocks = blocks(text.as_bytes(), block, longest);
            for (text, _) in &blocks {
                for line in text.split(|byte| *byte == b'\n') {
                    prop_assert!(line.len() <= longest, "{} of {longest}", line.len());
                }
            }
            let whole: Vec<u8> = blocks.into_iter().flat_map(|(text, _)| text).collect();
            prop_assert_eq!(whole, text.as_bytes());
        }

        #[test]
        fn ranges_are_the_file(text in "[ab\n]{0,300}", size in 1_u64..50, block in 2_usize..20, wide in any::<bool>()) {
            let (bytes, charset): (Vec<u8>, _) = if wide {
                (text.encode_utf16().flat_map(u16::to_le_bytes).collect(), Charset::Utf16Le)
            } else {
                (text.clone().into_bytes(), Charset::Utf8)
            };
            let size = size * 2;
            let at = Held::new(bytes.clone());
            let mut seen = Vec::new();
            let mut start = 0;
            while start < bytes.len() as u64 {
                let mut range = Range::new(&at, charset, 0, start, start + size);
                let mut buffer = vec![0; block * 2];
                let begin = seen.len();
                loop {
                    let read = range.read(&mut buffer).unwrap();
                    if read == 0 { break }
                    seen.extend_from_slice(&buffer[..read]);
                }
                if seen.len() > begin && begin > 0 {
                    let unit = charset.unit();
                    prop_assert_eq!(seen[begin - unit], b'\n');
                }
                start += size;
            }
            prop_assert_eq!(seen, bytes);
        }
    }
}
