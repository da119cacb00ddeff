//! Addresses in running text, and the reading of the domain on the right of an at-sign.
//!
//! The local part is `[A-Za-z0-9._+-]` and its full-width forms; the domain may be written in any script. What
//! an at-sign means inside a URL is decided here too: its user-info is no account.

use mizumori_core::domain::{MAX_HOST, canonical_host, is_known};
use mizumori_core::{Account, LocalPart, MAX_LOCAL};

use crate::url::{after_scheme, is_bare_host, is_scheme_byte};

/// The full-width at-sign and the small one, in UTF-8: NFKC makes both an at-sign.
pub(crate) const WIDE_ATS: [&[u8; 3]; 2] =
    ["＠".as_bytes().first_chunk().unwrap(), "﹫".as_bytes().first_chunk().unwrap()];

/// Separate the fields of some lists; no local part in free text has so many dashes.
pub(crate) const FOUR_DASHES: &str = "----";
/// The fewest dashes that separate.
pub(crate) const THREE_DASHES: &str = "---";

/// Longest run of bytes that is looked at for a domain: 253 characters of up to three bytes.
const MAX_DOMAIN_BYTES: usize = 3 * 253;

/// An address found in running text.
#[derive(Debug)]
pub(crate) struct FoundAddress<'a> {
    /// The first byte of its local part.
    pub(crate) start: usize,
    /// One behind the last byte of its domain.
    pub(crate) end: usize,
    /// The address.
    pub(crate) account: Account<'a>,
}

/// The addresses in `line`, from left to right.
pub(crate) fn addresses(line: &[u8]) -> impl Iterator<Item = FoundAddress<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let (at, width) = next_at(line, from)?;
            from = at + width;
            if let Some(found) = address_at(line, at, width) {
                from = from.max(found.end);
                return Some(found);
            }
        }
    })
}

/// The next at-sign of any width at or after `from`: where it stands, and its bytes.
pub(crate) fn next_at(line: &[u8], from: usize) -> Option<(usize, usize)> {
    let rest = line.get(from..)?;
    let narrow = memchr::memchr(b'@', rest);
    let before = narrow.and_then(|at| rest.get(..at)).unwrap_or(rest);
    let wide = if before.is_ascii() {
        None
    } else {
        WIDE_ATS.iter().filter_map(|wide| memchr::memmem::find(before, *wide)).min()
    };
    wide.map(|at| (from + at, 3)).or_else(|| narrow.map(|at| (from + at, 1)))
}

fn address_at(line: &[u8], at: usize, width: usize) -> Option<FoundAddress<'_>> {
    let (before, rest) = line.split_at_checked(at)?;
    let after = rest.get(width..)?;
    let local_length = local_part_before(before);
    let local = before.get(before.len() - local_length..)?;
    let outside = before.get(..before.len() - local_length)?;
    if local.is_empty() || outside.last() == Some(&b'@') || is_user_info(before) {
        return None;
    }
    let (domain_length, host) = domain_before_dashes(after).or_else(|| domain_after(after))?;
    let start = before.len() - local_length;
    let end = at + width + domain_length;
    // A second at-sign right behind makes this no address but a part of something else.
    if after.get(domain_length) == Some(&b'@') {
        return None;
    }
    let account = if local.is_ascii() && host.is_borrowed_ascii() {
        let domain = std::str::from_utf8(after.get(..domain_length)?).ok()?;
        Account::from_parts(std::str::from_utf8(local).ok()?, domain, LocalPart::FreeText)?
    } else {
        let text = [std::str::from_utf8(local).ok()?, "@", host.as_str()].concat();
        // Parsed once to check it, once more from the copy that the account then owns.
        Account::parse(&text, LocalPart::FreeText)?.into_owned()
    };
    Some(FoundAddress { start, end, account })
}

/// Bytes of the local part that ends where `before` ends. A run longer than a local part can be is none.
fn local_part_before(before: &[u8]) -> usize {
    let ascii =
        before.iter().rev().take(MAX_LOCAL + 1).take_while(|byte| LocalPart::FreeText.allows(**byte)).count();
    let next = before.len().checked_sub(ascii + 1).and_then(|at| before.get(at));
    if next.is_some_and(|byte| *byte >= 0x80) {
        return wide_local_part_before(before);
    }
    let run = before.get(before.len() - ascii..).unwrap_or_default();
    match memchr::memmem::rfind(run, FOUR_DASHES.as_bytes()) {
        Some(at) => ascii - at - FOUR_DASHES.len(),
        None if ascii > MAX_LOCAL => 0,
        None => ascii,
    }
}

