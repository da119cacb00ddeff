//! Stealer logs: blocks of `Key: value` lines, or one record a line, as RedLine, Raccoon, Vidar, Lumma, StealC,
//! META, Atomic and their relatives write them.
//!
//! Nothing is escaped there: a value is everything behind its key's colon and one blank. A password does not
//! continue in the next line. The other files of a log's folder (cookies, forms, the system) are not read here.

mod block;
mod habits;
mod key;

use std::io::{BufRead, Read};

pub(crate) use habits::looks_like;

use self::block::Block;
use self::habits::{Habits, LEARN};
use self::key::{Key, Keys, is_rule};
use super::RecordLimits;
use super::column::Role;
use super::physical_line::{Line, for_each_line};
use super::row::{Field, emit_row};
use super::window::{Window, matters};
use crate::address::next_at;
use crate::record::{Emit, Reject};
use crate::url::Bare;

/// Reads a log to its end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    let mut window = Window::new(1);
    while window.rest().len() < LEARN && window.more(text) {}
    let begin = window.rest();
    let habits = Habits::of(begin.get(..LEARN).unwrap_or(begin));
    let mut log = Log { habits, limits, keys: Keys::new(), block: Block::new(), has_begun: false };
    let longest = limits.field_bytes.saturating_add(MAX_KEY_LINE).min(limits.line_bytes);
    for_each_line(&mut begin.chain(text), longest, &mut |line| log.line(line, out));
    log.block.end(limits, out);
}

/// Room for a key beside the longest value.
const MAX_KEY_LINE: usize = 256;

/// A log that is being read.
struct Log<'l> {
    habits: Habits,
    limits: &'l RecordLimits,
    keys: Keys,
    block: Block,
    /// Whether a block has begun yet: what stands before the first one is a banner.
    has_begun: bool,
}

impl Log<'_> {
    fn line(&mut self, line: Line<'_>, out: &mut dyn Emit) {
        let text = line.text;
        if text.trim_ascii().is_empty() {
            if self.habits.blank_ends {
                self.block.end(self.limits, out);
            }
            return;
        }
        match self.keys.split(text) {
            Some((Key::Other, value)) => self.aside(line, value, out),
            Some((key, value)) => self.known(line, key, value, out),
            None if is_rule(text) => self.block.end(self.limits, out),
            None => self.aside(line, text, out),
        }
    }

    fn known(&mut self, line: Line<'_>, key: Key, value: &[u8], out: &mut dyn Emit) {
        self.has_begun = true;
        if key == Key::Url
            && let Some(record) = self.keys.one_line(value)
        {
            self.block.end(self.limits, out);
            if line.cut {
                out.rejected(line.number, Reject::TooLong);
                return;
            }
            let field = |role, value| Field { role, value };
            let fields = [
                field(Role::Url, record.url),
                field(Role::Login, record.login),
                field(Role::Secret, record.secret),
            ];
            emit_row(line.number, &fields, Bare::Accept, out);
            return;
        }
        if self.block.has(key) || self.block.has(Key::Secret) && !(self.habits.url_last && key == Key::Url) {
            self.block.end(self.limits, out);
        }
        self.block.set(line.number, key, value, line.cut || value.len() > self.limits.field_bytes);
    }

    /// A line that is none of a block's own: an address in it is an exposure all the same.
    fn aside(&mut self, line: Line<'_>, value: &[u8], out: &mut dyn Emit) {
        if !self.has_begun || next_at(value, 0).is_none() {
            return;
        }
        if line.cut && matters(value) {
            out.rejected(line.number, Reject::TooLong);
        } else if !self.block.add(value, self.limits) {
            if self.block.has(Key::Secret) {
                self.block.end(self.limits, out);
            }
            emit_row(line.number, &[Field { role: Role::Other, value }], Bare::Accept, out);
        }
    }
}

#[cfg(test)]
mod tests;
