//! Separated lists: a login and its secret in one line, with or without the URL of their site.
//!
//! A separator inside a password stays inside the password: the login ends at the first separator, or begins
//! behind the last one, and everything else is the secret. The layout is the member's; a line that does not fit
//! it is read by what stands in it, because lists are put together from others.

mod dashes;
mod plain;
mod site;
mod vote;

use std::collections::HashSet;

use mizumori_core::Account;

use super::row::{login_of, whole_address};
use crate::address::{FoundAddress, addresses, next_at};
use crate::record::{Emit, Login, Origin, Record};
use crate::secret::SecretField;
use crate::url::{Bare, Url};

pub(crate) use vote::{Vote, vote};

/// What separates the fields of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Separator {
    /// One byte.
    Byte(u8),
    /// A run of blanks or tabs.
    Blanks,
    /// Four dashes, or three.
    Dashes,
}

/// In which order the fields stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// `login:secret`
    LoginFirst,
    /// `secret:login`
    SecretFirst,
    /// `url:login:secret`
    UrlFirst,
    /// `login:secret:url`
    UrlLast,
}

/// How a member's lines are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListLayout {
    /// What separates the fields.
    pub(crate) separator: Separator,
    /// Their order.
    pub(crate) order: Order,
    /// Whether blanks around the separator belong to it.
    pub(crate) padding: Padding,
}

/// Whether a blank on each side of a separator belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// `a@b.example | secret`
    Blank,
    /// A blank behind the separator is the secret's first character.
    None,
}

impl ListLayout {
    /// Whether hosts without a scheme stand for URLs.
    pub(crate) const fn bare(&self) -> Bare {
        match self.order {
            Order::UrlFirst | Order::UrlLast => Bare::Accept,
            Order::LoginFirst | Order::SecretFirst => Bare::Refuse,
        }
    }
}

/// The bytes that separate fields in one list or another, most frequent first.
pub(crate) const SEPARATORS: [u8; 5] = [b':', b';', b'|', b'\t', b','];

/// What a line holds, before it becomes a record.
struct Parts<'a> {
    login: Login<'a>,
    secret: &'a [u8],
    url: Option<Url<'a>>,
}

/// Reads one line, without its line feed.
pub(crate) fn line(layout: &ListLayout, number: u64, line: &[u8], out: &mut dyn Emit) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match plain::record(layout, number, line) {
        Some(record) => out.record(record),
        None => any_line(layout, number, line, out),
    }
}

/// Reads a line of whatever form, without its carriage return.
fn any_line(layout: &ListLayout, number: u64, line: &[u8], out: &mut dyn Emit) {
    if line.trim_ascii().is_empty() {
        return;
    }
    let with_site = match site::parts(layout, line) {
        site::Site::Found(parts) => Some(parts),
        // A URL alone is nobody's login; an address in it is an exposure all the same.
        site::Site::Alone => return running_text(number, line, out),
        site::Site::None => None,
    };
    match with_site.or_else(|| login_and_secret(layout, line)) {
        Some(parts) => emit(number, parts, out),
        None => running_text(number, line, out),
    }
}

/// Reads one line of text in which addresses merely occur. One that is laid out as a line of a list in spite of
/// that (`address:secret`, nothing before it and no blank behind the separator) is taken for one.
pub(crate) fn text_line(number: u64, line: &[u8], out: &mut dyn Emit) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let found = leading_address(line).map(|(found, separator, rest)| (found.account, separator, rest));
    let listed = found.or_else(|| named_in_text(line)).and_then(|(account, separator, rest)| {
        let begins = rest.first().is_some_and(|byte| !byte.is_ascii_whitespace());
        let separates = matches!(separator, b":" | b";" | b"|" | b"\t" | b"----");
        let is_list = separates && begins && addresses(rest).next().is_none();
        is_list.then_some(Parts { login: Login::Account(account), secret: rest, url: None })
    });
    match listed {
        Some(parts) => emit(number, parts, out),
        None => running_text(number, line, out),
    }
}

/// The addresses of a line, each once, none with a secret.
fn running_text(number: u64, line: &[u8], out: &mut dyn Emit) {
    let mut seen = HashSet::new();
    for found in addresses(line) {
        if seen.insert(found.account.clone()) {
            let login = Login::Account(found.account);
            let (origin, secret) = (Origin::Text, SecretField::NONE);
            out.record(Record { line: number, login, origin, secret, url: None });
        }
    }
}

fn emit(number: u64, parts: Parts<'_>, out: &mut dyn Emit) {
    let Parts { login, secret, url } = parts;
    let in_url = url.as_ref().map_or_else(Vec::new, |url| accounts_in(url, login.account()));
    let (origin, secret) = (Origin::Field, SecretField::new(secret));
    out.record(Record { line: number, login, origin, secret, url });
    for account in in_url {
        out.record(Record {
            line: number,
            login: Login::Account(account),
            origin: Origin::Text,
            secret: SecretField::NONE,
            url: None,
        });
    }
}