/// The same where full-width forms may stand among the ASCII ones.
fn wide_local_part_before(before: &[u8]) -> usize {
    let window = before.get(before.len().saturating_sub(3 * (MAX_LOCAL + 1))..).unwrap_or_default();
    let (mut bytes, mut characters) = (0, 0);
    let mut rest = window;
    while let Some((character, length)) = last_character(rest) {
        if !narrow(character).is_some_and(|byte| LocalPart::FreeText.allows(byte)) {
            break;
        }
        bytes += length;
        characters += 1;
        rest = rest.get(..rest.len() - length).unwrap_or_default();
    }
    if characters > MAX_LOCAL { 0 } else { bytes }
}

/// The last character of `text` and its bytes; `None` at the start and at broken bytes.
fn last_character(text: &[u8]) -> Option<(char, usize)> {
    (1..=text.len().min(4)).find_map(|length| {
        let tail = text.get(text.len() - length..)?;
        let character = std::str::from_utf8(tail).ok()?.chars().next()?;
        Some((character, length))
    })
}

/// The ASCII byte that a character is, or is the full-width form of.
const fn narrow(character: char) -> Option<u8> {
    match character {
        '\u{0}'..='\u{7f}' => Some(character as u8),
        '\u{ff01}'..='\u{ff5e}' => Some((character as u32 - 0xfee0) as u8),
        _ => None,
    }
}

/// A canonical host, and whether the text was ASCII to begin with.
pub(crate) struct Host {
    text: Option<String>,
}

impl Host {
    const fn is_borrowed_ascii(&self) -> bool {
        self.text.is_none()
    }

    fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

/// The domain of a known top-level domain at the start of `after`: its bytes there, and the host unless it is
/// these very bytes.
fn domain_after(after: &[u8]) -> Option<(usize, Host)> {
    let ascii = ascii_domain_length(after);
    if after.get(ascii).is_none_or(|byte| *byte < 0x80) {
        let length = without_trailing_marks(after.get(..ascii)?);
        let host = std::str::from_utf8(after.get(..length)?).ok()?;
        // The check of the top-level domain is the account's.
        return (!host.is_empty()).then_some((length, Host { text: None }));
    }
    wide_domain_after(after)
}

/// The domain at the start of `after` that three dashes or more end, as they separate the fields of some lists. It
/// has to be of a known top-level domain: dashes may stand in a label.
fn domain_before_dashes(after: &[u8]) -> Option<(usize, Host)> {
    let run = after.get(..ascii_domain_length(after))?;
    memchr::memchr(b'-', run)?;
    let run = run.get(..MAX_HOST).unwrap_or(run);
    let before = |at: usize| std::str::from_utf8(run.get(..at)?).ok();
    let is_domain = |at: &usize| before(*at).and_then(canonical_host).is_some_and(|host| is_known(&host));
    let length = memchr::memmem::find_iter(run, THREE_DASHES).find(is_domain)?;
    Some((length, Host { text: None }))
}

/// Length of the run of letters, digits, dots and hyphens at the start of `text`.
pub(crate) fn ascii_domain_length(text: &[u8]) -> usize {
    text.iter().take(MAX_DOMAIN_BYTES).take_while(|byte| is_domain_byte(**byte)).count()
}

pub(crate) const fn is_domain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// Dots and hyphens at the end belong to the sentence.
pub(crate) fn without_trailing_marks(domain: &[u8]) -> usize {
    domain.len() - domain.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count()
}

/// The same where letters of any script may stand in the domain, or directly behind it: the longest part with a
/// known top-level domain, cut first where ASCII ends, then at a dot.
fn wide_domain_after(after: &[u8]) -> Option<(usize, Host)> {
    let window = after.get(..after.len().min(MAX_DOMAIN_BYTES))?;
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(window.get(..error.valid_up_to())?).ok()?,
    };
    let run = text.find(|character: char| !is_domain_character(character)).unwrap_or(text.len());
    let mut run = text.get(..run)?;
    // What dashes separate from it; a label of A-labels' own dashes begins otherwise.
    if !run.contains("xn--") {
        run = run.split(THREE_DASHES).next()?;
    }
    loop {
        run = run.trim_end_matches(|character| is_dot(character) || matches!(narrow(character), Some(b'-')));
        if run.is_empty() {
            return None;
        }
        if let Some(host) = canonical_host(run).filter(|host| is_known(host)) {
            let text = Some(host.into_owned());
            return Some((run.len(), Host { text }));
        }
        let label = run
            .rfind(is_dot)
            .map_or(0, |at| at + run.get(at..).and_then(|dot| dot.chars().next()).map_or(1, char::len_utf8));
        let last = run.get(label..)?;
        let ascii = last.find(|character: char| narrow(character).is_none()).unwrap_or(last.len());
        run = match ascii {
            // The last label is ASCII, and unknown: what stands before it is not this address's domain.
            whole if whole == last.len() => return None,
            0 => run.get(..label)?,
            part => run.get(..label + part)?,
        };
    }
}

