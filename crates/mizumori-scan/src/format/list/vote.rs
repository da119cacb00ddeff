//! Which layout the lines of a sample have: each line votes for the layouts that it fits.

use super::{ListLayout, Order, Padding, SEPARATORS, Separator, login_address};
use crate::format::row::whole_address;
use crate::url::{after_scheme, bare_host};

/// The layouts that a line can vote for.
const LAYOUTS: [(Separator, Order); 22] = {
    let mut layouts = [(Separator::Blanks, Order::LoginFirst); 22];
    layouts[21].0 = Separator::Dashes;
    let orders = [Order::LoginFirst, Order::SecretFirst, Order::UrlFirst, Order::UrlLast];
    let mut at = 0;
    while at < 20 {
        layouts[at] = (Separator::Byte(SEPARATORS[at / 4]), orders[at % 4]);
        at += 1;
    }
    layouts
};

/// How a sample's lines voted.
pub(crate) struct Vote {
    /// The layout that most lines have.
    pub(crate) layout: ListLayout,
    /// How many have it.
    pub(crate) lines: usize,
}

/// Lets the `lines` of a sample vote; `None` when none has the layout of a list.
///
/// Of the layouts with most votes the first wins: a colon before other separators, a login first before other
/// orders. So a layout is given up as soon as the lines left cannot bring it past the best one so far; in most
/// samples that is after a few lines.
pub(crate) fn vote(lines: &[&[u8]]) -> Option<Vote> {
    let mut best = None;
    let mut most = 0;
    for (separator, order) in LAYOUTS {
        let Some((votes, padded)) = votes_for((separator, order), lines, most) else { continue };
        most = votes;
        let padding = if 10 * padded >= 8 * votes { Padding::Blank } else { Padding::None };
        best = Some(Vote { layout: ListLayout { separator, order, padding }, lines: votes });
    }
    best
}

/// The votes for a layout, and how many of them come from padded lines; `None` when they are not more than
/// `bar`.
fn votes_for(layout: (Separator, Order), lines: &[&[u8]], bar: usize) -> Option<(usize, usize)> {
    let (mut votes, mut padded) = (0, 0);
    for (line, left) in lines.iter().zip((0..lines.len()).rev()) {
        if let Some(padding) = fits(layout, line) {
            votes += 1;
            padded += usize::from(padding == Padding::Blank);
        }
        if votes + left <= bar {
            return None;
        }
    }
    (votes > bar).then_some((votes, padded))
}

