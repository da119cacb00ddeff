//! The `Key: value` lines of stealer logs: what a key means, whatever its language and decoration.

use std::ops::Range;

use crate::format::column::Role;
use crate::format::column_name::role_of_name;
use crate::format::key_cache::KeyCache;

/// Longest key in bytes: three Russian words.
const MAX_KEY: usize = 64;

/// What a key's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The site.
    Url,
    /// A user name, or the address that serves as one.
    Login,
    /// An address beside the user name.
    Email,
    /// The password.
    Secret,
    /// Anything else: the browser, the profile, the computer.
    Other,
}

/// Reads keys, and remembers them.
pub(super) struct Keys {
    /// What was seen before a colon; `None` where it is no key.
    cache: KeyCache<Option<Key>>,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self { cache: KeyCache::new() }
    }

    /// The key of a `Key: value` line, and everything behind its colon but one blank or tab.
    pub(super) fn split<'a>(&mut self, line: &'a [u8]) -> Option<(Key, &'a [u8])> {
        let (key, value) = split_at_colon(line)?;
        Some((self.meaning(key)?, value))
    }

    fn meaning(&mut self, key: &[u8]) -> Option<Key> {
        self.cache.get(key, meaning)
    }

    /// Takes a line apart that holds a whole record: `value` is what stands behind its first key, a URL's.
    pub(super) fn one_line<'a>(&mut self, value: &'a [u8]) -> Option<OneLine<'a>> {
        let start = value.len() - value.trim_ascii_start().len();
        let text = value.get(start..)?;
        let end = memchr::memchr3(b' ', b'\t', b'|', text)?;
        let (url, rest) = text.split_at_checked(end)?;
        let (key, rest) = self.split(without_joint(rest))?;
        if !matches!(key, Key::Login | Key::Email) {
            return None;
        }
        let (login, secret) = self.next_secret(rest)?;
        Some(OneLine { url, login: rest.get(login)?, secret: rest.get(secret..)? })
    }

    /// Where a login ends and where the secret begins whose key stands behind it.
    fn next_secret(&mut self, text: &[u8]) -> Option<(Range<usize>, usize)> {
        memchr::memchr_iter(b':', text).find_map(|colon| {
            let before = text.get(..colon)?;
            let word = before.trim_ascii_end();
            let length = word.iter().rev().take_while(|byte| !is_joint(**byte)).count();
            let start = word.len() - length;
            let is_apart = start > 0;
            if !is_apart || self.meaning(word.get(start..)?) != Some(Key::Secret) {
                return None;
            }
            let login = before.get(..start)?;
            let end = login.len() - login.iter().rev().take_while(|byte| is_joint(**byte)).count();
            let blank = usize::from(matches!(text.get(colon + 1), Some(b' ' | b'\t')));
            Some((0..end, colon + 1 + blank))
        })
    }
}

/// A record on one line.
pub(super) struct OneLine<'a> {
    pub(super) url: &'a [u8],
    pub(super) login: &'a [u8],
    pub(super) secret: &'a [u8],
}

/// What stands between two keys on one line.
const fn is_joint(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'|' | b',' | b';')
}

fn without_joint(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| is_joint(**byte)).count();
    text.get(length..).unwrap_or_default()
}

/// Splits at the first colon (the full-width one too) that is not too far away for a key before it.
fn split_at_colon(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let window = line.get(..MAX_KEY + 3).unwrap_or(line);
    let narrow = memchr::memchr(b':', window);
    let before = narrow.and_then(|at| window.get(..at)).unwrap_or(window);
    let wide = if before.is_ascii() {
        None
    } else {
        memchr::memmem::find(before, "：".as_bytes()).map(|at| (at, 3))
    };
    let (at, width) = wide.or_else(|| narrow.map(|at| (at, 1)))?;
    let key = line.get(..at)?;
    let value = line.get(at + width..)?;
    let value = match value {
        [b' ' | b'\t', rest @ ..] => rest,
        value => value,
    };
    Some((key, value))
}

/// What a key means; `None` when no key looks like that.
fn meaning(key: &[u8]) -> Option<Key> {
    if key.trim_ascii().is_empty() || key.iter().any(|byte| is_no_key(*byte)) {
        return None;
    }
    let key = undecorated(key);
    if key.is_ascii() {
        let mut folded = [0; MAX_KEY];
        let length = fold_ascii(key, &mut folded);
        if let Some(known) = known_ascii(folded.get(..length).unwrap_or_default()) {
            return Some(known);
        }
    }
    let Ok(name) = std::str::from_utf8(key) else { return Some(Key::Other) };
    Some(known_elsewhere(name).unwrap_or_else(|| match role_of_name(name) {
        Some(Role::Url) => Key::Url,
        Some(Role::Login) => Key::Login,
        Some(Role::Email) => Key::Email,
        Some(Role::Secret) => Key::Secret,
        Some(Role::Other) | None => Key::Other,
    }))
}

/// Bytes that stand in no key: those of JSON, XML, addresses and assignments.
const fn is_no_key(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'@' | b'=' | b'{' | b'}' | b'<' | b'>' | b'\\' | b',' | b';' | b'`')
}

/// A key without the number that some logs put before it: `[12] URL`, `12. URL`, `12) URL`.
fn undecorated(key: &[u8]) -> &[u8] {
    let key = key.trim_ascii();
    let inner = key.strip_prefix(b"[").unwrap_or(key);
    let digits = inner.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match inner.get(digits..) {
        Some([b']' | b'.' | b')' | b'#', rest @ ..]) if digits > 0 => rest.trim_ascii_start(),
        _ => key,
    }
}

