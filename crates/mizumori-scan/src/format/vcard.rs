//! vCards, 2.1 to 4.0 (RFC 6350, RFC 2426, and the Internet Mail Consortium's vCard 2.1).
//!
//! A card tells whose address is known, never a secret. Every property may hold addresses but those that are
//! pictures, sounds, keys and identifiers.

use std::io::BufRead;

use super::RecordLimits;
use super::bounded_fields::{BoundedFields, Form};
use super::column::Role;
use super::physical_line::{Line, for_each_line};
use super::transfer::{base64, quoted_printable};
use crate::address::{addresses, next_at};
use crate::record::Emit;
use crate::url::Bare;

/// Properties without addresses; what looks like one in them is an identifier.
const SKIPPED: [&[u8]; 9] =
    [b"PHOTO", b"LOGO", b"SOUND", b"KEY", b"UID", b"PRODID", b"REV", b"VERSION", b"CLIENTPIDMAP"];

/// Whether the text is a file of vCards: one stands first.
pub(crate) fn looks_like(sample: &[u8], whole: bool) -> bool {
    let mut lines =
        sample.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let begins = lines.next().is_some_and(|line| line.eq_ignore_ascii_case(b"BEGIN:VCARD"));
    begins && lines.next().map_or(whole, |line| Head::of(line).is_some())
}

/// Reads cards to the text's end. A card that does not end is one up to the next, or to the end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    let longest = limits.field_bytes.saturating_mul(3).saturating_add(256);
    let mut cards = Cards {
        property: Vec::new(),
        property_line: 0,
        encoding: Encoding::Plain,
        cut: false,
        skipped: false,
        longest,
        card: None,
        decoded: Vec::new(),
        fields: BoundedFields::new(limits),
    };
    for_each_line(text, longest, &mut |line| cards.line(line, out));
    cards.end_property(out);
    cards.end_card(out);
}

/// How a property's value is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    QuotedPrintable,
    Base64,
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
    encoding: Encoding,
    cut: bool,
    /// Whether what follows of the property is of no interest.
    skipped: bool,
    longest: usize,
    card: Option<Card>,
    decoded: Vec<u8>,
    fields: BoundedFields,
}

impl Cards {
    fn line(&mut self, line: Line<'_>, out: &mut dyn Emit) {
        // A soft line break of quoted-printable: what follows belongs to the value whatever it begins with.
        if self.encoding == Encoding::QuotedPrintable && self.property.last() == Some(&b'=') && !self.skipped
        {
            self.property.pop();
            self.append(line.text, line.cut);
            return;
        }
        if let [b' ' | b'\t', folded @ ..] = line.text
            && self.property_line > 0
        {
            self.append(folded, line.cut);
            return;
        }
        self.end_property(out);
        self.property_line = line.number;
        let head = Head::of(line.text);
        self.skipped = head.as_ref().is_some_and(Head::is_skipped);
        self.encoding = head.map_or(Encoding::Plain, |head| head.encoding());
        self.append(line.text, line.cut);
    }

    fn append(&mut self, text: &[u8], cut: bool) {
        if self.skipped {
            return;
        }
        let room = self.longest.saturating_sub(self.property.len());
        self.property.extend_from_slice(text.get(..room).unwrap_or(text));
        self.cut |= cut || text.len() > room;
    }

    fn end_property(&mut self, out: &mut dyn Emit) {
        let property = std::mem::take(&mut self.property);
        // Once more, for a name may be folded too.
        if let Some(head) = Head::of(&property).filter(|head| !head.is_skipped()) {
            self.encoding = head.encoding();
            self.property(head.name, head.value, out);
        }
        self.property = property;
        self.property.clear();
        self.property_line = 0;
        self.encoding = Encoding::Plain;
        self.cut = false;
        self.skipped = false;
    }

    fn property(&mut self, name: &[u8], value: &[u8], out: &mut dyn Emit) {
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
        self.value(name, value);
    }

