//! The machine that reads JSON token by token and keeps, of all open objects, only the fields that matter.
//!
//! It is lenient: commas may be missing or too many, quotes single, keys bare, and what the shells of databases
//! write around values (`ObjectId("…")`) is passed over. It is no validator; what it cannot follow is damage,
//! and behind damage it goes on at the next object that begins a line or follows another.

use std::io::BufRead;

use super::frame::{Expect, Frame, PendingKey};
use super::held::{Held, Mark, ObjectId};
use super::key::{Meaning, meaning};
use super::string::{StringEnd, string_end};
use super::value::{Scalar, Value};
use crate::format::RecordLimits;
use crate::format::column::Role;
use crate::format::key_cache::KeyCache;
use crate::format::window::{Skipped, Window, matters};
use crate::record::{Emit, Reject};

/// Brackets that may be open at once. Deeper nesting is damage.
const MAX_DEPTH: usize = 1_024;

/// Fields of closed objects that are held at most until the objects around them tell what they belong to.
const MAX_PENDING: usize = 256;

/// Memory in bytes that a machine at rest may keep.
const KEPT: usize = 4 << 20;

/// Where the text comes from and the records go.
pub(super) struct Ends<'e> {
    pub(super) text: &'e mut dyn BufRead,
    pub(super) limits: &'e RecordLimits,
    pub(super) out: &'e mut dyn Emit,
}

