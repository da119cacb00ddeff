//! Telling that nothing watched stands in a small member before its format is known.
//!
//! What a folder of ten thousand small files costs is finding out what each of them is; nearly all of them hold
//! nothing that is looked for. Where the text is such that no format could hide a name in it, a look at the names
//! that do stand there is enough. Everything else is read in the usual way: this may be unsure, never wrong.

use memchr::memmem;

use super::{DomainRun, Look, Names};

/// Whether it is certain that no record of `text`, a whole member in whatever format, concerns the watch list.
pub(crate) fn is_certain(names: &Names, look: Look, text: &[u8]) -> bool {
    hides_nothing(text)
        && match look {
            Look::Accounts => no_address(names, text),
            Look::AccountsAndSites => no_name(names, text),
        }
}

/// Whether names stand in `text` as they are: no other encoding than ASCII, no escapes, no folded lines, no Base64,
/// no hexadecimal strings, no line ends of an old Macintosh.
fn hides_nothing(text: &[u8]) -> bool {
    let has = |needle: &[u8]| memmem::find(text, needle).is_some();
    // Two-byte text begins with an escape, wide text has zero bytes; SQL, JSON and others escape with a backslash.
    text.is_ascii()
        && memchr::memchr3(0, 0x1b, b'\\', text).is_none()
        && (memchr::memchr(b'\r', text).is_none() || memchr::memchr(b'\n', text).is_some())
        // LDIF and vCard go on in a line that begins with a blank; LDIF's Base64 stands behind two colons.
        && ![b"\n ".as_slice(), b"\n\t", b"::", b"0x", b"0X", b"x'", b"X'"].into_iter().any(has)
        // Quoted-printable text, and the parameter that announces it or Base64.
        && memchr::memchr_iter(b'=', text)
            .all(|at| !text.get(at + 1).is_none_or(|next| next.is_ascii_hexdigit() || matches!(next, b'\r' | b'\n')))
}

/// Whether no watched domain stands behind an at-sign.
fn no_address(names: &Names, text: &[u8]) -> bool {
    memchr::memchr_iter(b'@', text).all(|at| !names.may_hold_at(text, at + 1))
}

/// Whether no watched domain stands anywhere.
fn no_name(names: &Names, text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(dot) = text.get(from..).and_then(|rest| memchr::memchr(b'.', rest)) {
        let before = text.get(from..from + dot).unwrap_or_default();
        let label =
            before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let start = from + dot - label;
        let run = DomainRun::at(text, start);
        if run.has_dashes || names.may_hold(text, start, run) {
            return false;
        }
        from = start + run.whole.max(label + 1);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, accounts: bool, sites: bool) {
        let names = Names::new(["suigen.example", "a.jp"].into_iter());
        assert_eq!(is_certain(&names, Look::Accounts, text.as_bytes()), accounts, "{text:?}");
        assert_eq!(is_certain(&names, Look::AccountsAndSites, text.as_bytes()), sites, "{text:?}");
    }

    #[test]
    fn names_that_stand_there() {
        check("", true, true);
        check("a@post.example:pw\nb@post.example:pw\n", true, true);
        check("a@suigen.example:pw", false, false);
        check("a@x.A.jp:pw\r\n", false, false);
        check("https://suigen.example/:login:pw", true, false);
        check("x.y.z.a.jp", true, false);
        check("evilsuigen.example, suigen.example.test", true, true);
        check("x..a.jp", true, false);
        check("a@suigen.example----pw", false, false);
    }

    #[test]
    fn what_could_hide_them() {
        for text in [
            "{\"email\":\"a\\u0040suigen.example\"}",
            "mail: a@suigen.ex\n ample",
            "mail:: YUBzdWlnZW4uZXhhbXBsZQ==",
            "EMAIL;QUOTED-PRINTABLE:a=40suigen.example",
            "VALUES (0x6140)",
            "VALUES (X'6140')",
            "a\x1b$B",
            "a\0@\0",
            "水",
            "a\rb",
        ] {
            check(text, false, false);
        }
    }
}
