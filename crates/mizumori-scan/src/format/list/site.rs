//! The lines of a list that name a site: `url:login:secret` and `login:secret:url`.
//!
//! A colon is the separator and stands in URLs too: behind the scheme, before a port, in user-info. What is
//! which is told by what stands around it.

use super::{ListLayout, Order, Parts, SEPARATORS, Separator, dashes, split_first};
use crate::record::Login;
use crate::url::{Bare, Url, after_scheme, bare_host, is_bare_host, is_scheme_byte};

use crate::format::row::login_of;

/// What a line says of a site.
pub(super) enum Site<'a> {
    /// A login for it.
    Found(Parts<'a>),
    /// The site, and nothing else.
    Alone,
    /// Nothing.
    None,
}

/// Takes a line apart that names a site.
pub(super) fn parts<'a>(layout: &ListLayout, line: &'a [u8]) -> Site<'a> {
    let trimmed = line.trim_ascii_start();
    // The slash first: most lines have none, and it is found in a third of the time.
    let has_scheme =
        memchr::memchr(b'/', trimmed).is_some() && memchr::memmem::find(trimmed, b"://").is_some();
    // `login----secret----https` has the letters of a scheme.
    if has_scheme
        && let Some(start) = after_scheme(trimmed)
        && !trimmed.get(..start).is_some_and(dashes::stand_in)
    {
        return url_first(layout, trimmed, start);
    }
    if has_scheme && let Some(parts) = url_last(layout, line).or_else(|| dashes::url_last_of(layout, line)) {
        return Site::Found(parts);
    }
    match layout.order {
        Order::UrlFirst => bare_first(layout, trimmed).map_or(Site::None, Site::Found),
        Order::UrlLast => bare_last(layout, line).map_or(Site::None, Site::Found),
        Order::LoginFirst | Order::SecretFirst => Site::None,
    }
}

/// `scheme://…` at the start; `start` is where the authority begins.
fn url_first<'a>(layout: &ListLayout, line: &'a [u8], start: usize) -> Site<'a> {
    let own = match layout.separator {
        Separator::Byte(separator) => [separator].to_vec(),
        Separator::Blanks => b" \t".to_vec(),
        Separator::Dashes => match dashes::url_first(layout, line) {
            Some(parts) => return Site::Found(parts),
            None => b":".to_vec(),
        },
    };
    let others =
        SEPARATORS.iter().chain(b" ").filter(|separator| !own.contains(separator)).map(|other| vec![*other]);
    for separators in std::iter::once(own.clone()).chain(others) {
        let end = match separators.as_slice() {
            b":" => end_before_colon(line, start),
            set => line.iter().skip(start).position(|byte| set.contains(byte)).map(|at| start + at),
        };
        if let Some(end) = end
            && let Some(parts) = behind_url(layout, line, end, &separators)
        {
            return Site::Found(parts);
        }
    }
    dashes::url_first(layout, line).map_or(Site::Alone, Site::Found)
}

/// The login and the secret behind the URL that ends at `end`.
fn behind_url<'a>(layout: &ListLayout, line: &'a [u8], end: usize, separators: &[u8]) -> Option<Parts<'a>> {
    let url = Url::parse(line.get(..end)?, layout.bare())?;
    let mut rest = line.get(end + 1..)?;
    let by_blanks = matches!(separators.first(), Some(b' '));
    if by_blanks {
        rest = rest.trim_ascii_start();
    }
    if !separators.contains(&b':') && !has_path_or_port(line.get(..end)?) {
        rest = behind_port(rest, separators).unwrap_or(rest);
    }
    let cut = rest.iter().position(|byte| separators.contains(byte));
    let (login, secret) = match cut {
        Some(cut) => (rest.get(..cut)?, rest.get(cut + 1..)?),
        None => (rest, b"".as_slice()),
    };
    let secret = if by_blanks { secret.trim_ascii_start() } else { super::unpadded(layout, secret) };
    let login = login_of(login);
    let is_alone = matches!(login, Login::None) && secret.trim_ascii().is_empty() && cut.is_none();
    (!is_alone).then_some(Parts { login, secret, url: Some(url) })
}

/// Whether a URL says more than a host: then no port stands in the field behind it.
fn has_path_or_port(url: &[u8]) -> bool {
    let authority = url.get(after_scheme(url).unwrap_or(0)..).unwrap_or_default();
    authority.iter().any(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\' | b':'))
}

/// What stands behind the port of `host|port|login|secret`; with two fields less the number is a login.
fn behind_port<'a>(fields: &'a [u8], separators: &[u8]) -> Option<&'a [u8]> {
    let end = fields.iter().position(|byte| separators.contains(byte))?;
    let (port, rest) = (fields.get(..end)?, fields.get(end + 1..)?);
    let is_port = port.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(port).is_ok_and(|port| port.parse::<u16>().is_ok());
    (is_port && rest.iter().any(|byte| separators.contains(byte))).then_some(rest)
}