/// The accounts in the path and the query of a URL, but for its `owner`.
fn accounts_in(url: &Url<'_>, owner: Option<&Account<'_>>) -> Vec<Account<'static>> {
    let tail = url.tail().as_bytes();
    if memchr::memchr(b'@', tail).is_none() {
        return Vec::new();
    }
    let accounts = addresses(tail).map(|found| found.account.into_owned());
    accounts.filter(|account| owner != Some(account)).collect()
}

/// Takes a line without URL apart.
fn login_and_secret<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    if layout.order == Order::SecretFirst
        && let Some((secret, last)) = split_last(layout, line)
        && let Some(account) = whole_address(last)
    {
        return Some(Parts { login: Login::Account(account), secret, url: None });
    }
    let split = split_first(layout, line);
    if let Some((first, rest)) = split
        && let Some(account) = whole_address(first)
    {
        return Some(Parts { login: Login::Account(account), secret: rest, url: None });
    }
    // Another separator than the member's, quotes, or broken bytes before the address.
    if let Some((found, _, rest)) = leading_address(line) {
        return Some(Parts { login: Login::Account(found.account), secret: rest, url: None });
    }
    // A separator before the brackets makes them a part of the secret; behind a comma stands another recipient.
    if let Some(Named { name, account, separator, secret }) = named_address(line)
        && split_first(layout, name).is_none_or(|_| layout.separator == Separator::Blanks)
        && (separator != b"," || layout.separator == Separator::Byte(b','))
        && addresses(secret).next().is_none()
    {
        return Some(Parts { login: Login::Account(account), secret, url: None });
    }
    let (first, rest) = split.or_else(|| split_at_other(layout, line))?;
    if memchr::memchr(b'@', rest).is_some() || !rest.is_ascii() {
        // `secret:address` among `address:secret`, or columns before the address.
        if let Some(parts) = later_address(layout, line) {
            return Some(parts);
        }
    }
    let is_prose = split.is_none() || addresses(line).next().is_some() && first.contains(&b' ');
    let login = login_of(first);
    let nothing = matches!(login, Login::None) && rest.trim_ascii().is_empty();
    (!is_prose && !nothing).then_some(Parts { login, secret: rest, url: None })
}

/// The first field and the rest, at the member's separator.
pub(crate) fn split_first<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    match layout.separator {
        Separator::Byte(separator) => {
            let at = memchr::memchr(separator, line)?;
            let (first, rest) = (line.get(..at)?, line.get(at + 1..)?);
            Some((first, unpadded(layout, rest)))
        }
        Separator::Blanks => {
            let line = line.trim_ascii_start();
            let at = line.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
            let (first, rest) = line.split_at_checked(at)?;
            Some((first, rest.trim_ascii_start()))
        }
        Separator::Dashes => dashes::split_first(layout, line),
    }
}

/// Everything before the last field, and that field.
fn split_last<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    match layout.separator {
        Separator::Byte(separator) => {
            let at = memchr::memrchr(separator, line)?;
            let before = line.get(..at)?;
            let before = match layout.padding {
                Padding::Blank => before.strip_suffix(b" ").unwrap_or(before),
                Padding::None => before,
            };
            Some((before, line.get(at + 1..)?))
        }
        Separator::Blanks => {
            let line = line.trim_ascii_end();
            let at = line.iter().rposition(|byte| matches!(byte, b' ' | b'\t'))?;
            let (before, last) = line.split_at_checked(at)?;
            Some((before.trim_ascii_end(), last.trim_ascii_start()))
        }
        // Told by what stands in the line: see `later_address`.
        Separator::Dashes => None,
    }
}

fn unpadded<'a>(layout: &ListLayout, rest: &'a [u8]) -> &'a [u8] {
    match layout.padding {
        Padding::Blank => rest.strip_prefix(b" ").unwrap_or(rest),
        Padding::None => rest,
    }
}

/// The first field and the rest at a separator that is not the member's.
fn split_at_other<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let others = SEPARATORS.iter().filter(|separator| layout.separator != Separator::Byte(**separator));
    let at = others.filter_map(|separator| memchr::memchr(*separator, line)).min()?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// An address at the start of a line (behind quotes, blanks or broken bytes at most), the separator behind it,
