//! Literals of SQL: strings in every way of quoting them, numbers, hexadecimal digits.
//!
//! What a literal means to its database's type system is not asked: a number is the text of it.

use super::super::bounded_fields::BoundedFields;
use super::super::transfer::digit;
use super::lexer::{Blanks, Lexer, MALFORMED, OpenLiteral, Step, is_word_byte};

/// What a backslash means in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// Itself: standard SQL, where only a doubled quote stands for one.
    Doubled,
    /// MySQL's escapes.
    Backslash,
    /// PostgreSQL's, in `E'…'`.
    Extended,
}

/// What was read of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Atom<'t> {
    /// A string, or what hexadecimal digits stand for.
    Text,
    /// A number, as it stands.
    Number(&'t [u8]),
    /// A word, as it stands.
    Word(&'t [u8]),
    /// A quoted name.
    Name,
}

/// Whether an atom begins with `byte`.
pub(super) const fn begins_atom(byte: u8) -> bool {
    is_word_byte(byte) || matches!(byte, b'\'' | b'"' | b'`')
}

impl<'t> Lexer<'t> {
    /// Reads one literal or word; what a string holds is appended to `keep`.
    pub(super) fn atom(&mut self, mut keep: Option<&mut BoundedFields>) -> Step<Atom<'t>> {
        loop {
            match self.peek()? {
                Some(quote @ (b'\'' | b'"')) => {
                    self.quoted(quote, self.escapes, keep)?;
                    return Ok(Atom::Text);
                }
                Some(b'`') => {
                    self.name(&mut Vec::new())?;
                    return Ok(Atom::Name);
                }
                Some(b'$') => {
                    return match self.dollar_quoted(&mut keep)? {
                        true => Ok(Atom::Text),
                        false => self.word().map(Atom::Word),
                    };
                }
                Some(b'0') if matches!(self.ahead(1)?, Some(b'x' | b'X')) => {
                    self.at += 2;
                    self.hexadecimal(keep)?;
                    return Ok(Atom::Text);
                }
                Some(b'0'..=b'9' | b'.') => return self.number().map(Atom::Number),
                _ => {}
            }
            let word = self.word()?;
            if word.is_empty() {
                return Err(MALFORMED);
            }
            let behind = self.at;
            let blanks = self.blanks()?;
            match self.peek()? {
                Some(b'\'') if word.eq_ignore_ascii_case(b"x") && blanks == Blanks::None => {
                    self.at += 1;
                    self.hexadecimal(keep)?;
                    return if self.take(b'\'')? { Ok(Atom::Text) } else { Err(MALFORMED) };
                }
                Some(b'\'')
                    if blanks == Blanks::None
                        && (word.eq_ignore_ascii_case(b"q") || word.eq_ignore_ascii_case(b"nq")) =>
                {
                    self.freely_quoted(keep)?;
                    return Ok(Atom::Text);
                }
                Some(b'\'') if let Some(escapes) = self.escapes_behind(word, blanks) => {
                    self.quoted(b'\'', escapes, keep)?;
                    return Ok(Atom::Text);
                }
                // A character set before a string or hexadecimal digits: `_binary 0x00`, `_utf8mb4"…"`.
                Some(b'\'' | b'"' | b'0'..=b'9' | b'x' | b'X' | b'n' | b'N') if is_introducer(word) => {}
                Some(b'&')
                    if word.eq_ignore_ascii_case(b"u")
                        && blanks == Blanks::None
                        && self.ahead(1)? == Some(b'\'') =>
                {
                    self.at += 1;
                    self.quoted(b'\'', Escapes::Doubled, keep)?;
                    return Ok(Atom::Text);
                }
                Some(b'\'' | b'"') if blanks == Blanks::None => return Err(MALFORMED),
                _ => {
                    self.at = behind;
                    return Ok(Atom::Word(word));
                }
            }
        }
    }

    /// How a string is written that stands behind `word`; `None` where none may stand there.
    fn escapes_behind(&self, word: &[u8], blanks: Blanks) -> Option<Escapes> {
        let is = |names: &[&str]| names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word));
        if blanks == Blanks::None && is(&["e"]) {
            Some(Escapes::Extended)
        } else if is_introducer(word)
            || is(&["n", "date", "time", "timestamp", "timestamptz", "interval", "binary"])
            || (blanks == Blanks::None && is(&["b", "nchar"]))
        {
            Some(self.escapes)
        } else {
            None
        }
    }

    /// Reads a string, from its quote on.
    pub(super) fn quoted(
        &mut self,
        quote: u8,
        escapes: Escapes,
        mut keep: Option<&mut BoundedFields>,
    ) -> Step<()> {
        self.at += 1;
        self.open = Some(OpenLiteral::Quoted(quote, escapes));
        let mut push = |text: &[u8]| {
            if let Some(keep) = &mut keep {
                keep.push(text);
            }
        };
        loop {
            let rest = self.rest();
            let Some(end) = end_of_run(rest, quote, escapes) else {
                push(rest);
                self.at = self.text.len();
                return Err(self.cut_off());
            };
            push(rest.get(..end).unwrap_or_default());
            self.at += end;
            if rest.get(end) == Some(&quote) {
                if self.ahead(1)? != Some(quote) {
                    self.at += 1;
                    self.open = None;
                    return Ok(());
                }
                push(&[quote]);
                self.at += 2;
                continue;
            }
            let escaped = rest.get(end + 1..).unwrap_or_default();
            if escaped.is_empty()
                || (escapes == Escapes::Extended && escaped.len() < LONGEST_ESCAPE && !self.ended)
            {
                return Err(self.cut_off());
            }
            let mut meant = [0; 4];
            let (used, length) = match escapes {
                Escapes::Extended => extended_escape(escaped, &mut meant),
                _ => backslash_escape(escaped, &mut meant),
            };
            push(meant.get(..length).unwrap_or_default());
            self.at += 1 + used;
        }
    }

    /// Reads the rest of Oracle's `q'[…]'`, from its quote on.
    fn freely_quoted(&mut self, keep: Option<&mut BoundedFields>) -> Step<()> {
        let close = match self.ahead(1)? {
            None => return Err(self.cut_off()),
            Some(b'[') => b']',
            Some(b'(') => b')',
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(other) => other,
        };
        let inner = self.rest().get(2..).unwrap_or_default();
        let Some(length) = memchr::memmem::find(inner, &[close, b'\'']) else { return Err(self.cut_off()) };
        if let Some(keep) = keep {
            keep.push(inner.get(..length).unwrap_or_default());
        }
        self.at += length + 4;
        Ok(())
    }

    /// Reads `$tag$…$tag$`; `false` where the dollar sign begins no such string.
    fn dollar_quoted(&mut self, keep: &mut Option<&mut BoundedFields>) -> Step<bool> {
        let rest = self.rest();
        let tag = rest.iter().skip(1).take_while(|byte| is_word_byte(**byte) && **byte != b'$').count();
        let Some(open) = rest.get(..tag + 2) else {
            return if self.ended { Ok(false) } else { Err(self.cut_off()) };
        };
        if open.last() != Some(&b'$') || rest.get(1).is_some_and(u8::is_ascii_digit) {
            return Ok(false);
        }
        let inner = rest.get(open.len()..).unwrap_or_default();
        let Some(length) = memchr::memmem::find(inner, open) else { return Err(self.cut_off()) };
        if let Some(keep) = keep {
            keep.push(inner.get(..length).unwrap_or_default());
        }
        self.at += length + 2 * open.len();
        Ok(true)
    }

    /// Reads hexadecimal digits. They are kept as the text that they stand for, else as `0x…`.
    fn hexadecimal(&mut self, keep: Option<&mut BoundedFields>) -> Step<()> {
        self.open = Some(OpenLiteral::Hexadecimal);
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        self.at += digits;
        if let Some(keep) = keep {
            let before = keep.open_value().len();
            keep.push(b"0x");
            keep.push(rest.get(..digits).unwrap_or_default());
            if digits < rest.len() || self.ended {
                keep.decode_hexadecimal(before);
            }
        }
        if digits == rest.len() && !self.ended {
            return Err(self.cut_off());
        }
        self.open = None;
        Ok(())
    }

    /// Reads a number: digits, a point, an exponent.
    fn number(&mut self) -> Step<&'t [u8]> {
        let rest = self.rest();
        let mut exponent = false;
        let length = rest
            .iter()
            .take_while(|byte| {
                let sign = exponent && matches!(byte, b'+' | b'-');
                exponent = matches!(byte, b'e' | b'E');
                sign || byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')
            })
            .count();
        if length == rest.len() && !self.ended {
            return Err(self.cut_off());
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }
}