/// Where a URL ends whose fields are separated by colons: its authority begins at `start`.
fn end_before_colon(line: &[u8], start: usize) -> Option<usize> {
    let rest = line.get(start..)?;
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\')).unwrap_or(rest.len());
    let authority = rest.get(..slash)?;
    let mut host = 0;
    if let Some(at) = memchr::memrchr(b'@', authority) {
        let user = authority.get(..at)?;
        // `https://host:someone@a.example:secret` lacks a slash: what stands before its colon is a host.
        let head = memchr::memchr(b':', user).and_then(|colon| user.get(..colon));
        if !head.is_some_and(is_bare_host) {
            host = at + 1;
        }
    }
    match memchr::memchr(b':', authority.get(host..)?) {
        None if slash == rest.len() => None,
        None => end_of_path(line, start + slash),
        Some(colon) => behind_host(line, start + host + colon),
    }
}

/// A colon stands behind the host: a port follows, or the login.
fn behind_host(line: &[u8], colon: usize) -> Option<usize> {
    let after = line.get(colon + 1..)?;
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_port = (1..=5).contains(&digits)
        && std::str::from_utf8(after.get(..digits)?).is_ok_and(|port| port.parse::<u16>().is_ok());
    let behind = after.get(digits);
    if is_port && matches!(behind, Some(b'/' | b'?' | b'#')) {
        return end_of_path(line, colon + 1 + digits);
    }
    // `host:8443:login:secret`, but `host:12345:secret` is a login of digits.
    let two_fields = || after.get(digits + 1..).is_some_and(|fields| memchr::memchr(b':', fields).is_some());
    if is_port && behind == Some(&b':') && two_fields() {
        return Some(colon + 1 + digits);
    }
    Some(colon)
}

/// The colon at which the path that begins at `from` ends.
fn end_of_path(line: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let colon = at + memchr::memchr(b':', line.get(at..)?)?;
        let after = line.get(colon + 1..)?;
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // A URL inside the path or query: `?next=https://…`, with a port perhaps.
        let inner_url = after.starts_with(b"//") || (digits > 0 && after.get(digits) == Some(&b'/'));
        // A colon inside the path: what follows up to the next one has a slash, and two fields come after it.
        let inner_path = || {
            let next = memchr::memchr(b':', after)?;
            let (field, behind) = (after.get(..next)?, after.get(next + 1..)?);
            let has_slash = field.contains(&b'/') && !field.contains(&b'@');
            (has_slash && memchr::memchr(b':', behind).is_some()).then_some(())
        };
        if inner_url || inner_path().is_some() {
            at = colon + 1;
            continue;
        }
        return Some(colon);
    }
}

/// `login:secret:scheme://…`: the first URL behind a separator that has two fields before it.
fn url_last<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    let line = line.trim_ascii_end();
    for at in memchr::memmem::find_iter(line, b"://") {
        let head = line.get(..at)?;
        let scheme = head.iter().rev().take_while(|byte| is_scheme_byte(**byte)).count();
        let begin = at - scheme;
        let Some(separator) = begin.checked_sub(1).and_then(|before| line.get(before)) else { continue };
        if !(SEPARATORS.contains(separator) || *separator == b' ') {
            continue;
        }
        let Some(url) = line.get(begin..).and_then(|url| Url::parse(url, Bare::Refuse)) else { continue };
        let fields = line.get(..begin - 1)?;
        let own = ListLayout { separator: Separator::Byte(*separator), ..*layout };
        let own = if *separator == b' ' { ListLayout { separator: Separator::Blanks, ..own } } else { own };
        match split_first(&own, fields) {
            Some((login, secret)) => {
                return Some(Parts { login: login_of(login), secret, url: Some(url) });
            }
            None if layout.order == Order::UrlLast => {
                return Some(Parts { login: login_of(fields), secret: b"", url: Some(url) });
            }
            None => {}
        }
    }
    None
}

/// `host:login:secret`, `host:port:login:secret`, `host/path:login:secret`.
fn bare_first<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    let separators = match layout.separator {
        Separator::Byte(separator) => vec![separator],
        Separator::Blanks => b" \t".to_vec(),
        Separator::Dashes => return None,
    };
    let end = match separators.as_slice() {
        b":" => end_before_colon(line, 0)?,
        set => line.iter().position(|byte| set.contains(byte))?,
    };
    let url = line.get(..end)?;
    bare_host(url)?;
    let rest = line.get(end + 1..)?;
    // With two fields it is a login and its secret: `john.example:secret`.
    rest.iter().any(|byte| separators.contains(byte)).then_some(())?;
    behind_url(layout, line, end, &separators)
}

