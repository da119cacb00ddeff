//! One attribute of an entry: its name, what that means, and how its value is written.

use super::super::column::Role;
use super::super::transfer::digit;

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
/// What stands behind an attribute's name.
pub(super) enum Value<'a> {
    Plain(&'a [u8]),
    Base64(&'a [u8]),
    Elsewhere,
}

/// What an attribute of that name means; `None` when only an address in it could matter.
pub(super) fn role_of(name: &[u8]) -> Option<Role> {
    let among = |names: &[&[u8]]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if among(&LOGINS) {
        Some(Role::Login)
    } else if among(&EMAILS) {
        Some(Role::Email)
    } else if among(&SECRETS) {
        Some(Role::Secret)
    } else {
        None
    }
}

/// An attribute's name without options (`mail;lang-ja` is `mail`), and its value; `None` when the line is none.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], Value<'_>)> {
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

/// Takes off what Exchange puts before an address: `SMTP:` before a person's own, `smtp:` before the others.
pub(super) fn without_smtp(value: &[u8]) -> (Role, &[u8]) {
    match value.split_at_checked(5) {
        Some((b"SMTP:", address)) => (Role::Email, address),
        Some((prefix, address)) if prefix.eq_ignore_ascii_case(b"smtp:") => (Role::Other, address),
        _ => (Role::Other, value),
    }
}

/// Turns a quoted password in UTF-16, as Active Directory takes it, into UTF-8 without the quotes.
pub(super) fn unquote_utf16(value: &mut Vec<u8>) {
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
pub(super) fn name_of_dn(dn: &[u8], out: &mut Vec<u8>) -> bool {
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
