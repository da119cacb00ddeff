//! LDIF, the text form of directory entries (RFC 2849), as `ldapsearch`, `slapcat` and `ldifde` write it.
//!
//! Change records are read as entries: `replace: userPassword` is followed by the password all the same. Values
//! behind `:<` are names of files elsewhere and tell nothing.

use std::borrow::Cow;
use std::io::BufRead;

use super::RecordLimits;
use super::bounded_fields::{BoundedFields, Form, Span};
use super::column::Role;
use super::physical_line::{Line, for_each_line};
use super::transfer::{base64, digit};
use super::window::matters;
use crate::address::next_at;
use crate::record::{Emit, Login, Record, Reject};
use crate::secret::SecretField;
use crate::url::Bare;

/// Attributes by which people log in.
const LOGINS: [&[u8]; 5] =
    [b"uid", b"userid", b"sAMAccountName", b"userPrincipalName", b"0.9.2342.19200300.100.1.1"];
/// Attributes with the address of a person.
const EMAILS: [&[u8]; 5] =
    [b"mail", b"rfc822Mailbox", b"email", b"emailAddress", b"0.9.2342.19200300.100.1.3"];
/// Attributes with a password or its hash. Active Directory takes `unicodePwd` in clear, quoted, as UTF-16.
const SECRETS: [&[u8]; 9] = [
    b"userPassword",
    b"sambaNTPassword",
    b"sambaLMPassword",
    b"ntPassword",
    b"lmPassword",
    b"unicodePwd",
    b"userPwd",
    b"olcRootPW",
    b"2.5.4.35",
];
/// What names somebody in a distinguished name, where the entry itself has no login.
const NAMING: [&[u8]; 6] = [b"uid", b"mail", b"email", b"sAMAccountName", b"userPrincipalName", b"cn"];
/// Longest distinguished name that is kept.
const MAX_DN: usize = 1 << 10;

/// Whether the text is LDIF: behind comments and the version stands a distinguished name, then attributes.
pub(crate) fn looks_like(sample: &[u8], _whole: bool) -> bool {
    let lines = sample.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // Continuations too: neither a long comment nor a long name hides what follows.
    let mut lines = lines.filter(|line| !line.is_empty() && !matches!(line.first(), Some(b'#' | b' ')));
    let mut first = lines.next();
    if first.and_then(split).is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"version")) {
        first = lines.next();
    }
    let is_name = |value: &Value<'_>| match value {
        Value::Plain(name) => name.is_empty() || memchr::memchr(b'=', name).is_some(),
        Value::Base64(_) => true,
        Value::Elsewhere => false,
    };
    let named = first
        .and_then(split)
        .is_some_and(|(name, value)| name.eq_ignore_ascii_case(b"dn") && is_name(&value));
    // An attribute's value begins behind a blank or a second colon; in a list nothing stands there.
    let spaced = |line: &[u8]| {
        let behind = memchr::memchr(b':', line).and_then(|at| line.get(at + 1));
        matches!(behind, None | Some(b' ' | b':' | b'<'))
    };
    named && lines.next().is_none_or(|line| split(line).is_some() && spaced(line))
}

/// Reads entries to the text's end.
pub(crate) fn scan(text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
    // Base64 takes four bytes for three.
    let longest = limits.field_bytes.saturating_mul(2).saturating_add(256);
    let mut entries = Entries {
        attribute: Vec::new(),
        cut: false,
        open: false,
        attribute_line: 0,
        longest,
        entry: None,
        dn: Vec::new(),
        decoded: Vec::new(),
        fields: BoundedFields::new(limits),
    };
    for_each_line(text, longest, &mut |line| entries.line(line, out));
    entries.end_attribute(out);
    entries.end_entry(out);
}

struct Entries {
    /// The attribute that is being read, unfolded.
    attribute: Vec<u8>,
    cut: bool,
    open: bool,
    attribute_line: u64,
    longest: usize,
    /// The line in which the entry that is being read begins.
    entry: Option<u64>,
    dn: Vec<u8>,
    decoded: Vec<u8>,
    fields: BoundedFields,
}