/// and the rest.
fn leading_address(line: &[u8]) -> Option<(FoundAddress<'_>, &[u8], &[u8])> {
    let found = addresses(line).next()?;
    let before = line.get(..found.start)?;
    if !before.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'') || *byte >= 0x80) {
        return None;
    }
    let quote = before.last().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let after = line.get(found.end..)?;
    let after = match quote {
        Some(quote) => after.strip_prefix(&[quote])?,
        None => after,
    };
    if let Some((separator, rest)) = dashes::strip(after) {
        return Some((found, separator, quote.map_or(rest, |quote| unquoted(rest, quote))));
    }
    let (separator, rest) = after.split_at_checked(1)?;
    let [byte] = separator else { return None };
    let rest = match byte {
        b' ' => {
            // `address : secret`, `address  secret`
            let rest = rest.trim_ascii_start();
            match rest.split_first() {
                Some((b':' | b';' | b'|', behind)) => behind.strip_prefix(b" ").unwrap_or(behind),
                _ => rest,
            }
        }
        other if SEPARATORS.contains(other) => rest,
        _ => return None,
    };
    // A blank separates only two words: more of them are prose.
    if *byte == b' ' && rest.trim_ascii().contains(&b' ') {
        return None;
    }
    let rest = match quote {
        Some(quote) => unquoted(rest, quote),
        None => rest,
    };
    Some((found, separator, rest))
}

/// A line that is `Taro <taro@a.example>:secret`.
struct Named<'a> {
    name: &'a [u8],
    account: Account<'a>,
    separator: &'a [u8],
    secret: &'a [u8],
}

fn named_address(line: &[u8]) -> Option<Named<'_>> {
    let open = memchr::memchr(b'<', line)?;
    let close = open + memchr::memchr(b'>', line.get(open..)?)?;
    let name = line.get(..open)?;
    let account = whole_address(line.get(open + 1..close)?)?;
    let behind = line.get(close + 1..)?;
    let padded =
        behind.strip_prefix(b" ").filter(|rest| rest.first().is_some_and(|byte| SEPARATORS.contains(byte)));
    let (separator, rest) = dashes::strip(behind).or_else(|| padded.unwrap_or(behind).split_at_checked(1))?;
    let separates = separator.len() > 1 || separator.iter().all(|byte| SEPARATORS.contains(byte));
    // `<taro@a.example> | secret`
    let secret = if padded.is_some() { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest };
    (separates && next_at(name, 0).is_none()).then_some(Named { name, account, separator, secret })
}

/// One in a text, where a colon before the address makes it a header, and no name.
fn named_in_text(line: &[u8]) -> Option<(Account<'_>, &[u8], &[u8])> {
    let Named { name, account, separator, secret } = named_address(line)?;
    (!name.contains(&b':')).then_some((account, separator, secret))
}

/// The address that a field is, bare or behind a name: `Taro <taro@a.example>`.
fn login_address(field: &[u8]) -> Option<Account<'_>> {
    whole_address(field).or_else(|| {
        let inside = field.trim_ascii().strip_suffix(b">")?;
        let open = memchr::memchr(b'<', inside)?;
        whole_address(inside.get(open + 1..)?)
    })
}

fn unquoted(field: &[u8], quote: u8) -> &[u8] {
    field.strip_prefix(&[quote]).and_then(|field| field.strip_suffix(&[quote])).unwrap_or(field)
}

