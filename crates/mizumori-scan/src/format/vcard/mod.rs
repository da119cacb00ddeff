//! vCards, 2.1 to 4.0 (RFC 6350, RFC 2426, and the Internet Mail Consortium's vCard 2.1).
//!
//! A card tells whose address is known, never a secret. Every property may hold addresses but those that are
//! pictures, sounds, keys and identifiers.

mod head;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use head::{Encoding, Head};

use super::RecordLimits;
use super::bounded_fields::{BoundedFields, Form};
use super::column::Role;
use super::physical_line::{Line, for_each_line, lines};
use super::transfer::{base64, quoted_printable};
use crate::address::{addresses, next_at};
use crate::record::Emit;
use crate::url::Bare;

/// Whether the text is a file of vCards: one stands first.
pub(crate) fn looks_like(sample: &[u8], whole: bool) -> bool {
    let mut lines = lines(sample).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let begins = lines.next().is_some_and(|line| line.eq_ignore_ascii_case(b"BEGIN:VCARD"));
    begins && lines.next().map_or(whole, |line| Head::of(line).is_some())
}

/// Reads cards to the text's end. A card that does not end is one up to the next, or to the end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    let longest = limits.field_bytes.saturating_mul(3).saturating_add(256);
    let mut cards = Cards {
        property: Vec::new(),
        property_line: 0,
        fold: Fold::None,
        cut: false,
        longest,
        card: None,
        decoded: Vec::new(),
        fields: BoundedFields::new(limits),
    };
    for_each_line(text, longest, &mut |line| cards.line(line, out));
    cards.end_property(out);
    cards.end_card(out);
}

/// What is known of the lines that continue a property. Most have none, and are looked at once, at their end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// There was none yet.
    None,
    /// They are kept.
    Kept,
    /// They are of no interest: those of a picture, say.
    Skipped,
}

/// The card that is being read.
struct Card {
    line: u64,
    /// Cards of agents that are open inside it.
    agents: u32,
    /// Whether the property before this one was an `AGENT` whose card follows.
    agent_follows: bool,
    /// Whether an address has been found that the card is by.
    has_owner: bool,
}

struct Cards {
    /// The property that is being read, unfolded.
    property: Vec<u8>,
    property_line: u64,
    fold: Fold,
    cut: bool,
    longest: usize,
    card: Option<Card>,
    decoded: Vec<u8>,
    fields: BoundedFields,
}

impl Cards {
    fn line(&mut self, line: Line<'_>, out: &mut dyn Emit) {
        // A soft line break of quoted-printable: what follows belongs to the value whatever it begins with.
        let breaks_softly = self.property.last() == Some(&b'=')
            && Head::of(&self.property).is_some_and(|head| head.encoding() == Encoding::QuotedPrintable);
        if breaks_softly {
            self.property.pop();
            self.append(line.text, line.cut);
            return;
        }
        if let [b' ' | b'\t', folded @ ..] = line.text
            && self.property_line > 0
        {
            if self.fold == Fold::None {
                let skipped = Head::of(&self.property).is_some_and(|head| head.is_skipped());
                self.fold = if skipped { Fold::Skipped } else { Fold::Kept };
            }
            if self.fold == Fold::Kept {
                self.append(folded, line.cut);
            }
            return;
        }
        self.end_property(out);
        self.property_line = line.number;
        self.append(line.text, line.cut);
    }

    fn append(&mut self, text: &[u8], cut: bool) {
        let room = self.longest.saturating_sub(self.property.len());
        self.property.extend_from_slice(text.get(..room).unwrap_or(text));
        self.cut |= cut || text.len() > room;
    }

    fn end_property(&mut self, out: &mut dyn Emit) {
        let property = std::mem::take(&mut self.property);
        if let Some(head) = Head::of(&property) {
            self.property(&head, out);
        }
        self.property = property;
        self.property.clear();
        self.property_line = 0;
        self.fold = Fold::None;
        self.cut = false;
    }

    fn property(&mut self, head: &Head<'_>, out: &mut dyn Emit) {
        let Head { name, value, .. } = *head;
        let of_card = value.trim_ascii().eq_ignore_ascii_case(b"VCARD");
        if name.eq_ignore_ascii_case(b"BEGIN") && of_card {
            match &mut self.card {
                Some(card) if card.agent_follows => {
                    card.agent_follows = false;
                    card.agents = card.agents.saturating_add(1);
                }
                _ => {
                    self.end_card(out);
                    let line = self.property_line;
                    self.card = Some(Card { line, agents: 0, agent_follows: false, has_owner: false });
                }
            }
            return;
        }
        let Some(card) = &mut self.card else { return };
        if name.eq_ignore_ascii_case(b"END") && of_card {
            match card.agents.checked_sub(1) {
                Some(agents) => card.agents = agents,
                None => self.end_card(out),
            }
            return;
        }
        card.agent_follows = name.eq_ignore_ascii_case(b"AGENT") && value.trim_ascii().is_empty();
        self.value(head);
    }

    /// Keeps a value in which an address stands.
    fn value(&mut self, head: &Head<'_>) {
        self.decoded.clear();
        let value = match head.encoding() {
            Encoding::Plain => head.value,
            Encoding::QuotedPrintable => {
                quoted_printable(head.value, &mut self.decoded);
                &self.decoded
            }
            Encoding::Base64 => {
                base64(head.value, &mut self.decoded);
                &self.decoded
            }
        };
        if next_at(value, 0).is_none() || head.is_skipped() {
            return;
        }
        self.fields.begin();
        push_unescaped(value, &mut self.fields);
        if self.cut {
            self.fields.lose(b"");
        }
        let is_owner = head.name.eq_ignore_ascii_case(b"EMAIL")
            && !self.cut
            && addresses(self.fields.open_value()).next().is_some();
        let role = match &mut self.card {
            Some(card) if is_owner && card.agents == 0 && !card.has_owner => {
                card.has_owner = true;
                Role::Login
            }
            _ => Role::Other,
        };
        self.fields.finish(role, Form::Text);
    }

    fn end_card(&mut self, out: &mut dyn Emit) {
        if let Some(card) = self.card.take() {
            if self.fields.incomplete() {
                self.fields.reject(card.line, out);
            }
            self.fields.emit(card.line, Bare::Refuse, out);
        }
        self.fields.clear();
    }
}

/// Undoes the backslashes of RFC 6350, 3.4.
fn push_unescaped(value: &[u8], fields: &mut BoundedFields) {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        fields.push(rest.get(..at).unwrap_or_default());
        match rest.get(at + 1) {
            Some(b'n' | b'N') => fields.push(b"\n"),
            Some(escaped) => fields.push(&[*escaped]),
            None => fields.push(b"\\"),
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    fields.push(rest);
}
