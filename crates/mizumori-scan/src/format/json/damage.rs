//! What happens where the text cannot be followed: what was understood is kept, what matters and was not is
//! reported, and reading goes on at the next object that begins a line or follows another.

use super::machine::{Ends, Machine};
use crate::format::window::{Skipped, matters};
use crate::record::Reject;

impl Machine {
    /// The text cannot be followed from the cursor on.
    pub(super) fn damage(&mut self, why: Reject, ends: &mut Ends<'_>) {
        let (line, matters) = self.give_up(ends);
        self.resume(line, why, matters, ends);
    }

    /// Gives up what is open. A record whose login and secret were read is one all the same, and so are closed
    /// objects. Gives back the line of what was damaged, and whether that held something that matters.
    pub(super) fn give_up(&mut self, ends: &mut Ends<'_>) -> (u64, bool) {
        let here = self.window.line();
        let mut line = None;
        let mut is_lost = false;
        while let Some(frame) = self.frames.pop() {
            if frame.is_object {
                line = line.or(Some(frame.object.line));
                if !frame.is_cut && self.held.is_complete(frame.mark) {
                    self.held.emit(frame.mark, frame.object, self.site_around(), ends.out);
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
    pub(super) fn resume(&mut self, line: u64, why: Reject, matters: bool, ends: &mut Ends<'_>) {
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

    pub(super) fn broken_string(&mut self, at: usize, ends: &mut Ends<'_>) {
        let is_mattering = matters(self.window.rest().get(..at).unwrap_or_default());
        let (line, mattered) = self.give_up(ends);
        self.pass(at);
        self.resume(line, Reject::Unterminated, is_mattering || mattered, ends);
    }
}
