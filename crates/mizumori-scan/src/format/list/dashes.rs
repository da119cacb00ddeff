//! Lists whose separator is a run of dashes: `login----secret`, as they are usual in China, and `login---secret`.
//!
//! Sites stand in them with their scheme only. A single dash or two separate nothing.

use super::{ListLayout, Padding, Parts, Separator, unpadded};
use crate::address::{FOUR_DASHES, THREE_DASHES};
use crate::format::row::{login_of, whole_address};
use crate::record::Login;
use crate::url::{Bare, Url, after_scheme};

/// The separator of a line: four dashes where they stand in it, else three. It looks through the whole line.
pub(super) fn separator(line: &[u8]) -> &'static [u8] {
    let four = memchr::memmem::find(line, FOUR_DASHES.as_bytes()).is_some();
    if four { FOUR_DASHES } else { THREE_DASHES }.as_bytes()
}

/// Where the next `separator` stands at or after `from`.
pub(super) fn find(line: &[u8], separator: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let at = from + memchr::memmem::find(line.get(from..)?, separator)?;
        if !is_in_label(line.get(..at)?) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Whether the dashes behind `before` belong to a label of an international domain: `xn----7sbab`.
fn is_in_label(before: &[u8]) -> bool {
    let Some((head, [b'x' | b'X', b'n' | b'N'])) = before.split_last_chunk::<2>() else { return false };
    matches!(head.last(), Some(b'.' | b'@' | b'/'))
}

/// The first field and the rest.
pub(super) fn split_first<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (first, rest) = split(line, 0)?;
    Some((first, unpadded(layout, rest)))
}

/// What stands before the first separator from `from` on, and behind it.
fn split(line: &[u8], from: usize) -> Option<(&[u8], &[u8])> {
    let separator = separator(line);
    let at = find(line, separator, from)?;
    Some((line.get(..at)?, line.get(at + separator.len()..)?))
}

/// What stands behind the separator at the start of `text`, and that separator. A line drawn with dashes is none.
pub(super) fn strip(text: &[u8]) -> Option<(&'static [u8], &[u8])> {
    let separators: [&'static [u8]; 2] = [FOUR_DASHES, THREE_DASHES].map(str::as_bytes);
    let (separator, rest) =
        separators.into_iter().find_map(|separator| Some((separator, text.strip_prefix(separator)?)))?;
    rest.iter().any(|byte| !matches!(byte, b'-' | b' ' | b'\t')).then_some((separator, rest))
}

/// How a line is padded that votes for dashes: a site with its login, or an address with its secret, wherever they
/// stand.
pub(super) fn fits(line: &[u8]) -> Option<Padding> {
    // Nearly all lines of a sample are done with here.
    stand_in(line).then_some(())?;
    let (first, rest) = split(line, 0)?;
    let is_login = fields(line).any(|field| whole_address(field).is_some());
    let is_site = || after_scheme(line.trim_ascii_start()).is_some() || url_last(line).is_some();
    let is_padded = first.ends_with(b" ") && rest.starts_with(b" ");
    // Dashes with blanks around them are punctuation between words.
    let is_sentence = is_padded && rest.trim_ascii().contains(&b' ');
    let is_list = !rest.trim_ascii().is_empty() && !is_sentence && (is_login || is_site());
    is_list.then_some(if is_padded { Padding::Blank } else { Padding::None })
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let separator = separator(line);
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let next = find(line, separator, start);
        from = next.map(|at| at + separator.len());
        line.get(start..next.unwrap_or(line.len()))
    })
}

/// `scheme://…----login----secret`.
pub(super) fn url_first<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    let (url, rest) = split(line, after_scheme(line)?)?;
    let url = Url::parse(url, Bare::Refuse)?;
    let rest = unpadded(layout, rest);
    let (login, secret) = split_first(layout, rest).unwrap_or((rest, b""));
    Some(Parts { login: login_of(login), secret, url: Some(url) })
}

/// Whether dashes that separate stand in `text`.
pub(super) fn stand_in(text: &[u8]) -> bool {
    memchr::memmem::find(text, THREE_DASHES.as_bytes()).is_some()
}

/// `login----secret----scheme://…`. With three dashes in a member of another separator the login is an address.
pub(super) fn url_last_of<'a>(layout: &ListLayout, line: &'a [u8]) -> Option<Parts<'a>> {
    let parts = url_last(line)?;
    let is_own = layout.separator == Separator::Dashes
        || matches!(parts.login, Login::Account(_))
        || separator(line).len() == 4;
    is_own.then_some(parts)
}

