//! LDIF (RFC 2849): directory entries with `mail` and `userPassword`, values in Base64 where the RFC asks for it, long
//! lines folded at 76 characters.

use super::{Format, Record};

/// Entries of `inetOrgPerson`.
#[derive(Debug, Clone, Default)]
pub struct Ldif {
    entries: u64,
}

/// Standard Base64 with padding (RFC 4648, section 4).
#[must_use]
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            (0..3).fold(0_u32, |group, index| (group << 8) | chunk.get(index).map_or(0, |b| u32::from(*b)));
        for index in 0..4 {
            let sextet = (group >> (18 - 6 * index)) & 63;
            let letter = ALPHABET.get(sextet as usize).copied().unwrap_or(b'A');
            out.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn push_attribute(name: &str, value: &str, encoded: bool, out: &mut String) {
    let line =
        if encoded { format!("{name}:: {}", base64(value.as_bytes())) } else { format!("{name}: {value}") };
    for (index, c) in line.chars().enumerate() {
        // The first line holds 76 characters, each further one a blank and 75.
        if index >= 76 && (index - 76).is_multiple_of(75) {
            out.push_str("\n ");
        }
        out.push(c);
    }
    out.push('\n');
}

impl Format for Ldif {
    fn begin(&mut self, out: &mut String) {
        self.entries = 0;
        out.push_str("version: 1\n\n");
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        self.entries += 1;
        let dn = format!("uid=u{},ou=people,dc=directory,dc=invalid", self.entries);
        push_attribute("dn", &dn, false, out);
        push_attribute("objectClass", "inetOrgPerson", false, out);
        push_attribute("cn", record.name, true, out);
        push_attribute("mail", record.login, !record.login.is_ascii(), out);
        if record.secret != "NULL" {
            push_attribute("userPassword", record.secret, true, out);
        }
        out.push('\n');
    }

    fn end(&mut self, _: &mut String) {}
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn base64_is_the_rfcs() {
        for (plain, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), expected);
        }
    }

    #[test]
    fn writes_entries_and_folds_long_lines() {
        let text = write_all(&mut Ldif::default(), SAMPLE);
        assert!(
            text.contains("mail: tanaka@suigen.example\nuserPassword:: YTpiO2MsImR8ZSdmXA==\n"),
            "{text}"
        );
        assert!(text.contains("mail: noda@post.test\n\n"), "{text}");
        let long = "x".repeat(100);
        let text = write_all(
            &mut Ldif::default(),
            [Record { secret: &long, login: "a@b.test", ..Record::default() }],
        );
        assert!(text.lines().all(|line| line.len() <= 76), "{text}");
    }
}