/// `login:secret:host`, with a port or a path perhaps.
fn bare_last<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    let Separator::Byte(separator) = layout.separator else { return None };
    let mut begin = memchr::memrchr(separator, line)? + 1;
    let last = line.get(begin..)?;
    if !last.is_empty() && last.iter().all(u8::is_ascii_digit) {
        begin = memchr::memrchr(separator, line.get(..begin - 1)?)? + 1;
    }
    let url = line.get(begin..)?;
    bare_host(url)?;
    let (login, secret) = split_first(layout, line.get(..begin - 1)?)?;
    Some(Parts { login: login_of(login), secret, url: Some(Url::parse(url, Bare::Accept)?) })
}

#[cfg(test)]
mod tests {
    use super::super::{Padding, line};
    use super::*;
    use crate::testing::Collected;

    fn check(order: Order, text: &str, expected: &[&str]) {
        let layout = ListLayout { separator: Separator::Byte(b':'), order, padding: Padding::None };
        let mut out = Collected::default();
        line(&layout, 1, text.as_bytes(), &mut out);
        assert_eq!(out.lines(), expected, "{text}");
    }

    #[test]
    fn url_first() {
        for (text, expected) in [
            ("https://a.example/path:login:p:w", "1 ~login p:w a.example"),
            ("https://a.example:login:pw", "1 ~login pw a.example"),
            ("https://a.example:8443/x:login:pw", "1 ~login pw a.example"),
            ("https://a.example:8443:login:pw", "1 ~login pw a.example"),
            ("https://a.example:12345:pw", "1 ~12345 pw a.example"),
            ("https://a.example:taro@b.example:pw", "1 taro@b.example pw a.example"),
            ("https://a.example/:taro@b.example:p@c.example", "1 taro@b.example p@c.example a.example"),
            ("https://u:p@a.example/x:login:pw", "1 ~login pw a.example"),
            ("https://u:p@a.example:login:pw", "1 ~login pw a.example"),
            (
                "android://aGFz-_aA==@com.example.app/:taro@b.example:pw",
                "1 taro@b.example pw com.example.app",
            ),
            ("https://a.example/?next=https://b.example:8443/x:login:pw", "1 ~login pw a.example"),
            ("https://a.example/x:y/z:login:pw", "1 ~login pw a.example"),
            ("https://a.example/|login|p|w", "1 ~login p|w a.example"),
            ("https://a.example/ login pw", "1 ~login pw a.example"),
            ("https://a.example|587|taro@b.example|p|w", "1 taro@b.example p|w a.example"),
            ("https://a.example|587|pw", "1 ~587 pw a.example"),
            ("https://a.example/x|587|p|w", "1 ~587 p|w a.example"),
            ("https://a.example/::pw", "1 ~ pw a.example"),
            ("https://a.example/:login:", "1 ~login - a.example"),
            ("vpn.a.example:login:pw", "1 ~login pw vpn.a.example"),
            ("vpn.a.example:8443:login:pw", "1 ~login pw vpn.a.example"),
            ("vpn.a.example/remote:login:pw", "1 ~login pw vpn.a.example"),
            ("taro@a.example:pw:x", "1 taro@a.example pw:x -"),
            ("john.example:pw", "1 ~john.example pw -"),
        ] {
            check(Order::UrlFirst, text, &[expected]);
        }
        check(Order::UrlFirst, "https://a.example/", &[]);
        check(Order::LoginFirst, "https://a.example/x:login:pw", &["1 ~login pw a.example"]);
        check(Order::LoginFirst, "vpn.a.example:login:pw", &["1 ~vpn.a.example login:pw -"]);
        check(
            Order::UrlFirst,
            "https://a.example/?m=hanako@c.example:login:pw",
            &["1 ~login pw a.example", "1 hanako@c.example - -"],
        );
        check(Order::UrlFirst, "https://a.example/?m=hanako@c.example", &["1 hanako@c.example - -"]);
    }

    #[test]
    fn url_last() {
        for (text, expected) in [
            ("taro@b.example:p:w:https://a.example/x", "1 taro@b.example p:w a.example"),
            ("login:pw:https://a.example:8443/?u=https://c.example", "1 ~login pw a.example"),
            ("taro@b.example:https://a.example/", "1 taro@b.example - a.example"),
            ("taro@b.example:pw:vpn.a.example", "1 taro@b.example pw vpn.a.example"),
            ("taro@b.example:pw:vpn.a.example:8443", "1 taro@b.example pw vpn.a.example"),
            ("taro@b.example:pw", "1 taro@b.example pw -"),
        ] {
            check(Order::UrlLast, text, &[expected]);
        }
        check(
            Order::LoginFirst,
            "taro@b.example:https://a.example/",
            &["1 taro@b.example https://a.example/ -"],
        );
        check(Order::LoginFirst, "taro@b.example:pw:https://a.example/", &["1 taro@b.example pw a.example"]);
    }
}