/// An address that is a whole field of the line, but not the first: the secret is what stands behind it, or,
/// where it is the last field, what stands before it.
fn later_address<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    // Where the next separator begins, and where it ends.
    let dashes = dashes::separator(line);
    let next = |from: usize| {
        let byte = |byte: u8| {
            let at = from + memchr::memchr(byte, line.get(from..)?)?;
            Some((at, at + 1))
        };
        match layout.separator {
            Separator::Byte(separator) => byte(separator),
            Separator::Blanks => byte(b' '),
            Separator::Dashes => dashes::find(line, dashes, from).map(|at| (at, at + dashes.len())),
        }
    };
    let (mut before, mut start) = next(0)?;
    loop {
        let separator = next(start);
        let end = separator.map_or(line.len(), |(end, _)| end);
        if let Some(account) = whole_address(line.get(start..end)?) {
            let behind = separator.and_then(|(_, behind)| line.get(behind..)).unwrap_or_default();
            let secret = if behind.is_empty() { line.get(..before)? } else { unpadded(layout, behind) };
            return Some(Parts { login: Login::Account(account), secret, url: None });
        }
        (before, start) = separator?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Collected;

    const COLON: ListLayout =
        ListLayout { separator: Separator::Byte(b':'), order: Order::LoginFirst, padding: Padding::None };

    fn check(layout: ListLayout, text: &str, expected: &[&str]) {
        let mut out = Collected::default();
        line(&layout, 1, text.as_bytes(), &mut out);
        assert_eq!(out.lines(), expected, "{text}");
    }

    #[test]
    fn login_first() {
        for (text, expected) in [
            ("taro@a.example:a:b;c,\"d|e", "1 taro@a.example a:b;c,\"d|e -"),
            ("taro@a.example:p@w.example", "1 taro@a.example p@w.example -"),
            ("taro@a.example: p ", "1 taro@a.example  p  -"),
            ("taro@a.example:", "1 taro@a.example - -"),
            ("taro@a.example", "1 taro@a.example - -"),
            ("taro@a.example:pw\r", "1 taro@a.example pw -"),
            ("taro@a.example;pw:x", "1 taro@a.example pw:x -"),
            ("taro@a.example pw", "1 taro@a.example pw -"),
            ("taro@a.example | pw", "1 taro@a.example pw -"),
            ("\"taro@a.example\":\"pw\"", "1 taro@a.example pw -"),
            ("o'brien|x@a.example:pw", "1 o'brien|x@a.example pw -"),
            ("pw:taro@a.example", "1 taro@a.example pw -"),
            ("1:taro:taro@a.example:pw:x", "1 taro@a.example pw:x -"),
            ("a@x.example:b@y.example", "1 a@x.example b@y.example -"),
            ("yamada:pw", "1 ~yamada pw -"),
            (":pw", "1 ~ pw -"),
            ("yamada:", "1 ~yamada - -"),
            ("ｔａｒｏ＠ａ.example:pw", "1 taro@a.example pw -"),
            ("yamada:p@ss", "1 ~yamada p@ss -"),
            ("Taro Suigen <taro@a.example>:p:w", "1 taro@a.example p:w -"),
            ("<taro@a.example>:pw", "1 taro@a.example pw -"),
            ("\"Suigen; Taro\" <o'hara@a.example>;pw", "1 o'hara@a.example pw -"),
            ("Taro <taro@a.example> | pw", "1 taro@a.example pw -"),
            ("yamada:p<x@a.example>:z", "1 ~yamada p<x@a.example>:z -"),
            ("Taro <taro@a.example>----pw", "1 taro@a.example pw -"),
            ("Taro <taro@a.example>:", "1 taro@a.example - -"),
        ] {
            check(COLON, text, &[expected]);
        }
        for text in ["", "   ", "no separator here", ":"] {
            check(COLON, text, &[]);
        }
        check(
            COLON,
            "for more: write to x@a.example or y@a.example",
            &["1 x@a.example - -", "1 y@a.example - -"],
        );
    }

    #[test]
    fn other_layouts() {
        let secret_first = ListLayout { order: Order::SecretFirst, ..COLON };
        check(secret_first, "p:w:taro@a.example", &["1 taro@a.example p:w -"]);
        check(secret_first, "p@w.example:taro@a.example", &["1 taro@a.example p@w.example -"]);
        check(secret_first, "taro@a.example:pw", &["1 taro@a.example pw -"]);
        let blanks = ListLayout { separator: Separator::Blanks, ..COLON };
        check(blanks, "taro@a.example   p w ", &["1 taro@a.example p w  -"]);
        check(blanks, "taro@a.example\tpw", &["1 taro@a.example pw -"]);
        let padded = ListLayout { separator: Separator::Byte(b'|'), padding: Padding::Blank, ..COLON };
        check(padded, "taro@a.example |  pw", &["1 taro@a.example  pw -"]);
    }

    #[test]
    fn doubled_separators_lose_no_account() {
        let bar = ListLayout { separator: Separator::Byte(b'|'), ..COLON };
        check(bar, "taro@a.example||pw", &["1 taro@a.example |pw -"]);
        check(COLON, "taro@a.example::pw", &["1 taro@a.example :pw -"]);
    }

    #[test]
    fn broken_bytes_before_the_address() {
        let mut out = Collected::default();
        line(&COLON, 3, b"\xff\xfetaro@a.example:pw\xff", &mut out);
        assert_eq!(out.lines(), ["3 taro@a.example pw\u{fffd} -"]);
    }

    #[test]
    fn running_text_has_no_secrets() {
        for (text, expected) in [
            ("Mail taro@a.example: he knows", vec!["1 taro@a.example - -"]),
            ("taro@a.example: he knows", vec!["1 taro@a.example - -"]),
            ("a@x.example;b@x.example", vec!["1 a@x.example - -", "1 b@x.example - -"]),
            ("a@x.example a@x.example", vec!["1 a@x.example - -"]),
            ("taro@a.example:pw1", vec!["1 taro@a.example pw1 -"]),
            ("Taro Suigen <taro@a.example>:pw1", vec!["1 taro@a.example pw1 -"]),
            ("To: Taro <taro@a.example>;pw1", vec!["1 taro@a.example - -"]),
            ("Taro <taro@a.example>: he knows", vec!["1 taro@a.example - -"]),
            ("Taro <a@x.example>;Hanako <b@x.example>", vec!["1 a@x.example - -", "1 b@x.example - -"]),
        ] {
            let mut out = Collected::default();
            text_line(1, text.as_bytes(), &mut out);
            assert_eq!(out.lines(), expected, "{text}");
        }
    }
}
