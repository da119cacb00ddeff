//! The fields of a record that is being read, bounded whatever the text claims.
//!
//! Which field means what is said by the format when it puts a field in, or by roles that it sets afterwards;
//! whose the secret is stays the business of [`emit_row`].

use super::RecordLimits;
use super::column::Role;
use super::row::{Field, emit_row};
use super::transfer::digit;
use super::window::{has_scheme, matters};
use crate::address::next_at;
use crate::record::{Emit, Reject};
use crate::url::Bare;

/// How a value is written in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As text: between quotes, or in a format that knows nothing else.
    Text,
    /// As a number or a word of the format's own.
    Bare,
}

/// One field.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    start: usize,
    end: usize,
    /// What it means.
    pub(crate) role: Role,
    /// How it was written.
    pub(crate) form: Form,
    /// Whether a part of it was left out.
    pub(crate) cut: bool,
}

/// The fields of one record. Its buffers are used again for the next.
pub(crate) struct BoundedFields {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// Where the value that is being read begins, and whether it is cut.
    open: usize,
    open_cut: bool,
    /// Whether there were more fields than these.
    incomplete: bool,
    /// Whether something that matters was in the parts left out.
    lost_matter: bool,
    limits: RecordLimits,
    spare: Vec<Field<'static>>,
}

impl BoundedFields {
    pub(crate) fn new(limits: &RecordLimits) -> Self {
        Self {
            bytes: Vec::new(),
            spans: Vec::new(),
            open: 0,
            open_cut: false,
            incomplete: false,
            lost_matter: false,
            limits: *limits,
            spare: Vec::new(),
        }
    }

    /// Forgets all fields.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.open = 0;
        self.open_cut = false;
        self.incomplete = false;
        self.lost_matter = false;
    }

    /// Begins a value; what was read of one that was not finished is forgotten.
    pub(crate) fn begin(&mut self) {
        self.bytes.truncate(self.open);
        self.open_cut = false;
    }

    /// Appends to the value that is being read, as far as the limits allow.
    pub(crate) fn push(&mut self, text: &[u8]) {
        let in_field = self.limits.field_bytes.saturating_sub(self.bytes.len() - self.open);
        let in_record = self.limits.record_bytes.saturating_sub(self.bytes.len());
        let room = in_field.min(in_record);
        match text.split_at_checked(room) {
            Some((kept, lost)) if !lost.is_empty() => {
                self.bytes.extend_from_slice(kept);
                self.lose(lost);
            }
            _ => self.bytes.extend_from_slice(text),
        }
    }

    /// Says that `lost` belongs to the value that is being read, and is left out.
    pub(crate) fn lose(&mut self, lost: &[u8]) {
        self.open_cut = true;
        self.lost_matter |= matters(lost);
    }

    /// What has been read of the value so far.
    pub(crate) fn open_value(&self) -> &[u8] {
        self.bytes.get(self.open..).unwrap_or_default()
    }

    /// Turns the hexadecimal digits behind `0x`, which begins `from` bytes into the value that is being read,
    /// into the text that they stand for. What is no text stays.
    pub(crate) fn decode_hexadecimal(&mut self, from: usize) {
        let start = self.open + from;
        let end = self.bytes.len();
        if self.open_cut || !(end - start).is_multiple_of(2) {
            return;
        }
        let mut at = start + 2;
        while let Some([high, low]) = self.bytes.get(at..end).and_then(<[u8]>::first_chunk) {
            let byte = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low);
            let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
            let Some(byte) = byte.filter(is_text) else {
                self.bytes.truncate(end);
                return;
            };
            self.bytes.push(byte);
            at += 2;
        }
        if self.bytes.get(end..).is_some_and(|text| std::str::from_utf8(text).is_ok()) {
            self.bytes.drain(start..end);
        } else {
            self.bytes.truncate(end);
        }
    }

    /// The same for digits without `0x` in front.
    pub(crate) fn decode_digits(&mut self) {
        let open = self.open;
        self.bytes.splice(open..open, *b"0x");
        self.decode_hexadecimal(0);
    }

    /// Turns `\n` and `\r`, written out, into line breaks.
    pub(crate) fn replace_escaped_line_breaks(&mut self) {
        let mut to = self.open;
        let mut from = self.open;
        while let Some(byte) = self.bytes.get(from).copied() {
            let (meant, used) = match (byte, self.bytes.get(from + 1)) {
                (b'\\', Some(b'n')) => (b'\n', 2),
                (b'\\', Some(b'r')) => (b'\r', 2),
                _ => (byte, 1),
            };
            if let Some(slot) = self.bytes.get_mut(to) {
                *slot = meant;
            }
            to += 1;
            from += used;
        }
        self.bytes.truncate(to);
    }

    /// Ends the value that is being read.
    pub(crate) fn finish(&mut self, role: Role, form: Form) {
        if self.spans.len() >= self.limits.fields {
            self.incomplete = true;
            self.lost_matter |= matters(self.open_value());
            self.begin();
            return;
        }
        if self.open_cut {
            // An address that the cut goes through would be another one.
            let whole = self.open + without_last_word(self.open_value()).len();
            self.lost_matter |= self.bytes.get(whole..).is_some_and(matters);
            self.bytes.truncate(whole);
        }
        let end = self.bytes.len();
        self.spans.push(Span { start: self.open, end, role, form, cut: self.open_cut });
        self.open = end;
        self.open_cut = false;
    }

    /// Says that fields follow which are left out, `lost` among them.
    pub(crate) fn leave_out(&mut self, lost: &[u8]) {
        self.incomplete = true;
        self.lost_matter |= matters(lost);
    }

    /// The fields.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The fields, to set their roles.
    pub(crate) fn spans_mut(&mut self) -> &mut [Span] {
        &mut self.spans
    }

    /// The value of a field.
    pub(crate) fn value(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether there were more fields than are kept.
    pub(crate) const fn incomplete(&self) -> bool {
        self.incomplete
    }

    /// Whether an at-sign stands in any value.
    pub(crate) fn has_at_sign(&self) -> bool {
        next_at(&self.bytes, 0).is_some()
    }

    /// Whether `://` stands in any value.
    pub(crate) fn has_scheme(&self) -> bool {
        has_scheme(&self.bytes)
    }

    /// Whether the record holds what could be an address or a site, in parts left out too.
    pub(crate) fn matter(&self) -> bool {
        self.lost_matter || matters(&self.bytes)
    }

    /// Hands the row on; one whose login or secret is cut is rejected instead.
    pub(crate) fn emit(&mut self, line: u64, bare: Bare, out: &mut dyn Emit) {
        let decisive = |span: &Span| matches!(span.role, Role::Login | Role::Email | Role::Secret);
        if self.spans.iter().any(|span| span.cut && decisive(span)) {
            self.reject(line, out);
            return;
        }
        let mut fields = emptied(std::mem::take(&mut self.spare));
        let bytes = &self.bytes;
        fields.extend(self.spans.iter().map(|span| Field {
            role: span.role,
            value: bytes.get(span.start..span.end).unwrap_or_default(),
        }));
        emit_row(line, &fields, bare, out);
        self.spare = emptied(fields);
    }

    /// Rejects the row as too long, if it matters.
    pub(crate) fn reject(&self, line: u64, out: &mut dyn Emit) {
        if self.matter() {
            out.rejected(line, Reject::TooLong);
        }
    }
}