/// Lower-case letters and digits of `key` alone, at the start of `out`; their number.
fn fold_ascii(key: &[u8], out: &mut [u8; MAX_KEY]) -> usize {
    let letters = key.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut length = 0;
    for (slot, byte) in out.iter_mut().zip(letters) {
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    length
}

/// The keys that nearly all logs use, told without a look at the tables of column names; and those that these
/// tables take for something else, which no log means by them.
fn known_ascii(folded: &[u8]) -> Option<Key> {
    Some(match folded {
        b"url" | b"host" | b"hostname" | b"site" | b"link" | b"uri" | b"website" | b"web" | b"loginurl"
        | b"originurl" | b"actionurl" | b"origin" | b"webpage" | b"siteurl" | b"urlhost" | b"hosturl" => {
            Key::Url
        }
        b"login" | b"user" | b"username" | b"usr" | b"userlogin" | b"usernamevalue" | b"loginname"
        | b"userid" | b"usernamelogin" | b"loginusername" | b"usuario" | b"emailusername"
        | b"usernameemail" | b"loginemail" | b"emaillogin" => Key::Login,
        b"email" | b"mail" => Key::Email,
        b"password" | b"pass" | b"passwd" | b"pwd" | b"psw" | b"passwordvalue" | b"passw" | b"pw" => {
            Key::Secret
        }
        b"soft" | b"application" | b"app" | b"browser" | b"storage" | b"profile" | b"hash" | b"md5"
        | b"sha1" | b"sha256" | b"bcrypt" | b"ntlm" | b"nthash" | b"http" | b"https" | b"android"
        | b"ftp" | b"" => Key::Other,
        _ => return None,
    })
}

/// Keys of other scripts that are no names of columns.
fn known_elsewhere(name: &str) -> Option<Key> {
    const URLS: [&str; 12] = [
        "адрес",
        "адрес сайта",
        "адрес страницы",
        "урл",
        "домен",
        "网站",
        "地址",
        "网页",
        "주소",
        "사이트",
        "アドレス",
        "接続先",
    ];
    const LOGINS: [&str; 10] = [
        "юзер",
        "имя",
        "користувач",
        "логін",
        "帐号",
        "帳户",
        "登录名",
        "账户名",
        "tên đăng nhập",
        "tài khoản",
    ];
    const SECRETS: [&str; 5] = ["пасс", "пас", "mật khẩu", "비번", "登录密码"];
    let name = name.trim().to_lowercase();
    let among = |names: &[&str]| names.contains(&name.as_str());
    if among(&URLS) {
        Some(Key::Url)
    } else if among(&LOGINS) {
        Some(Key::Login)
    } else if among(&SECRETS) {
        Some(Key::Secret)
    } else {
        None
    }
}

/// Whether a line is a rule between blocks: nothing but three or more of the marks that such rules are made of.
pub(super) fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let Some(first) = line.first() else { return false };
    match first {
        b'=' | b'-' | b'*' | b'_' | b'#' | b'~' | b'+' | b'.' | b'/' | b'\\' => {
            let mark = |byte: &u8| byte.is_ascii_punctuation() || *byte == b' ';
            line.len() >= 3 && line.iter().all(mark)
        }
        0x80.. => {
            let Ok(text) = std::str::from_utf8(line) else { return false };
            text.chars().count() >= 3
                && text.chars().all(|character| {
                    matches!(character, '─' | '━' | '═' | '–' | '—' | '▬' | '•' | '＝' | 'ー' | '－' | ' ')
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_any_language_and_decoration() {
        let mut keys = Keys::new();
        for (line, key, value) in [
            ("URL: https://a.example/", Key::Url, "https://a.example/"),
            ("Host:https://a.example/", Key::Url, "https://a.example/"),
            ("USER:\tl", Key::Login, "l"),
            ("Login:  two", Key::Login, " two"),
            ("PASS: a:b ", Key::Secret, "a:b "),
            ("Пароль: п", Key::Secret, "п"),
            ("Логин: l", Key::Login, "l"),
            ("Ссылка: x", Key::Url, "x"),
            ("Usuario: l", Key::Login, "l"),
            ("Contraseña: p", Key::Secret, "p"),
            ("用户名: l", Key::Login, "l"),
            ("密码：p", Key::Secret, "p"),
            ("ユーザー名: l", Key::Login, "l"),
            ("パスワード： p", Key::Secret, "p"),
            ("[12] Url: x", Key::Url, "x"),
            ("3) Username: l", Key::Login, "l"),
            ("➤ Password: p", Key::Secret, "p"),
            ("Mật khẩu: p", Key::Secret, "p"),
            ("Soft: Google Chrome [Default]", Key::Other, "Google Chrome [Default]"),
            ("MD5: 5f4dcc3b5aa765d61d8327deb882cf99", Key::Other, "5f4dcc3b5aa765d61d8327deb882cf99"),
            ("Backup email: x", Key::Other, "x"),
        ] {
            let seen = keys.split(line.as_bytes());
            assert_eq!(seen, Some((key, value.as_bytes())), "{line}");
        }
        for line in ["", "no colon", ": x", "\"email\": \"x\",", "a@x.example:pw", "<a>: x"] {
            assert_eq!(keys.split(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn rules_between_blocks() {
        for (line, expected) in [
            ("===============", true),
            ("---", true),
            (" *** ", true),
            ("━━━━", true),
            ("--", false),
            ("", false),
            ("-- x --", false),
            ("Password: ---", false),
        ] {
            assert_eq!(is_rule(line.as_bytes()), expected, "{line}");
        }
    }
}