/// What stands behind an attribute's name.
enum Value<'a> {
    Plain(&'a [u8]),
    Base64(&'a [u8]),
    Elsewhere,
}

impl Entries {
    fn line(&mut self, line: Line<'_>, out: &mut dyn Emit) {
        match line.text {
            [] => {
                self.end_attribute(out);
                self.end_entry(out);
            }
            [b' ', folded @ ..] if self.open => self.append(folded, line.cut),
            text => {
                self.end_attribute(out);
                self.open = true;
                self.attribute_line = line.number;
                self.append(text, line.cut);
            }
        }
    }

    fn append(&mut self, text: &[u8], cut: bool) {
        let room = self.longest.saturating_sub(self.attribute.len());
        self.attribute.extend_from_slice(text.get(..room).unwrap_or(text));
        self.cut |= cut || text.len() > room;
    }

    fn end_attribute(&mut self, out: &mut dyn Emit) {
        if !self.open {
            return;
        }
        let attribute = std::mem::take(&mut self.attribute);
        match split(&attribute) {
            Some((name, value)) => self.attribute(name, &value, out),
            None if attribute.first() == Some(&b'#') => {}
            None if matters(&attribute) => out.rejected(self.attribute_line, Reject::Malformed),
            None => {}
        }
        self.attribute = attribute;
        self.attribute.clear();
        self.open = false;
        self.cut = false;
    }

    fn attribute(&mut self, name: &[u8], value: &Value<'_>, out: &mut dyn Emit) {
        let named = |names: &[&[u8]]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let is_dn = name.eq_ignore_ascii_case(b"dn");
        if is_dn && !self.dn.is_empty() {
            // The blank line before this entry is missing.
            self.end_entry(out);
        }
        if self.entry.is_none() && !name.eq_ignore_ascii_case(b"version") {
            self.entry = Some(self.attribute_line);
        }
        let role = if named(&LOGINS) {
            Some(Role::Login)
        } else if named(&EMAILS) {
            Some(Role::Email)
        } else if named(&SECRETS) {
            Some(Role::Secret)
        } else {
            None
        };
        self.decoded.clear();
        let value = match value {
            Value::Plain(value) => *value,
            Value::Base64(value) => {
                base64(value, &mut self.decoded);
                if role == Some(Role::Secret) {
                    unquote_utf16(&mut self.decoded);
                } else if std::str::from_utf8(&self.decoded).is_err() && !self.cut {
                    // A picture or a certificate.
                    return;
                }
                &self.decoded
            }
            Value::Elsewhere => return,
        };
        if is_dn {
            self.dn.extend_from_slice(value.get(..MAX_DN).unwrap_or(value));
        }
        let role = match role {
            Some(role) => role,
            None if next_at(value, 0).is_some() => Role::Other,
            None => return,
        };
        self.fields.begin();
        self.fields.push(without_smtp(value));
        if self.cut {
            self.fields.lose(b"");
        }
        self.fields.finish(role, Form::Text);
    }

    /// Hands the entry on: its record, then one for each further password.
    fn end_entry(&mut self, out: &mut dyn Emit) {
        if let Some(line) = self.entry.take() {
            let has = |fields: &BoundedFields, wanted: &[Role]| {
                fields.spans().iter().any(|span| wanted.contains(&span.role))
            };
            if has(&self.fields, &[Role::Secret]) && !has(&self.fields, &[Role::Login, Role::Email]) {
                self.decoded.clear();
                if name_of_dn(&self.dn, &mut self.decoded) {
                    self.fields.begin();
                    self.fields.push(&self.decoded);
                    self.fields.finish(Role::Login, Form::Text);
                }
            }
            self.emit(line, out);
        }
        self.fields.clear();
        self.dn.clear();
    }

    fn emit(&mut self, line: u64, out: &mut dyn Emit) {
        let is_secret = |span: &&Span, fields: &BoundedFields| {
            span.role == Role::Secret && SecretField::new(fields.value(**span)).is_present()
        };
        if self.fields.spans().iter().filter(|span| is_secret(span, &self.fields)).nth(1).is_none() {
            self.fields.emit(line, Bare::Refuse, out);
            return;
        }
        let mut first = FirstRecord { out, login: None, secret: String::new() };
        self.fields.emit(line, Bare::Refuse, &mut first);
        let FirstRecord { out, login: Some(login), secret } = first else { return };
        let mut pending = Some(secret);
        for span in self.fields.spans().iter().filter(|span| is_secret(span, &self.fields)) {
            let secret = SecretField::new(self.fields.value(*span));
            if pending.as_deref() == Some(secret.expose()) {
                // The one that the first record has.
                pending = None;
            } else {
                out.record(Record { line, login: login.clone(), secret, url: None });
            }
        }
    }
}

/// Passes everything on, and keeps whose the first record is and what secret it has.
struct FirstRecord<'o> {
    out: &'o mut dyn Emit,
    login: Option<Login<'static>>,
    secret: String,
}

