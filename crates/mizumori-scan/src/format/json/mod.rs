//! JSON documents of any size and nesting (RFC 8259), and JSON lines such as `mongoexport` writes.
//!
//! A record is an object that says whose account it is and what the secret is, with what the objects in it add:
//! `{"user":{"email":…},"credentials":{"password":…}}` is one. An object that says both is a record of its own
//! wherever it stands. One that says only half belongs to the object around it, unless that turns out to be a
//! list of people. A member whose key is an address is a record, too: `{"taro@a.example":"…"}`. Strings in lists
//! are read as lines of text.
//!
//! Records come when they close, so that one may come after those of the objects in it. This is no validator:
//! see [`machine`].

mod damage;
mod frame;
mod held;
mod key;
mod looks_like;
mod machine;
mod string;
mod token;
mod value;

use std::cell::Cell;
use std::io::BufRead;

pub(crate) use looks_like::{JsonKind, looks_like};

use self::machine::{Ends, Machine};
use super::RecordLimits;
use crate::record::Emit;

/// Reads a document to its end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    Machine::new().run(1, &mut Ends { text, limits, out });
}

thread_local! {
    /// A machine at rest: its memory and the keys that it knows serve line after line.
    static MACHINE: Cell<Option<Box<Machine>>> = const { Cell::new(None) };
}

/// Reads one line of JSON lines, without its line feed.
pub(crate) fn line(line_number: u64, line: &[u8], limits: &RecordLimits, out: &mut dyn Emit) {
    let mut machine = MACHINE.take().unwrap_or_else(|| Box::new(Machine::new()));
    let mut text = line;
    machine.run(line_number, &mut Ends { text: &mut text, limits, out });
    if machine.is_small() {
        MACHINE.set(Some(machine));
    }
}

#[cfg(test)]
mod tests;