/// Where a run of ordinary bytes ends in a string: at a quote, or at a backslash that means something.
pub(super) fn end_of_run(text: &[u8], quote: u8, escapes: Escapes) -> Option<usize> {
    match escapes {
        Escapes::Doubled => memchr::memchr(quote, text),
        Escapes::Backslash | Escapes::Extended => memchr::memchr2(quote, b'\\', text),
    }
}

/// MySQL's names of character sets before a string: `_utf8mb4'…'`.
fn is_introducer(word: &[u8]) -> bool {
    word.len() > 1 && word.first() == Some(&b'_')
}

/// What MySQL means by a backslash before `escaped`: how many bytes of it, and how many that mean it. The
/// backslash stays before `%` and `_`, as MySQL has it.
fn backslash_escape(escaped: &[u8], meant: &mut [u8; 4]) -> (usize, usize) {
    let Some(byte) = escaped.first() else { return (0, 0) };
    let [first, second, ..] = meant;
    *first = match byte {
        b'0' => 0,
        b'b' => 0x08,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 0x1a,
        b'%' | b'_' => {
            (*first, *second) = (b'\\', *byte);
            return (1, 2);
        }
        other => *other,
    };
    (1, 1)
}

/// Bytes of the longest escape without its backslash: `U0001F600`.
const LONGEST_ESCAPE: usize = 9;

/// The same for PostgreSQL, in `E'…'` and in the text of `COPY`.
pub(super) fn extended_escape(escaped: &[u8], meant: &mut [u8; 4]) -> (usize, usize) {
    let Some(byte) = escaped.first() else { return (0, 0) };
    let number = |from: usize, longest: usize, radix: u32| {
        let digits = escaped.get(from..).unwrap_or_default().iter().take(longest);
        let digits = digits.map_while(|byte| char::from(*byte).to_digit(radix));
        digits
            .fold((0_usize, 0_u32), |(length, value), digit| (length + 1, value.wrapping_mul(radix) | digit))
    };
    let single = match byte {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'0'..=b'7' => {
            let (length, value) = number(0, 3, 8);
            meant[0] = (value & 0xff) as u8;
            return (length, 1);
        }
        b'x' if escaped.get(1).is_some_and(|byte| digit(*byte).is_some()) => {
            let (length, value) = number(1, 2, 16);
            meant[0] = (value & 0xff) as u8;
            return (1 + length, 1);
        }
        b'u' | b'U' => {
            let wanted = if *byte == b'u' { 4 } else { 8 };
            match number(1, wanted, 16) {
                (length, value) if length == wanted => {
                    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                    return (1 + length, character.encode_utf8(meant).len());
                }
                _ => *byte,
            }
        }
        other => *other,
    };
    meant[0] = single;
    (1, 1)
}