impl Emit for FirstRecord<'_> {
    fn record(&mut self, record: Record<'_>) {
        if self.login.is_none() {
            self.login = Some(match &record.login {
                Login::Account(account) => Login::Account(account.clone().into_owned()),
                Login::Name(name) => Login::Name(Cow::Owned(name.clone().into_owned())),
                Login::None => Login::None,
            });
            record.secret.expose().clone_into(&mut self.secret);
        }
        self.out.record(record);
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.out.rejected(line, why);
    }
}

/// An attribute's name without options (`mail;lang-ja` is `mail`), and its value; `None` when the line is none.
fn split(line: &[u8]) -> Option<(&[u8], Value<'_>)> {
    let (name, rest) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    let name = name.split(|byte| *byte == b';').next()?;
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || !name.iter().all(allowed) {
        return None;
    }
    let value = match rest.get(1..)? {
        [b':', value @ ..] => Value::Base64(value),
        [b'<', ..] => Value::Elsewhere,
        value => {
            let fill = value.iter().take_while(|byte| **byte == b' ').count();
            Value::Plain(value.get(fill..)?)
        }
    };
    Some((name, value))
}

/// `smtp:` or `SMTP:` before an address of Exchange says of what kind it is.
fn without_smtp(value: &[u8]) -> &[u8] {
    match value.split_at_checked(5) {
        Some((prefix, address)) if prefix.eq_ignore_ascii_case(b"smtp:") => address,
        _ => value,
    }
}

/// Turns a quoted password in UTF-16, as Active Directory takes it, into UTF-8 without the quotes.
fn unquote_utf16(value: &mut Vec<u8>) {
    if !value.starts_with(b"\"\0")
        || !value.ends_with(b"\"\0")
        || !value.len().is_multiple_of(2)
        || value.len() < 4
    {
        return;
    }
    let inner = value.get(2..value.len() - 2).unwrap_or_default();
    let units =
        inner.chunks_exact(2).filter_map(|pair| pair.first_chunk()).map(|pair| u16::from_le_bytes(*pair));
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    *value = text.into_bytes();
}

