//! What a stealer log's author is used to: whether the URL comes last, whether blank lines stand between the
//! lines of one block. And whether a text is a stealer log at all.

use super::key::{Key, Keys, is_rule};
use crate::format::physical_line::lines;

/// Bytes of a log from which its habits are learned.
pub(super) const LEARN: usize = 64 << 10;

/// Lines of a sample that are looked at to tell a stealer log from other texts.
const LINES: usize = 2_000;

/// A banner has no more lines than this.
const BANNER: usize = 200;

/// How the blocks of a log are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
    /// A URL behind a password belongs to that block.
    pub(super) url_last: bool,
    /// A blank line ends a block.
    pub(super) blank_ends: bool,
}

impl Habits {
    /// Learns them from the beginning of a log.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut keys = Keys::new();
        let (mut begins_with_url, mut begins_with_login) = (0_usize, 0_usize);
        let (mut inside, mut inside_with_blank) = (0_usize, 0_usize);
        let mut last = None;
        let (mut after_break, mut after_blank) = (true, false);
        for line in lines(text) {
            if line.trim_ascii().is_empty() {
                (after_break, after_blank) = (true, true);
                continue;
            }
            if is_rule(line) {
                (after_break, last) = (true, None);
                continue;
            }
            let Some((key, _)) = keys.split(line).filter(|(key, _)| *key != Key::Other) else { continue };
            if after_break {
                begins_with_url += usize::from(key == Key::Url);
                begins_with_login += usize::from(matches!(key, Key::Login | Key::Email));
            }
            let continues = matches!(
                (last, key),
                (Some(Key::Url), Key::Login | Key::Email) | (Some(Key::Login | Key::Email), Key::Secret)
            );
            inside += usize::from(continues);
            inside_with_blank += usize::from(continues && after_blank);
            (last, after_break, after_blank) = (Some(key), false, false);
        }
        Self { url_last: begins_with_login > begins_with_url, blank_ends: 2 * inside_with_blank <= inside }
    }
}

/// Whether a member that begins with `sample` is a stealer log's list of passwords: key lines of logins and of
/// passwords in alternation, at least one pair, and a fair part of the lines. The system's description, cookies
/// and forms in the same folder are none.
pub(crate) fn looks_like(sample: &[u8], whole: bool) -> bool {
    let sample = match memchr::memrchr(b'\n', sample) {
        Some(end) if !whole => sample.get(..end).unwrap_or_default(),
        _ => sample,
    };
    if matches!(sample.trim_ascii_start().first(), None | Some(b'{' | b'<')) {
        return false;
    }
    let mut keys = Keys::new();
    let (mut all, mut known, mut logins, mut secrets, mut pairs, mut entries) = (0, 0, 0, 0, 0, 0);
    let mut last = None;
    for (at, line) in lines(sample).filter(|line| !line.trim_ascii().is_empty()).take(LINES).enumerate() {
        if known == 0 && at >= BANNER {
            return false;
        }
        all += usize::from(known > 0 && !is_rule(line));
        let Some((key, value)) = keys.split(line) else { continue };
        entries += usize::from(line.starts_with(b"dn:"));
        if key == Key::Other {
            continue;
        }
        known += 1;
        all = all.max(1);
        if key == Key::Url && keys.one_line(value).is_some() {
            (logins, secrets, pairs, last) = (logins + 1, secrets + 1, pairs + 1, None);
            continue;
        }
        let is_login = matches!(key, Key::Login | Key::Email);
        let after_login = matches!(last, Some(Key::Login | Key::Email));
        logins += usize::from(is_login && !after_login);
        secrets += usize::from(key == Key::Secret);
        pairs += usize::from(key == Key::Secret && after_login);
        last = Some(key);
    }
    let alternate = 10 * pairs >= 6 * logins.max(secrets);
    let fair_part = 10 * known >= 3 * all;
    // An LDIF's entries have a user, an address and a password too.
    let is_directory = 2 * entries >= pairs;
    pairs > 0 && alternate && fair_part && !is_directory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stealer_logs_and_what_is_none() {
        for (text, expected) in [
            ("URL: https://a.example/\nUsername: l\nPassword: p\n", true),
            ("Soft: x\nHost: h\nLogin: \nPassword: \n\n", true),
            ("*****\n* banner\n* t.example\n*****\n\nURL: u\nUSR: l\nPASS: p\n\n", true),
            ("URL: https://a.example/ | Login: l | Password: p\n", true),
            ("Ссылка: u\nЛогин: l\nПароль: p\n===\n", true),
            ("IP: 192.0.2.1\nUserName: u\nMachineName: PC\nLog date: x\n", false),
            ("dn: uid=l,dc=example\nuid: l\nmail: a@x.example\nuserPassword: p\n", false),
            ("{\n  \"email\": \"a@x.example\",\n  \"password\": \"p\"\n}\n", false),
            ("login:password\nuser:pass\nyamada:x\nsuzuki:y\n", false),
            ("Dear all,\nyour login: x\nyour password: y\nregards\n", false),
            ("Login: x\nPassword: y\nand then\nmuch\nmore\nprose\nfollows\nhere\n", false),
            ("URL: a\nURL: b\n", false),
            ("Password: a\nPassword: b\n", false),
            ("", false),
        ] {
            assert_eq!(looks_like(text.as_bytes(), true), expected, "{text}");
        }
    }

    #[test]
    fn habits() {
        let habits = |url_last, blank_ends| Habits { url_last, blank_ends };
        for (text, expected) in [
            ("URL: u\nLogin: l\nPassword: p\n\nURL: u\n", habits(false, true)),
            ("Login: l\nPassword: p\nURL: u\n===\nLogin: l\n", habits(true, true)),
            (
                "URL: u\n\nLogin: l\n\nPassword: p\n\nURL: u\n\nLogin: l\n\nPassword: p\n",
                habits(false, false),
            ),
        ] {
            assert_eq!(Habits::of(text.as_bytes()), expected, "{text}");
        }
    }
}
