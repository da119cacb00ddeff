//! Tokens that are longer than a byte: strings, bare words and comments.

use super::frame::Expect;
use super::key::{Meaning, meaning};
use super::machine::{Ends, Machine};
use super::string::{StringEnd, string_end};
use super::value::{Scalar, Value};
use crate::format::window::{Skipped, matters};
use crate::record::Reject;

impl Machine {
    pub(super) fn string(&mut self, quote: u8, ends: &mut Ends<'_>) {
        let longest = ends.limits.field_bytes;
        let (mut from, mut was_escaped) = (1, false);
        loop {
            let rest = self.window.rest();
            match string_end(rest, quote, from, self.window.has_ended()) {
                StringEnd::Closed { at, is_escaped } => {
                    let inside = at.saturating_sub(1);
                    if inside > longest {
                        let is_mattering = matters(rest.get(..at).unwrap_or_default());
                        self.mark_mattering(is_mattering);
                    }
                    let value = Value::Ahead {
                        start: 1,
                        length: inside.min(longest),
                        is_cut: inside > longest,
                        is_escaped: is_escaped || was_escaped,
                    };
                    self.text(value, ends);
                    self.pass(at + 1);
                    self.pass_mark();
                    return;
                }
                StringEnd::Broken { at } => return self.broken_string(at, ends),
                StringEnd::Unknown { from: again } => {
                    if again > longest + 1 {
                        return self.long_string(quote, again, ends);
                    }
                    // Perhaps there was an escape in what has been looked through.
                    (from, was_escaped) = (again, true);
                    self.window.more(ends.text);
                }
            }
        }
    }

    /// A string longer than may be kept: its beginning is, the rest is passed over.
    pub(super) fn long_string(&mut self, quote: u8, from: usize, ends: &mut Ends<'_>) {
        // The line is that of the string's beginning.
        let line = self.window.line();
        let rest = self.window.rest();
        self.long.clear();
        self.long.extend_from_slice(rest.get(1..=ends.limits.field_bytes).unwrap_or_default());
        let mut skipped = Skipped::default();
        skipped.look(rest.get(..from).unwrap_or_default());
        self.window.advance(from);
        loop {
            let rest = self.window.rest();
            let (passed, is_closed) = match string_end(rest, quote, 0, self.window.has_ended()) {
                StringEnd::Closed { at, .. } => (at, true),
                StringEnd::Broken { at } => {
                    skipped.look(rest.get(..at).unwrap_or_default());
                    self.mark_mattering(skipped.matters());
                    return self.broken_string(at, ends);
                }
                StringEnd::Unknown { from } => (from, false),
            };
            skipped.look(rest.get(..passed).unwrap_or_default());
            if is_closed {
                self.mark_mattering(skipped.matters());
                self.text(Value::Long { line }, ends);
                self.pass(passed + 1);
                return;
            }
            self.window.advance(passed);
            self.window.more(ends.text);
        }
    }

    pub(super) fn mark_mattering(&mut self, matters: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.matters |= matters;
        }
    }

    /// A string, or the bare word that stands for one.
    pub(super) fn text(&mut self, value: Value, ends: &mut Ends<'_>) {
        if self.expect == Expect::Key {
            self.key_of(value);
            self.expect = Expect::Colon;
        } else {
            self.scalar(Scalar::String, value, ends);
            self.expect = self.expect_next();
        }
    }

    pub(super) fn key_of(&mut self, value: Value) {
        let raw = value.raw(&self.window, &self.long);
        let meaning = meaning(raw, value.is_escaped(), &mut self.meanings, &mut self.scratch);
        self.key.meaning = meaning;
        if meaning == Meaning::Address {
            // Those of the members before it are done with.
            let open = self.frames.iter().rev().find_map(|frame| frame.account.as_ref());
            self.addresses.truncate(open.map_or(0, |open| open.end));
            let start = self.addresses.len();
            self.addresses.extend_from_slice(&self.scratch);
            self.key.address = Some(start..self.addresses.len());
            self.key.line = self.window.line();
            self.mark_mattering(true);
        } else {
            self.key.address = None;
        }
    }

    pub(super) fn word(&mut self, ends: &mut Ends<'_>) {
        let length = loop {
            let rest = self.window.rest();
            match rest.iter().position(|byte| !is_word_byte(*byte)) {
                Some(length) => break length,
                None if self.window.has_ended() => break rest.len(),
                None if rest.len() > ends.limits.field_bytes => return self.damage(Reject::TooLong, ends),
                None => self.window.more(ends.text),
            };
        };
        let rest = self.window.rest();
        let word = rest.get(..length).unwrap_or_default();
        match rest.get(length) {
            Some(b'(') => return self.pass(length + 1),
            // The prefixes of Python's strings.
            Some(b'"' | b'\'') if matches!(word, b"u" | b"b" | b"r" | b"U") => return self.pass(length),
            _ if self.frames.is_empty() => return self.pass(length),
            _ => {}
        }
        let value = Value::Ahead { start: 0, length, is_cut: false, is_escaped: false };
        if self.expect == Expect::Key {
            self.text(value, ends);
        } else {
            let scalar = match word {
                b"null" | b"None" | b"undefined" | b"NaN" | b"nil" => Scalar::Null,
                b"true" | b"false" | b"True" | b"False" => Scalar::Truth,
                _ => Scalar::Word,
            };
            self.scalar(scalar, value, ends);
            self.expect = self.expect_next();
        }
        self.pass(length);
    }

    /// A comment, as the shells and viewers of databases put them between objects.
    pub(super) fn comment(&mut self, ends: &mut Ends<'_>) {
        loop {
            let rest = self.window.rest();
            let end = match rest.get(1) {
                Some(b'*') => {
                    rest.get(2..).and_then(|inside| memchr::memmem::find(inside, b"*/")).map(|at| at + 4)
                }
                Some(b'/') => memchr::memchr(b'\n', rest),
                Some(_) => return self.damage(Reject::Malformed, ends),
                None => None,
            };
            if let Some(end) = end {
                let is_fresh = self.is_fresh;
                self.pass(end);
                self.is_fresh = is_fresh;
                return;
            }
            if rest.len() > ends.limits.field_bytes || !self.window.more(ends.text) {
                return self.damage(Reject::Unterminated, ends);
            }
        }
    }
}

/// Bytes of bare words: numbers, `true`, keys without quotes, names of types.
pub(super) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-' | b'.' | b'$' | b'#') || byte >= 0x80
}