/// Appends the value of the first part of a distinguished name (RFC 4514) to `out`, if it names somebody.
fn name_of_dn(dn: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(equals) = memchr::memchr(b'=', dn) else { return false };
    let kind = dn.get(..equals).unwrap_or_default().trim_ascii();
    if !NAMING.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return false;
    }
    let mut rest = dn.get(equals + 1..).unwrap_or_default();
    loop {
        rest = match rest {
            [] | [b',' | b'+', ..] => return true,
            [b'\\', high, low, behind @ ..] if digit(*high).is_some() && digit(*low).is_some() => {
                out.push(digit(*high).unwrap_or(0) << 4 | digit(*low).unwrap_or(0));
                behind
            }
            [b'\\', escaped, behind @ ..] => {
                out.push(*escaped);
                behind
            }
            [byte, behind @ ..] => {
                out.push(*byte);
                behind
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::super::row::{Field, emit_row};
    use super::*;
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

    #[test]
    fn entries() {
        check(
            "# search result\nversion: 1\n\ndn: uid=taro,dc=example\nuid: taro\nmail: taro@x.example\n\
             userPassword: pw\n\ndn: uid=hana,dc=example\nMAIL;lang-ja: hana@x.\n example\nuserpassword:: IHB3\n IA==\n",
            &["4 taro@x.example pw -", "9 hana@x.example  pw  -"],
        );
        check(
            "dn: uid=u,dc=x\nuid: u\nuserPassword: {SSHA}aaaaaaaaaaaaaaaa\n",
            &["1 ~u {SSHA}aaaaaaaaaaaaaaaa -"],
        );
        check("dn: uid=u,dc=x\nuserPassword:< file:///x\nuid: u\n", &["1 ~u - -"]);
        check(
            "dn: uid=a,dc=x\nuserPassword: 1\nuid: a\ndn: uid=b,dc=x\nuid: b\nuserPassword: 2",
            &["1 ~a 1 -", "4 ~b 2 -"],
        );
        check(
            "dn: mail=a@x.example,dc=x\nchangetype: modify\nreplace: userPassword\nuserPassword: pw\n-\n",
            &["1 a@x.example pw -"],
        );
        check("dn: cn=Suigen\\, Taro+x=y,dc=x\nuserPassword: pw\n", &["1 ~Suigen, Taro pw -"]);
        check("dn: ou=x,dc=x\nou: x\n\ndn:\nnamingContexts: dc=x\n", &[]);
    }

    #[test]
    fn several_passwords_and_addresses() {
        check(
            "dn: uid=u,dc=x\nmail: a@x.example\nuserPassword: p1\nuserPassword: p2\nuserPassword: p1\n\
             sambaNTPassword: 8846F7EAEE8FB117AD06BDD830B7586C\nmailAlternateAddress: b@x.example\n",
            &[
                "1 a@x.example p1 -",
                "1 b@x.example - -",
                "1 a@x.example p2 -",
                "1 a@x.example p1 -",
                "1 a@x.example 8846F7EAEE8FB117AD06BDD830B7586C -",
            ],
        );
        check(
            "dn: CN=u,DC=x\nsAMAccountName: u\nproxyAddresses: SMTP:a@x.example\nproxyAddresses: smtp:b@x.example\n\
             proxyAddresses: sip:a@x.example\nunicodePwd:: IgBwAHcAIgA=\n",
            &["1 ~u pw -", "1 a@x.example - -", "1 b@x.example - -"],
        );
        check("dn: uid=u,dc=x\nuid: u\nuserPassword: NULL\nuserPassword: pw\n", &["1 ~u pw -"]);
    }

    #[test]
    fn what_is_rejected() {
        let limits = RecordLimits { field_bytes: 32, ..RecordLimits::default() };
        let text = format!(
            "dn: uid=a,dc=x\nmail: a@x.example\njpegPhoto:: {0}\nuserPassword: pw\n\ndn: uid=b,dc=x\n\
             mail: b@x.example\nuserPassword: {0}\n\nno attribute, b@x.example\nmail: c@x.example\n",
            "p".repeat(10_000)
        );
        let out = read(text.as_bytes(), &limits, 64);
        assert_eq!(out.lines(), ["1 a@x.example pw -", "11 c@x.example - -"]);
        assert_eq!(out.rejected, [(6, Reject::TooLong), (10, Reject::Malformed)]);
    }

    #[test]
    fn what_is_no_ldif() {
        for text in [
            "",
            "dn:pw\nab:cd\n",
            "dn: x\n",
            "uid: u\nmail: a@x.example\n",
            "a@x.example:pw\ndn: a=b\n",
            "dn: a=b\nc:d\n",
        ] {
            assert!(!looks_like(text.as_bytes(), true), "{text}");
        }
        assert!(looks_like(b"# extended LDIF\n#\ndn: uid=u,dc=\n x\nobjectClass: top\n", true));
    }

    /// The slow, obvious way: unfold the whole text, take it apart at blank lines.
    fn twin(text: &str) -> Vec<String> {
        let mut out = Collected::default();
        let mut line = 1;
        for entry in text.split("\n\n") {
            let unfolded = entry.replace("\n ", "");
            let attributes: Vec<(String, Vec<u8>)> = unfolded
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| match value.strip_prefix(": ") {
                    Some(value) => (name.to_owned(), decode(value)),
                    None => (name.to_owned(), value.trim_start_matches(' ').as_bytes().to_vec()),
                })
                .collect();
            let fields: Vec<_> = attributes
                .iter()
                .map(|(name, value)| {
                    let role = match name.as_str() {
                        "uid" => Role::Login,
                        "mail" => Role::Email,
                        "userPassword" => Role::Secret,
                        _ => Role::Other,
                    };
                    Field { role, value }
                })
                .collect();
            let first = entry.split('\n').take_while(|line| line.starts_with(['#', ' '])).count();
            emit_row(line + first as u64, &fields, Bare::Refuse, &mut out);
            line += entry.matches('\n').count() as u64 + 2;
        }
        out.lines().to_vec()
    }

    fn decode(text: &str) -> Vec<u8> {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: String =
            text.chars().filter_map(|letter| alphabet.find(letter)).map(|at| format!("{at:06b}")).collect();
        bits.as_bytes()
            .chunks_exact(8)
            .map(|byte| byte.iter().fold(0, |value, bit| value << 1 | (bit - b'0')))
            .collect()
    }

    fn encode(value: &str) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: String = value.bytes().map(|byte| format!("{byte:08b}")).collect();
        let letters = bits.as_bytes().chunks(6).map(|sextet| {
            let padded = sextet.iter().chain([b'0'; 6].iter()).take(6);
            char::from(alphabet[padded.fold(0, |value, bit| value << 1 | usize::from(bit - b'0'))])
        });
        let letters: String = letters.collect();
        format!("{letters}{}", "=".repeat((4 - letters.len() % 4) % 4))
    }

    prop_compose! {
        fn attribute()(
            name in prop_oneof![
                3 => Just("mail"), 1 => Just("uid"), 1 => Just("cn"), 1 => Just("description"), 1 => Just("#"),
            ],
            value in prop_oneof![
                2 => "[a-z]{1,9}@[a-z]{1,5}\\.example",
                1 => "[ -~]{0,12}",
                1 => "[水源あ@ \\n:]{0,8}",
                1 => Just("see b@x.example, and c@x.example".to_owned()),
            ],
            encoded in any::<bool>(),
            fold in 16..40_usize,
        ) -> String {
            written(name, &value, encoded, fold)
        }
    }

    /// An attribute, in Base64 where it has to be or `encoded` says so, folded.
    fn written(name: &str, value: &str, encoded: bool, fold: usize) -> String {
        let unsafe_value = !value.is_ascii()
            || value.contains('\n')
            || value.starts_with([' ', ':', '<'])
            || value.ends_with(' ');
        let line = if encoded || unsafe_value {
            format!("{name}:: {}", encode(value))
        } else {
            format!("{name}: {value}")
        };
        let line: Vec<_> = line.bytes().map(char::from).collect();
        let lines: Vec<String> = line.chunks(fold).map(|part| part.iter().collect()).collect();
        lines.join("\n ")
    }

    prop_compose! {
        fn entry()(
            attributes in prop::collection::vec(attribute(), 0..6),
            password in prop::option::of("[ -~水\\t]{0,10}"),
            at in any::<prop::sample::Index>(),
            fold in 16..40_usize,
        ) -> String {
            let mut lines = attributes;
            if let Some(password) = password {
                let at = at.index(lines.len() + 1);
                lines.insert(at, written("userPassword", &password, false, fold));
                // Whose the password is when nothing else tells is another test's.
                lines.push("uid: somebody".to_owned());
            }
            lines.insert(0, "dn: ou=x,dc=example".to_owned());
            lines.join("\n")
        }
    }

    proptest! {
        #[test]
        fn reads_what_the_twin_reads(
            entries in prop::collection::vec(entry(), 1..6),
            capacity in 1..64_usize,
        ) {
            let text = entries.join("\n\n");
            prop_assert!(looks_like(text.as_bytes(), true));
            let seen = read(text.as_bytes(), &RecordLimits::default(), capacity);
            prop_assert_eq!(seen.lines(), twin(&text), "{}", text);
            let seen = read(text.replace('\n', "\r\n").as_bytes(), &RecordLimits::default(), capacity);
            prop_assert_eq!(seen.lines(), twin(&text));
        }

        #[test]
        fn any_text_is_read_alike_however_it_comes(
            mut text in prop_oneof![
                prop::collection::vec(entry(), 1..4).prop_map(|entries| entries.join("\n\n").into_bytes()),
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
}