    /// Keeps a value in which an address stands.
    fn value(&mut self, name: &[u8], value: &[u8]) {
        self.decoded.clear();
        let value = match self.encoding {
            Encoding::Plain => value,
            Encoding::QuotedPrintable => {
                quoted_printable(value, &mut self.decoded);
                &self.decoded
            }
            Encoding::Base64 => {
                base64(value, &mut self.decoded);
                &self.decoded
            }
        };
        if next_at(value, 0).is_none() {
            return;
        }
        self.fields.begin();
        push_unescaped(value, &mut self.fields);
        if self.cut {
            self.fields.lose(b"");
        }
        let is_owner = name.eq_ignore_ascii_case(b"EMAIL")
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

/// What stands before a property's value, taken apart in one look: `item1.EMAIL;TYPE=WORK:` is `EMAIL` with a
/// parameter.
struct Head<'a> {
    name: &'a [u8],
    parameters: &'a [u8],
    /// Behind the first colon outside quotes.
    value: &'a [u8],
}

impl<'a> Head<'a> {
    /// `None` when the line is no property.
    fn of(property: &'a [u8]) -> Option<Self> {
        let (mut start, mut end, mut quoted) = (0, None, false);
        for (at, byte) in property.iter().enumerate() {
            match byte {
                b':' if !quoted => {
                    let name_end = end.unwrap_or(at);
                    let name = property.get(start..name_end).filter(|name| !name.is_empty())?;
                    let parameters = property.get(name_end..at)?;
                    return Some(Self { name, parameters, value: property.get(at + 1..)? });
                }
                b';' if end.is_none() => end = Some(at),
                // The name of a group.
                b'.' if end.is_none() => start = at + 1,
                b'"' => quoted = !quoted,
                _ if end.is_some() || byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether no address stands in such a property.
    fn is_skipped(&self) -> bool {
        SKIPPED.iter().any(|skipped| skipped.eq_ignore_ascii_case(self.name))
    }

    /// The encoding that a parameter tells, with its name (`ENCODING=b`) or without (`QUOTED-PRINTABLE`).
    fn encoding(&self) -> Encoding {
        if self.parameters.is_empty() {
            return Encoding::Plain;
        }
        let of = |parameter: &[u8]| {
            let value = match memchr::memchr(b'=', parameter) {
                Some(at) if parameter.get(..at)?.eq_ignore_ascii_case(b"ENCODING") => {
                    parameter.get(at + 1..)?
                }
                Some(_) => return None,
                None => parameter,
            };
            if value.eq_ignore_ascii_case(b"QUOTED-PRINTABLE") {
                Some(Encoding::QuotedPrintable)
            } else if value.eq_ignore_ascii_case(b"BASE64") || value.eq_ignore_ascii_case(b"B") {
                Some(Encoding::Base64)
            } else {
                None
            }
        };
        self.parameters.split(|byte| *byte == b';').find_map(of).unwrap_or(Encoding::Plain)
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

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::super::row::{Field, emit_row};
    use super::*;
    use crate::record::Reject;
    use crate::testing::Collected;

    fn read(text: &[u8], limits: &RecordLimits, capacity: usize) -> Collected {
        let mut out = Collected::default();
        scan(&mut BufReader::with_capacity(capacity, text), limits, &mut out);
        out
    }

    fn check(text: &str, expected: &[&str]) {
        assert!(looks_like(text.as_bytes(), true), "{text}");
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let out = read(text.as_bytes(), &RecordLimits::default(), 8192);
            assert_eq!(out.lines(), expected, "{text}");
            assert_eq!(out.rejected, [], "{text}");
        }
    }

    fn check_card(properties: &str, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|address| format!("2 {address} - -")).collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        check(&format!("\nBEGIN:VCARD\n{properties}\nEND:VCARD\n"), &expected);
    }

    #[test]
    fn properties_of_every_version() {
        for (properties, expected) in [
            ("EMAIL:a@x.example", &["a@x.example"][..]),
            ("EMAIL;TYPE=INTERNET,WORK:A@X.example", &["a@x.example"]),
            ("item1.EMAIL;type=\"a:b\":a@x.example", &["a@x.example"]),
            ("EMAIL:a@x.e\n xample", &["a@x.example"]),
            ("EMAIL:mailto:a@x.example", &["a@x.example"]),
            (
                "NOTE:b@x.example\\, c@x.example\\nd@x.example\nEMAIL:a@x.example",
                &["a@x.example", "b@x.example", "c@x.example", "d@x.example"],
            ),
            (
                "EMAIL:a@x.example\nEMAIL;TYPE=HOME:A@x.example\nX-MAIL:b@x.example",
                &["a@x.example", "b@x.example"],
            ),
            ("EMAIL;ENCODING=QUOTED-PRINTABLE:a=40x.example", &["a@x.example"]),
            ("NOTE;QUOTED-PRINTABLE;CHARSET=UTF-8:=E6=B0=B4=\n=0Aa=40x=\n.example", &["a@x.example"]),
            ("EMAIL;ENCODING=b:YUB4LmV4YW1wbGU=", &["a@x.example"]),
            ("EMAIL;BASE64:\n YUB4LmV4\n YW1wbGU=\n", &["a@x.example"]),
            ("UID:a@x.example\nKEY:b@x.example\nPHOTO;ENCODING=b:QUB4\n QUB4", &[]),
            (
                "AGENT:\nBEGIN:VCARD\nEMAIL:b@x.example\nEND:VCARD\nEMAIL:a@x.example",
                &["a@x.example", "b@x.example"],
            ),
            ("AGENT:BEGIN:VCARD\\nEMAIL\\;TYPE=WORK:b@x.example\\nEND:VCARD\\n", &["b@x.example"]),
            ("FN:Taro\nTEL:03-0000-0000", &[]),
        ] {
            check_card(properties, expected);
        }
    }

    #[test]
    fn several_cards_some_without_end() {
        check(
            "BEGIN:VCARD\nEMAIL:a@x.example\nBEGIN:VCARD\nEMAIL:b@x.example\nEND:VCARD\nEMAIL:no@x.example\n\
             begin:vcard \nEMAIL:c@x.example",
            &["1 a@x.example - -", "3 b@x.example - -", "7 c@x.example - -"],
        );
    }

    #[test]
    fn what_is_too_long() {
        let limits = RecordLimits { field_bytes: 64, fields: 2, ..RecordLimits::default() };
        let text = format!(
            "BEGIN:VCARD\nNOTE:b@x.example {0}\nPHOTO:{0}\nEMAIL:a@x.example\nEND:VCARD\nBEGIN:VCARD\nX:a@x.example\n\
             X:b@x.example\nX:c@x.example\nEND:VCARD\n",
            "p".repeat(10_000)
        );
        let out = read(text.as_bytes(), &limits, 64);
        let expected = ["1 a@x.example - -", "1 b@x.example - -", "6 b@x.example - -", "6 a@x.example - -"];
        assert_eq!(out.lines(), expected);
        assert_eq!(out.rejected, [(6, Reject::TooLong)]);
    }

    #[test]
    fn what_is_no_vcard() {
        for text in [
            "",
            "a@x.example:pw\nBEGIN:VCARD\nEMAIL:a@x.example\n",
            "BEGIN:VCARD:pw\n",
            "BEGIN:VCARD\na@x.example pw\n",
        ] {
            assert!(!looks_like(text.as_bytes(), true), "{text}");
        }
    }

    /// The slow, obvious way: unfold the whole text, then look at every line.
    fn twin(text: &str) -> Vec<String> {
        let mut out = Collected::default();
        let unfolded = text.replace("=\n", "\u{1}").replace("\n ", "\u{2}");
        let (mut line, mut begin) = (1, 0);
        let mut values: Vec<(Role, String)> = Vec::new();
        for property in unfolded.split('\n') {
            let physical = property.matches(['\u{1}', '\u{2}']).count() as u64;
            let property = property.replace(['\u{1}', '\u{2}'], "");
            let (head, value) = property.split_once(':').unwrap_or_default();
            match head.split(';').next().unwrap() {
                "BEGIN" => begin = line,
                "END" => {
                    let fields: Vec<_> = values
                        .iter()
                        .map(|(role, value)| Field { role: *role, value: value.as_bytes() })
                        .collect();
                    emit_row(begin, &fields, Bare::Refuse, &mut out);
                    values.clear();
                }
                "PHOTO" => {}
                name => {
                    let value = if head.contains("PRINTABLE") { unquoted(value) } else { value.to_owned() };
                    let value = value.replace("\\n", "\n").replace("\\,", ",").replace("\\\\", "\\");
                    let has_owner = values.iter().any(|(role, _)| *role == Role::Login);
                    let owns = name == "EMAIL" && !has_owner && addresses(value.as_bytes()).next().is_some();
                    values.push((if owns { Role::Login } else { Role::Other }, value));
                }
            }
            line += physical + 1;
        }
        out.lines().to_vec()
    }

    fn unquoted(value: &str) -> String {
        let mut parts = value.split('=');
        let mut bytes = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(part[2..].bytes());
        }
        String::from_utf8(bytes).unwrap()
    }

    prop_compose! {
        fn property()(
            name in prop_oneof![Just("EMAIL"), Just("EMAIL;TYPE=WORK"), Just("NOTE"), Just("PHOTO"), Just("FN")],
            value in prop_oneof![
                2 => "[a-z]{1,9}@[a-z]{1,5}\\.example",
                1 => "[a-z水@,:; \\n]{0,12}",
                1 => Just("b@x.example, or\nc@x.example".to_owned()),
            ],
            quoted in any::<bool>(),
            fold in 5..30_usize,
        ) -> String {
            let line = if quoted {
                let value: String = value.bytes().map(|byte| match byte {
                    b'a'..=b'z' | b'.' => char::from(byte).to_string(),
                    byte => format!("={byte:02X}"),
                }).collect();
                format!("{name};ENCODING=QUOTED-PRINTABLE:{value}")
            } else {
                format!("{name}:{}", value.replace('\n', "\\n").replace(',', "\\,"))
            };
            let characters: Vec<_> = line.chars().collect();
            let lines: Vec<String> = characters.chunks(fold).map(|part| part.iter().collect()).collect();
            if quoted { line } else { lines.join("\n ") }
        }
    }

    fn cards() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::collection::vec(property(), 0..6), 1..5).prop_map(|cards| {
            let cards = cards
                .iter()
                .map(|card| format!("BEGIN:VCARD\nVERSION:3.0\n{}\nEND:VCARD\n", card.join("\n")));
            cards.collect()
        })
    }