/// The vector without its elements, for elements of another life: its memory is used again.
fn emptied<'b>(mut fields: Vec<Field<'_>>) -> Vec<Field<'b>> {
    fields.clear();
    fields.into_iter().map(|field| Field { role: field.role, value: &[] }).collect()
}

fn without_last_word(value: &[u8]) -> &[u8] {
    let ends_word = |byte: &u8| {
        byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'<' | b'>' | b'"' | b'(' | b')' | b'|')
    };
    let end = value.iter().rposition(ends_word).map_or(0, |at| at + 1);
    value.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Collected;

    fn rows(limits: RecordLimits, fields: &[(Role, &str)]) -> Collected {
        let mut held = BoundedFields::new(&limits);
        let mut out = Collected::default();
        for _ in 0..2 {
            held.clear();
            for (role, value) in fields {
                held.begin();
                held.push(value.as_bytes());
                held.finish(*role, Form::Text);
            }
            held.emit(1, Bare::Refuse, &mut out);
        }
        out
    }

    #[test]
    fn what_is_too_long_is_cut_or_rejected() {
        use Role::{Email, Other, Secret};
        let limits = RecordLimits { field_bytes: 16, fields: 3, record_bytes: 40, ..RecordLimits::default() };
        let short = [(Email, "a@x.example"), (Secret, "pw"), (Other, "b@x.example, c@x.example")];
        let out = rows(limits, &short);
        let expected = ["1 a@x.example pw -", "1 b@x.example - -"];
        assert_eq!(out.lines(), [expected, expected].concat());
        assert!(out.rejected.is_empty());
        for long in [
            [(Email, "a@x.example"), (Secret, "a password that is long")],
            [(Email, "somebody@long.example"), (Secret, "pw")],
        ] {
            let out = rows(limits, &long);
            assert!(out.lines().is_empty());
            assert_eq!(out.rejected, [(1, Reject::TooLong); 2]);
        }
        let many = [(Other, "1"), (Other, "2"), (Other, "3"), (Email, "a@x.example")];
        assert!(rows(limits, &many).lines().is_empty());
        // Nobody's password, cut: nothing that matters.
        assert!(rows(limits, &[(Secret, "a password that is long")]).rejected.is_empty());
    }
}