fn is_domain_character(character: char) -> bool {
    character.is_alphanumeric() || is_dot(character) || matches!(narrow(character), Some(b'-'))
}

/// The dots of UTS #46.
const fn is_dot(character: char) -> bool {
    matches!(character, '.' | '。' | '．' | '｡')
}

/// Whether the at-sign behind `before` ends the user-info of a URL. `https://host:someone@a.jp` is
/// the line of a list that lacks a slash: what stands before the colon is a host of its own.
fn is_user_info(before: &[u8]) -> bool {
    let token = before.len() - before.iter().rev().take_while(|byte| !is_blank_or_slash(**byte)).count();
    // The authority begins right behind `//`.
    let Some(head) = before.get(..token) else { return false };
    let Some(scheme_end) = head.len().checked_sub(3).filter(|end| head.get(*end..) == Some(b"://")) else {
        return false;
    };
    let scheme = head.get(..scheme_end).unwrap_or_default();
    let scheme_length = scheme.iter().rev().take_while(|byte| is_scheme_byte(**byte)).count();
    let scheme = head.get(scheme_end - scheme_length..).unwrap_or_default();
    if after_scheme(scheme).is_none() {
        return false;
    }
    let user = before.get(token..).unwrap_or_default();
    match memchr::memchr2(b':', b'|', user) {
        Some(at) => !is_bare_host(user.get(..at).unwrap_or_default()),
        None => true,
    }
}

const fn is_blank_or_slash(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'/' | b'?' | b'#' | b'"' | b'<' | b'>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let seen: Vec<_> = addresses(line.as_bytes())
            .map(|found| {
                let mut out = String::new();
                found.account.expose_into(&mut out);
                out
            })
            .collect();
        assert_eq!(seen, expected, "{line}");
    }

    #[test]
    fn in_running_text() {
        check(
            "mail taro@mof.go.jp. Or <Hanako@A.example>, or x@b.example;",
            &["taro@mof.go.jp", "hanako@a.example", "x@b.example"],
        );
        check("連絡先はtaro@mof.go.jpまで", &["taro@mof.go.jp"]);
        check("taro@mof.go.jp。よろしく", &["taro@mof.go.jp"]);
        check("ｔａｒｏ＠ｍｏｆ．ｇｏ．ｊｐ、", &["taro@mof.go.jp"]);
        check("taro＠水源省.exampleです", &["taro@xn--1rw63ci5l.example"]);
        check("taro@mof.go.jp-", &["taro@mof.go.jp"]);
        check("\"taro@mof.go.jp\":\"x\"", &["taro@mof.go.jp"]);
        check("a..b@docomo.ne.jp", &["a..b@docomo.ne.jp"]);
    }

    #[test]
    fn what_is_none() {
        for line in [
            "p@ss",
            "@",
            "@mof.go.jp",
            "taro@",
            "taro@mof.go.jp.zzzz",
            "taro@mof",
            "a@b@mof.go.jp",
            "taro@mof.go.jp@x",
            "https://user:pw@mof.go.jp/x",
            "https://user@mof.go.jp",
            "太郎@mof.go.jp",
        ] {
            check(line, &[]);
        }
        check(&format!("{}@mof.go.jp", "x".repeat(65)), &[]);
        check(&format!("{}＠mof.go.jp", "ｘ".repeat(65)), &[]);
    }

    #[test]
    fn urls() {
        check("https://a.example/p?mail=taro@mof.go.jp&x", &["taro@mof.go.jp"]);
        check("https://vpn.mof.go.jp:taro@mof.go.jp:pw", &["taro@mof.go.jp"]);
        check("see https://a.example, taro@mof.go.jp", &["taro@mof.go.jp"]);
    }

    #[test]
    fn dashes_around_an_address() {
        check("yamada----taro@mof.go.jp----pw", &["taro@mof.go.jp"]);
        check("taro@mof.go.jp---he knows", &["taro@mof.go.jp"]);
        check(
            "taro@a---b.example, taro@xn----7sbab.example",
            &["taro@a---b.example", "taro@xn----7sbab.example"],
        );
        check("taro@xn----7sbab.example----pw", &["taro@xn----7sbab.example"]);
        check("a---b@a.example", &["a---b@a.example"]);
        check("taro@水源省.example----pw", &["taro@xn--1rw63ci5l.example"]);
        check(&format!("{}----taro@a.example----{}", "x".repeat(90), "y".repeat(300)), &["taro@a.example"]);
        check("pw----@a.example", &[]);
    }

    #[test]
    fn broken_bytes_stay_outside() {
        let line = [b"\xff\xfetaro@mof.go.jp\xe3\x81".as_slice(), b" x"].concat();
        let found: Vec<_> = addresses(&line).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].account.local(), found[0].account.host()), ("taro", "mof.go.jp"));
        assert_eq!((found[0].start, found[0].end), (2, 16));
    }
}