    proptest! {
        #[test]
        fn reads_what_the_twin_reads(text in cards(), soft in 3..30_usize, capacity in 1..64_usize) {
            let text = softly_broken(&text, soft);
            prop_assert!(looks_like(text.as_bytes(), true));
            let seen = read(text.as_bytes(), &RecordLimits::default(), capacity);
            prop_assert_eq!(seen.lines(), twin(&text), "{}", text);
            let seen = read(text.replace('\n', "\r\n").as_bytes(), &RecordLimits::default(), capacity);
            prop_assert_eq!(seen.lines(), twin(&text));
        }

        #[test]
        fn any_text_is_read_alike_however_it_comes(
            mut text in prop_oneof![
                cards().prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 1..200),
            ],
            cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            capacity in 1..64_usize,
        ) {
            for (at, byte) in cuts {
                let at = at.index(text.len());
                text[at] = byte;
            }
            looks_like(&text, true);
            for field_bytes in [8, 1 << 20] {
                let limits = RecordLimits { field_bytes, fields: 3, ..RecordLimits::default() };
                let (one, other) = (read(&text, &limits, 8192), read(&text, &limits, capacity));
                prop_assert_eq!(one.lines(), other.lines());
                prop_assert_eq!(one.rejected, other.rejected);
            }
        }
    }

    /// Breaks the values in quoted-printable softly, after at least so many characters.
    fn softly_broken(text: &str, soft: usize) -> String {
        let broken = text.split('\n').map(|line| match line.split_once("PRINTABLE:") {
            Some((head, value)) if value.len() > soft => {
                // Not inside an escape.
                let at = (soft..value.len()).find(|at| !value[at - 2..*at].contains('='));
                let (one, other) = value.split_at(at.unwrap_or(0));
                format!("{head}PRINTABLE:{one}=\n{other}")
            }
            _ => line.to_owned(),
        });
        broken.collect::<Vec<_>>().join("\n")
    }
}
