//! The secrets of the demo world: invented passwords, hashes of nobody's password, and the many ways to say "none".

use super::source::{Layout, MemberSpec, SecretStyle};
use crate::encode::{BROKEN, Charset};
use crate::format::FieldOrder;
use crate::noise::{push_password, push_plain_password};
use crate::random::Random;

/// A secret for a record of `member`.
pub(crate) fn secret(random: &mut Random, member: &MemberSpec) -> String {
    match member.secrets {
        SecretStyle::Clear => clear(random, member),
        SecretStyle::Plain => text(|out| push_plain_password(out, random)),
        SecretStyle::Md5 => hexadecimal(random, 32),
        SecretStyle::Sha1 => hexadecimal(random, 40),
        SecretStyle::Bcrypt => format!("$2y$10${}{}", crypt64(random, 22), crypt64(random, 31)),
        SecretStyle::Phpass => format!("$P$B{}", crypt64(random, 30)),
    }
}

/// The hash of the empty string in that style, which is no secret.
pub(crate) fn hash_of_nothing(style: SecretStyle) -> Option<&'static str> {
    match style {
        SecretStyle::Md5 => Some("d41d8cd98f00b204e9800998ecf8427e"),
        SecretStyle::Sha1 => Some("da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        SecretStyle::Clear | SecretStyle::Plain | SecretStyle::Bcrypt | SecretStyle::Phpass => None,
    }
}

/// What stands there when there is no secret.
pub(crate) fn absent_secret(random: &mut Random, layout: &Layout) -> &'static str {
    match layout {
        Layout::List(list) if list.order == FieldOrder::AccountSecret && list.separator != " " => {
            random.pick(&["", "NULL", "[NOT_SAVED]", "None", "\\N", "  "])
        }
        Layout::List(_) => random.pick(&["NULL", "[NOT_SAVED]", "None"]),
        Layout::Stealer(_) => random.pick(&["", "[NOT_SAVED]", "UNKNOWN"]),
        Layout::Csv(_) => random.pick(&["", "NULL", "  ", "\\N"]),
        Layout::Insert(_) | Layout::Copy | Layout::Json(_) => random.pick(&["", "NULL"]),
        Layout::Ldif | Layout::Vcard | Layout::Prose => "NULL",
    }
}

fn clear(random: &mut Random, member: &MemberSpec) -> String {
    let mut secret = text(|out| push_password(out, random));
    match &member.layout {
        // A stealer's value is everything behind its key.
        Layout::Stealer(_) if random.one_in(30) => {
            secret.push_str(random.pick(&[" pass:word", "\ttab", "  two", "  "]));
        }
        Layout::List(list)
            if list.order == FieldOrder::AccountSecret
                && random.one_in(100)
                && matches!(member.charset, Charset::Utf8 | Charset::Utf16BeBom) =>
        {
            secret.push(BROKEN);
            secret.push('x');
        }
        _ => {}
    }
    secret
}

fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn hexadecimal(random: &mut Random, digits: usize) -> String {
    drawn(random, b"0123456789abcdef", digits)
}

fn crypt64(random: &mut Random, digits: usize) -> String {
    drawn(random, b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", digits)
}

fn drawn(random: &mut Random, alphabet: &[u8], digits: usize) -> String {
    (0..digits).map(|_| char::from(random.pick(alphabet))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_have_their_usual_shape() {
        let mut random = Random::new(1);
        for (style, start, length) in [
            (SecretStyle::Md5, "", 32),
            (SecretStyle::Sha1, "", 40),
            (SecretStyle::Bcrypt, "$2y$10$", 60),
            (SecretStyle::Phpass, "$P$B", 34),
        ] {
            let member = MemberSpec {
                name: "x",
                layout: Layout::Ldif,
                charset: Charset::Utf8,
                secrets: style,
                noise: 0,
                crlf: false,
            };
            let hash = secret(&mut random, &member);
            assert!(hash.starts_with(start) && hash.len() == length, "{style:?}");
        }
    }
}