/// The state between two tokens, and what is kept.
pub(super) struct Machine {
    pub(super) window: Window,
    pub(super) frames: Vec<Frame>,
    pub(super) expect: Expect,
    pub(super) key: PendingKey,
    /// Addresses that are keys of what is open, one behind the other.
    pub(super) addresses: Vec<u8>,
    pub(super) held: Held,
    pub(super) scratch: Vec<u8>,
    /// The beginning of a string that is longer than may be kept.
    pub(super) long: Vec<u8>,
    meanings: KeyCache<Meaning>,
    pub(super) open_objects: usize,
    last_object: u64,
    /// Whether the next byte begins a line, or follows an object, blanks aside.
    is_fresh: bool,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            window: Window::new(1),
            frames: Vec::new(),
            expect: Expect::Value,
            key: PendingKey::default(),
            addresses: Vec::new(),
            held: Held::default(),
            scratch: Vec::new(),
            long: Vec::new(),
            meanings: KeyCache::new(),
            open_objects: 0,
            last_object: 0,
            is_fresh: true,
        }
    }

    /// Reads a text whose first line has that number to its end. The machine can be used again afterwards.
    pub(super) fn run(&mut self, first_line: u64, ends: &mut Ends<'_>) {
        self.window.restart(first_line);
        self.is_fresh = true;
        self.last_object = 0;
        while let Some(byte) = self.next_byte(ends) {
            self.token(byte, ends);
        }
        if self.open_objects > 0 {
            let (line, matters) = self.give_up(ends);
            if matters {
                ends.out.rejected(line, Reject::Unterminated);
            }
        }
        self.clear();
    }

    /// The first byte of the next token; the cursor stands on it.
    fn next_byte(&mut self, ends: &mut Ends<'_>) -> Option<u8> {
        loop {
            let rest = self.window.rest();
            // Any control character is as good as a blank; RFC 7464 puts one before every text.
            let blank = rest.iter().take_while(|byte| **byte <= b' ').count();
            let byte = rest.get(blank).copied();
            if blank > 0 {
                self.is_fresh |= rest.get(..blank).is_some_and(|blanks| blanks.contains(&b'\n'));
                self.window.advance(blank);
            }
            if byte.is_some() || !self.window.more(ends.text) {
                return byte;
            }
        }
    }

    fn token(&mut self, byte: u8, ends: &mut Ends<'_>) {
        if self.expect == Expect::Colon {
            return if byte == b':' {
                self.expect = Expect::Value;
                self.pass(1);
            } else {
                self.damage(Reject::Malformed, ends);
            };
        }
        match byte {
            b'"' | b'\'' => self.string(byte, ends),
            b',' => {
                self.expect = self.expect_next();
                // A comma between objects leaves the place where the next one may begin.
                self.window.advance(1);
            }
            b'{' | b'[' => self.open(byte == b'{', ends),
            b'}' | b']' => self.close(byte == b'}', ends),
            b'/' => self.comment(ends),
            // What closes `ObjectId("…")`.
            b')' => self.pass(1),
            b'(' | b';' | b'=' if self.frames.is_empty() => self.pass(1),
            byte if is_word_byte(byte) => self.word(ends),
            _ => self.damage(Reject::Malformed, ends),
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.window.advance(bytes);
        self.is_fresh = false;
    }

    /// Passes over the colon or the comma right behind a string: the short way for what nearly always stands
    /// there.
    fn pass_mark(&mut self) {
        match (self.expect, self.window.rest().first()) {
            (Expect::Colon, Some(b':')) => self.expect = Expect::Value,
            (Expect::Key | Expect::Value, Some(b',')) => self.expect = self.expect_next(),
            _ => return,
        }
        self.window.advance(1);
    }

    /// What the grammar expects behind a value.
    fn expect_next(&self) -> Expect {
        if self.frames.last().is_some_and(|frame| frame.is_object) { Expect::Key } else { Expect::Value }
    }

    fn open(&mut self, is_object: bool, ends: &mut Ends<'_>) {
        if self.expect == Expect::Key || self.frames.len() >= MAX_DEPTH {
            return self.damage(Reject::Malformed, ends);
        }
        let line = if is_object { self.window.line() } else { 0 };
        let parent = self.frames.last();
        let (role, keyed_by) = match parent {
            Some(parent) if parent.is_object => match self.key.meaning {
                Meaning::Role(role) => (role, None),
                Meaning::OfParent => (parent.role, None),
                Meaning::Address => (Role::Other, self.key.address.clone()),
            },
            Some(array) => (array.role, array.account.clone()),
            None => (Role::Other, None),
        };
        let in_keyed_object = parent.is_some_and(|parent| parent.is_object) && keyed_by.is_some();
        let object = if is_object {
            self.last_object += 1;
            self.open_objects += 1;
            ObjectId { number: self.last_object, line: if in_keyed_object { self.key.line } else { line } }
        } else {
            parent.map(|parent| parent.object).unwrap_or_default()
        };
        let mark = self.held.mark();
        if is_object && let Some(account) = &keyed_by {
            let address = self.addresses.get(account.clone()).unwrap_or_default();
            self.held.push(Role::Login, address, object);
        }
        let has_account = keyed_by.is_some();
        self.frames.push(Frame {
            is_object,
            role,
            object,
            mark,
            account: keyed_by,
            matters: has_account,
            is_cut: false,
        });
        self.expect = self.expect_next();
        self.pass(1);
    }

    fn close(&mut self, is_object: bool, ends: &mut Ends<'_>) {
        if self.frames.last().is_some_and(|frame| frame.is_object != is_object) {
            return self.damage(Reject::Malformed, ends);
        }
        if let Some(frame) = self.frames.pop() {
            if is_object {
                self.open_objects -= 1;
            }
            self.closed(frame, ends);
        }
        self.expect = self.expect_next();
        self.pass(1);
        self.is_fresh = is_object;
    }

    /// An object is a record when it closes, unless what it says is a part of the object around it.
    fn closed(&mut self, frame: Frame, ends: &mut Ends<'_>) {
        let is_record = frame.is_object
            && (self.open_objects == 0 || frame.account.is_some() || self.held.is_complete(frame.mark));
        if is_record && frame.is_cut {
            self.held.forget(frame.mark);
            if frame.matters {
                ends.out.rejected(frame.object.line, Reject::TooLong);
            }
        } else if is_record {
            self.held.emit(frame.mark, frame.object, ends.out);
        } else if let Some(parent) = self.frames.last_mut() {
            parent.matters |= frame.matters;
            parent.is_cut |= frame.is_cut;
            if frame.is_object && self.held.count_since(parent.mark) > MAX_PENDING {
                self.held.emit_each(parent.mark, ends.out);
            }
        }
        if self.frames.is_empty() {
            self.addresses.clear();
        }
    }

    fn string(&mut self, quote: u8, ends: &mut Ends<'_>) {
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
    fn long_string(&mut self, quote: u8, from: usize, ends: &mut Ends<'_>) {
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

    fn mark_mattering(&mut self, matters: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.matters |= matters;
        }
    }

    fn broken_string(&mut self, at: usize, ends: &mut Ends<'_>) {
        let is_mattering = matters(self.window.rest().get(..at).unwrap_or_default());
        let (line, mattered) = self.give_up(ends);
        self.pass(at);
        self.resume(line, Reject::Unterminated, is_mattering || mattered, ends);
    }

    /// A string, or the bare word that stands for one.
    fn text(&mut self, value: Value, ends: &mut Ends<'_>) {
        if self.expect == Expect::Key {
            self.key_of(value);
            self.expect = Expect::Colon;
        } else {
            self.scalar(Scalar::String, value, ends);
            self.expect = self.expect_next();
        }
    }

    fn key_of(&mut self, value: Value) {
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

    fn word(&mut self, ends: &mut Ends<'_>) {
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
    fn comment(&mut self, ends: &mut Ends<'_>) {
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

    /// The text cannot be followed from the cursor on.
    fn damage(&mut self, why: Reject, ends: &mut Ends<'_>) {
        let (line, matters) = self.give_up(ends);
        self.resume(line, why, matters, ends);
    }

    /// Gives up what is open. A record whose login and secret were read is one all the same, and so are closed
    /// objects. Gives back the line of what was damaged, and whether that held something that matters.
    fn give_up(&mut self, ends: &mut Ends<'_>) -> (u64, bool) {
        let here = self.window.line();
        let mut line = None;
        let mut is_lost = false;
        while let Some(frame) = self.frames.pop() {
            if frame.is_object {
                line = line.or(Some(frame.object.line));
                if !frame.is_cut && self.held.is_complete(frame.mark) {
                    self.held.emit(frame.mark, frame.object, ends.out);
                    continue;
                }
                self.held.emit_closed(frame.mark, frame.object, ends.out);
            }
            is_lost |= frame.matters;
        }
        self.clear();
        (line.unwrap_or(here), is_lost)
    }

    /// Looks for the next object that begins a line or follows another, and reports the damage.
    fn resume(&mut self, line: u64, why: Reject, matters: bool, ends: &mut Ends<'_>) {
        let mut skipped = Skipped::default();
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b',' | b'[');
        loop {
            let rest = self.window.rest();
            let mut from = 0;
            let mut found = None;
            for at in memchr::memchr3_iter(b'{', b'}', b'\n', rest) {
                if rest.get(at) != Some(&b'{') {
                    (self.is_fresh, from) = (true, at + 1);
                } else if self.is_fresh && rest.get(from..at).is_some_and(|gap| gap.iter().all(is_between)) {
                    found = Some(at);
                    break;
                } else {
                    self.is_fresh = false;
                }
            }
            let end = found.unwrap_or(rest.len());
            skipped.look(rest.get(..end).unwrap_or_default());
            if found.is_none() {
                self.is_fresh &= rest.get(from..).is_some_and(|gap| gap.iter().all(is_between));
            }
            self.window.advance(end);
            if found.is_some() || !self.window.more(ends.text) {
                break;
            }
        }
        if matters || skipped.matters() {
            ends.out.rejected(line, why);
        }
    }

    /// Hands on everything that is held when it gets too much: no object is that large, a list is.
    pub(super) fn relieve(&mut self, ends: &mut Ends<'_>) {
        if self.held.count_since(Mark::default()) > ends.limits.fields
            || self.held.bytes() > ends.limits.record_bytes
        {
            self.held.emit_each(Mark::default(), ends.out);
            self.frames.iter_mut().for_each(|frame| frame.mark = Mark::default());
        }
    }

    /// Whether it holds little enough memory to be kept.
    pub(super) fn is_small(&self) -> bool {
        self.window.capacity() <= KEPT && self.held.capacity() <= KEPT
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.held.forget(Mark::default());
        self.addresses.clear();
        self.key = PendingKey::default();
        self.expect = Expect::Value;
        self.open_objects = 0;
    }
}

/// Bytes of bare words: numbers, `true`, keys without quotes, names of types.
const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-' | b'.' | b'$' | b'#') || byte >= 0x80
}