/// Whether a line has the layout. What costs little is asked first: whether a text is a host, last.
fn fits((separator, order): (Separator, Order), line: &[u8]) -> Option<Padding> {
    if separator == Separator::Dashes {
        return super::dashes::fits(line);
    }
    let Separator::Byte(separator) = separator else {
        let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let (first, second) = (words.next()?, words.next()?);
        let two = words.next().is_none() && whole_address(first).is_some() && whole_address(second).is_none();
        return two.then_some(Padding::None);
    };
    let first_at = memchr::memchr(separator, line)?;
    let (first, rest) = (line.get(..first_at)?, line.get(first_at + 1..)?);
    match order {
        Order::LoginFirst => {
            let secret = rest.trim_ascii();
            login_address(first)?;
            // With a URL behind the secret the line votes for that layout alone.
            if fits((Separator::Byte(separator), Order::UrlLast), line).is_some() {
                return None;
            }
            // Addresses one after the other are recipients, not logins with their secrets.
            let recipients =
                secret.split(|byte| *byte == separator).all(|field| login_address(field).is_some());
            let padding = padding_of(first, rest);
            // Behind a comma or a semicolon a blank is punctuation.
            let punctuation =
                rest.starts_with(b" ") && !first.ends_with(b" ") && matches!(separator, b',' | b';' | b':');
            let sentence = (padding == Padding::Blank || punctuation) && secret.contains(&b' ');
            let is_list = !secret.is_empty() && !recipients && !sentence;
            is_list.then_some(padding)
        }
        Order::SecretFirst => {
            let last_at = memchr::memrchr(separator, line)?;
            let (before, last) = (line.get(..last_at)?, line.get(last_at + 1..)?);
            let secret = before.trim_ascii();
            let fits = whole_address(last).is_some()
                && whole_address(first).is_none()
                && !secret.is_empty()
                && (before.ends_with(b" ") || !last.starts_with(b" "))
                && secret.iter().filter(|byte| **byte == b' ').count() <= 1
                && after_scheme(line).is_none();
            fits.then(|| padding_of(before, last))
        }
        Order::UrlFirst => {
            let line = line.trim_ascii_start();
            let scheme = after_scheme(line);
            let behind_scheme = line.get(scheme.unwrap_or(0)..)?;
            memchr::memchr_iter(separator, behind_scheme).nth(1)?;
            if scheme.is_none() {
                bare_host(line.split(|byte| *byte == separator || *byte == b'/').next()?)?;
            }
            Some(Padding::None)
        }
        Order::UrlLast => {
            match memchr::memmem::find(line, b"://") {
                Some(at) => {
                    let scheme =
                        line.get(..at)?.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                    let before = line.get(..at - scheme)?.strip_suffix(&[separator])?;
                    memchr::memchr(separator, before)?;
                    after_scheme(line).is_none().then_some(())?;
                }
                None => {
                    let last_at = memchr::memrchr(separator, line).filter(|last| *last > first_at)?;
                    whole_address(first)?;
                    bare_host(line.get(last_at + 1..)?)?;
                }
            }
            Some(Padding::None)
        }
    }
}

fn padding_of(before: &[u8], after: &[u8]) -> Padding {
    if before.ends_with(b" ") && after.starts_with(b" ") { Padding::Blank } else { Padding::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(Separator, Order, usize)>) {
        let seen = vote(&text.lines().map(str::as_bytes).collect::<Vec<_>>())
            .map(|vote| (vote.layout.separator, vote.layout.order, vote.lines));
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn lines_vote() {
        use Order::{LoginFirst, SecretFirst, UrlFirst, UrlLast};
        let byte = |separator| Separator::Byte(separator);
        check("a@x.example:p\nb@x.example:q;r\nx", Some((byte(b':'), LoginFirst, 2)));
        check("a@x.example;p:x\nb@x.example;q", Some((byte(b';'), LoginFirst, 2)));
        check("p:a@x.example\nq:b@x.example", Some((byte(b':'), SecretFirst, 2)));
        check("Taro <a@x.example>:p\nb@x.example:p", Some((byte(b':'), LoginFirst, 2)));
        check("a@x.example----p\nhttps://a.example/----l----p", Some((Separator::Dashes, LoginFirst, 2)));
        check("Taro <a@x.example>, Hanako <b@x.example>", None);
        check("a@x.example\tp\nb@x.example\tp", Some((byte(b'\t'), LoginFirst, 2)));
        check("a@x.example   p\nb@x.example p", Some((Separator::Blanks, LoginFirst, 2)));
        check("https://a.example/:l:p\nhttps://b.example:l:p", Some((byte(b':'), UrlFirst, 2)));
        check("https://a.example/|l|p", Some((byte(b'|'), UrlFirst, 1)));
        check("vpn.a.example:l:p\nwww.b.example/x:l:p", Some((byte(b':'), UrlFirst, 2)));
        check("a@x.example:p:https://a.example/", Some((byte(b':'), UrlLast, 1)));
        check("a@x.example:p:vpn.a.example\nb@x.example:p:www.example.com", Some((byte(b':'), UrlLast, 2)));
        check("To: a@x.example, b@x.example\nHello", None);
        check("a@x.example: he said so and so", None);
    }

    #[test]
    fn blanks_around_separators() {
        let layout = vote(&[b"a@x.example | p", b"b@x.example | q"]).unwrap().layout;
        assert_eq!((layout.separator, layout.padding), (Separator::Byte(b'|'), Padding::Blank));
    }
}
