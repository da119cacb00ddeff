//! What is read of LDIF, case by case and against a slow twin.

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
        "dn: CN=u,DC=x\nsAMAccountName: u\nproxyAddresses: smtp:b@x.example\nproxyAddresses: SMTP:a@x.example\n\
         proxyAddresses: sip:a@x.example\nunicodePwd:: IgBwAHcAIgA=\n",
        &["1 a@x.example pw -", "1 b@x.example - -"],
    );
    check("dn: uid=u,dc=x\nuid: u\nuserPassword: NULL\nuserPassword: pw\n", &["1 ~u pw -"]);
    check("dn: uid=u,dc=x\nuid: u\nuserPassword: smtp:x\n", &["1 ~u smtp:x -"]);
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