fn url_last(line: &[u8]) -> Option<Parts<'_>> {
    let scheme = memchr::memmem::find(line, b"://")?;
    let separator = separator(line);
    let end = memchr::memmem::rfind(line.get(..scheme)?, separator)?;
    let url = Url::parse(line.get(end + separator.len()..)?, Bare::Refuse)?;
    let (login, secret) = split(line.get(..end)?, 0)?;
    Some(Parts { login: login_of(login), secret, url: Some(url) })
}

#[cfg(test)]
mod tests {
    use super::super::{Order, line, text_line};
    use super::*;
    use crate::testing::Collected;

    fn read(separator: Separator, text: &str) -> Vec<String> {
        let layout = ListLayout { separator, order: Order::LoginFirst, padding: Padding::None };
        let mut out = Collected::default();
        line(&layout, 1, text.as_bytes(), &mut out);
        out.lines().to_vec()
    }

    #[test]
    fn dashes_separate_fields() {
        for (text, expected) in [
            ("taro@a.example----pw", "1 taro@a.example pw -"),
            ("taro@a.example----p-w--x---y", "1 taro@a.example p-w--x---y -"),
            ("taro@a.example-----pw", "1 taro@a.example -pw -"),
            ("taro@a.example----p:w;x", "1 taro@a.example p:w;x -"),
            ("taro@a.example----p@b.example", "1 taro@a.example p@b.example -"),
            ("taro@a.example---pw", "1 taro@a.example pw -"),
            ("taro@a.example----", "1 taro@a.example - -"),
            ("taro@a.example:pw", "1 taro@a.example pw -"),
            ("taro@xn----7sbab.example----pw", "1 taro@xn----7sbab.example pw -"),
            ("taro@水源.example----pw", "1 taro@xn--1rw63c.example pw -"),
            ("o'hara@a.example----pw", "1 o'hara@a.example pw -"),
            ("pw----taro@a.example", "1 taro@a.example pw -"),
            ("yamada----pw----taro@a.example----pw2", "1 taro@a.example pw2 -"),
            ("yamada----pw", "1 ~yamada pw -"),
            ("yamadaxn----pw", "1 ~yamadaxn pw -"),
            ("https://vpn.a.example/x----yamada----p----w", "1 ~yamada p----w vpn.a.example"),
            ("https://vpn.a.example----taro@a.example----pw", "1 taro@a.example pw vpn.a.example"),
            ("https://vpn.a.example/x---y----yamada----pw", "1 ~yamada pw vpn.a.example"),
            ("taro@a.example----pw----https://vpn.a.example/", "1 taro@a.example pw vpn.a.example"),
            ("yamada----pw----https://vpn.a.example/", "1 ~yamada pw vpn.a.example"),
        ] {
            assert_eq!(read(Separator::Dashes, text), [expected], "{text}");
        }
    }

    #[test]
    fn dashes_among_other_lines() {
        for (text, expected) in [
            ("taro@a.example----pw:x", "1 taro@a.example pw:x -"),
            ("taro@a.example---pw", "1 taro@a.example pw -"),
            ("https://vpn.a.example/----yamada----pw", "1 ~yamada pw vpn.a.example"),
            ("taro@a.example----pw----https://vpn.a.example/", "1 taro@a.example pw vpn.a.example"),
            ("yamada----pw----https://vpn.a.example/", "1 ~yamada pw vpn.a.example"),
            ("taro@a.example:p---w:https://vpn.a.example/", "1 taro@a.example p---w vpn.a.example"),
            ("a---b----c@a.example:pw", "1 a---b----c@a.example pw -"),
            ("taro@a---b.example:pw", "1 taro@a---b.example pw -"),
            ("yamada:p----w", "1 ~yamada p----w -"),
        ] {
            assert_eq!(read(Separator::Byte(b':'), text), [expected], "{text}");
        }
    }

    #[test]
    fn dashes_in_running_text() {
        for (text, expected) in [
            ("taro@a.example----pw1", "1 taro@a.example pw1 -"),
            ("taro@a.example---he knows", "1 taro@a.example - -"),
            ("taro@a.example---------", "1 taro@a.example - -"),
            ("ask yamada----taro@a.example", "1 taro@a.example - -"),
        ] {
            let mut out = Collected::default();
            text_line(1, text.as_bytes(), &mut out);
            assert_eq!(out.lines(), [expected], "{text}");
        }
    }

    #[test]
    fn lines_that_vote_for_dashes() {
        for (text, fits_it) in [
            ("taro@a.example----pw", true),
            ("yamada----pw----taro@a.example----pw2", true),
            ("https://a.example/----l----p", true),
            ("l----p----https://a.example/", true),
            ("taro@a.example --- pw", true),
            ("taro@a.example --- he knows it", false),
            ("taro@a.example----", false),
            ("----", false),
            ("l----p", false),
            ("taro@xn----7sbab.example:pw", false),
        ] {
            assert_eq!(fits(text.as_bytes()).is_some(), fits_it, "{text}");
        }
    }
}
