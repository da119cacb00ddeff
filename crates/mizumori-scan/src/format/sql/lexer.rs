//! The words, names and blanks of SQL, read from a part of the text. Values are read in `literal` and `value`.
//!
//! No grammar of any one product: what MySQL, PostgreSQL, SQLite, SQL Server and Oracle write into their dumps is
//! read alike, and what none of them writes is malformed. Whether more text is needed is said, never guessed:
//! what is read does not depend on how much of the text is held.

use super::literal::Escapes;
use crate::record::Reject;

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text that is held ends too early.
    More,
    /// The text breaks the grammar.
    Bad(Reject),
}

/// The grammar is broken here.
pub(super) const MALFORMED: Stop = Stop::Bad(Reject::Malformed);

/// What was read, or why not.
pub(super) type Step<T> = Result<T, Stop>;

/// A literal that has not ended where the text that is held does: it may be longer than anything that can be
/// held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenLiteral {
    /// A string between these quotes.
    Quoted(u8, Escapes),
    /// Hexadecimal digits.
    Hexadecimal,
}

/// Reads from a part of the text.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t [u8],
    /// The next byte.
    pub(super) at: usize,
    /// Whether nothing follows behind the part.
    pub(super) ended: bool,
    /// How strings without prefix are written.
    pub(super) escapes: Escapes,
    /// The literal that was being read when the text ended.
    pub(super) open: Option<OpenLiteral>,
}

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t [u8], ended: bool, escapes: Escapes) -> Self {
        Self { text, at: 0, ended, escapes, open: None }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte; `None` at the end.
    pub(super) fn peek(&self) -> Step<Option<u8>> {
        self.ahead(0)
    }

    /// The byte `distance` behind the next.
    pub(super) fn ahead(&self, distance: usize) -> Step<Option<u8>> {
        match self.text.get(self.at + distance) {
            Some(byte) => Ok(Some(*byte)),
            None if self.ended => Ok(None),
            None => Err(Stop::More),
        }
    }

    /// At the end of what is held: more is needed, or something is not ended.
    pub(super) const fn cut_off(&self) -> Stop {
        if self.ended { Stop::Bad(Reject::Unterminated) } else { Stop::More }
    }

    /// Passes `byte` if it is next.
    pub(super) fn take(&mut self, byte: u8) -> Step<bool> {
        let taken = self.peek()? == Some(byte);
        self.at += usize::from(taken);
        Ok(taken)
    }

    /// Passes blanks and comments; tells whether there were any.
    pub(super) fn blanks(&mut self) -> Step<Blanks> {
        let start = self.at;
        loop {
            self.at += self.rest().iter().take_while(|byte| is_blank(**byte)).count();
            match self.peek()? {
                Some(b'-') if self.ahead(1)? == Some(b'-') && self.ahead(2)?.is_none_or(is_blank) => {
                    self.comment(b"\n")?;
                }
                Some(b'#') => self.comment(b"\n")?,
                Some(b'/') if self.ahead(1)? == Some(b'*') => self.comment(b"*/")?,
                _ => break,
            }
        }
        Ok(if self.at > start { Blanks::Some } else { Blanks::None })
    }

    /// Passes a comment that ends with `end`. One that is longer than any inside a statement is none: a quote
    /// went missing before it.
    fn comment(&mut self, end: &[u8]) -> Step<()> {
        let rest = self.rest();
        let near = rest.get(..MAX_COMMENT).unwrap_or(rest);
        match memchr::memmem::find(near, end) {
            Some(at) => self.at += at + end.len(),
            None if near.len() == MAX_COMMENT => return Err(MALFORMED),
            None if self.ended && end == b"\n" => self.at = self.text.len(),
            None => return Err(self.cut_off()),
        }
        Ok(())
    }

    /// The word that stands next: letters, digits, `_`, `$`, `@` and whatever is not ASCII. Empty where none
    /// stands.
    pub(super) fn word(&mut self) -> Step<&'t [u8]> {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| is_word_byte(**byte)).count();
        if length == rest.len() && !self.ended {
            return Err(Stop::More);
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// Appends the next name to `name`, unquoted, its parts joined by dots; tells whether there was one.
    pub(super) fn name(&mut self, name: &mut Vec<u8>) -> Step<Found> {
        let start = name.len();
        loop {
            match self.peek()? {
                Some(quote @ (b'`' | b'"')) => self.quoted_name(quote, name)?,
                Some(b'[') => self.quoted_name(b']', name)?,
                Some(byte) if is_word_byte(byte) => name.extend_from_slice(self.word()?),
                _ => break,
            }
            let next_part = self.peek()? == Some(b'.');
            if !next_part && name.last() != Some(&b'.') {
                break;
            }
            if next_part {
                self.at += 1;
                name.push(b'.');
            }
            if name.len() - start > MAX_NAME {
                return Err(MALFORMED);
            }
        }
        Ok(if name.len() > start { Found::Yes } else { Found::No })
    }

    fn quoted_name(&mut self, close: u8, name: &mut Vec<u8>) -> Step<()> {
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = memchr::memchr(close, rest) else {
                // A quote that is no name's swallows nothing.
                return Err(if rest.len() > MAX_NAME { MALFORMED } else { self.cut_off() });
            };
            if end > MAX_NAME {
                return Err(MALFORMED);
            }
            name.extend_from_slice(rest.get(..end).unwrap_or_default());
            self.at += end + 1;
            if self.peek()? != Some(close) {
                return Ok(());
            }
            name.push(close);
            self.at += 1;
        }
    }
}

/// Whether blanks were passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    Some,
    None,
}

/// Whether what was looked for was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Yes,
    No,
}

/// Longest comment inside a statement, in bytes.
const MAX_COMMENT: usize = 4 << 10;
/// Longest name in bytes; products allow 128 characters.
const MAX_NAME: usize = 1 << 10;

/// White space, and the zero bytes that some exports are strewn with.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0)
}

pub(super) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}
