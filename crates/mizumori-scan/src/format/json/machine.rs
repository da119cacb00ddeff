//! The machine that reads JSON token by token and keeps, of all open objects, only the fields that matter.
//!
//! It is lenient: commas may be missing or too many, quotes single, keys bare, and what the shells of databases
//! write around values (`ObjectId("…")`) is passed over. It is no validator; what it cannot follow is damage,
//! and behind damage it goes on at the next object that begins a line or follows another.

use std::io::BufRead;

use super::frame::{Expect, Frame, PendingKey};
use super::held::{Held, Mark, ObjectId};
use super::key::Meaning;
use super::token::is_word_byte;
use crate::format::RecordLimits;
use crate::format::column::Role;
use crate::format::key_cache::KeyCache;
use crate::format::window::Window;
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
    pub(super) meanings: KeyCache<Meaning>,
    pub(super) open_objects: usize,
    last_object: u64,
    /// Whether the next byte begins a line, or follows an object, blanks aside.
    pub(super) is_fresh: bool,
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

    pub(super) fn pass(&mut self, bytes: usize) {
        self.window.advance(bytes);
        self.is_fresh = false;
    }

    /// Passes over the colon or the comma right behind a string: the short way for what nearly always stands
    /// there.
    pub(super) fn pass_mark(&mut self) {
        match (self.expect, self.window.rest().first()) {
            (Expect::Colon, Some(b':')) => self.expect = Expect::Value,
            (Expect::Key | Expect::Value, Some(b',')) => self.expect = self.expect_next(),
            _ => return,
        }
        self.window.advance(1);
    }

    /// What the grammar expects behind a value.
    pub(super) fn expect_next(&self) -> Expect {
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
            // An address of its own that stands nearer to the secret goes before.
            self.held.push(Role::Email, address, object);
        }
        let has_account = keyed_by.is_some();
        self.frames.push(Frame {
            is_object,
            role,
            object,
            mark,
            account: keyed_by,
            site: None,
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
            self.held.emit(frame.mark, frame.object, self.site_around(), ends.out);
        } else if let Some(parent) = self.frames.last_mut() {
            parent.matters |= frame.matters;
            parent.is_cut |= frame.is_cut;
            if frame.is_object && self.held.count_since(parent.mark) > MAX_PENDING {
                self.held.emit_each(parent.mark, ends.out);
                parent.site = None;
            }
        }
        if self.frames.is_empty() {
            self.addresses.clear();
        }
    }

    /// The site that the innermost open object with one has named so far.
    pub(super) fn site_around(&self) -> Option<usize> {
        self.frames.iter().rev().find_map(|frame| frame.site)
    }

    /// Hands on everything that is held when it gets too much: no object is that large, a list is.
    pub(super) fn relieve(&mut self, ends: &mut Ends<'_>) {
        if self.held.count_since(Mark::default()) > ends.limits.fields
            || self.held.bytes() > ends.limits.record_bytes
        {
            self.held.emit_each(Mark::default(), ends.out);
            for frame in &mut self.frames {
                (frame.mark, frame.site) = (Mark::default(), None);
            }
        }
    }

    /// Whether it holds little enough memory to be kept.
    pub(super) fn is_small(&self) -> bool {
        self.window.capacity() <= KEPT && self.held.capacity() <= KEPT
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.held.forget(Mark::default());
        self.addresses.clear();
        self.key = PendingKey::default();
        self.expect = Expect::Value;
        self.open_objects = 0;
    }
}
