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
pub(crate) fn vote<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Vote> {
    let mut votes = [0_usize; LAYOUTS.len()];
    let mut padded = [0_usize; LAYOUTS.len()];
    for line in lines {
        let seen = Seen::of(line);
        for ((layout, votes), padded) in LAYOUTS.iter().zip(&mut votes).zip(&mut padded) {
            if seen.has(layout.0)
                && let Some(padding) = fits(*layout, line)
            {
                *votes += 1;
                *padded += usize::from(padding == Padding::Blank);
            }
        }
    }
    // The first of the best: a colon before other separators, a login first before other orders.
    let (at, lines) = votes.into_iter().enumerate().rev().max_by_key(|(_, lines)| *lines)?;
    let (separator, order) = *LAYOUTS.get(at)?;
    let padding = if 10 * *padded.get(at)? >= 8 * lines { Padding::Blank } else { Padding::None };
    (lines > 0).then_some(Vote { layout: ListLayout { separator, order, padding }, lines })
}

/// Which separators a line has: most have one, and what lacks its separator need not be tried.
struct Seen {
    bytes: [bool; SEPARATORS.len()],
    blanks: bool,
    dashes: bool,
}

impl Seen {
    fn of(line: &[u8]) -> Self {
        let has = |byte| memchr::memchr(byte, line).is_some();
        Self {
            bytes: SEPARATORS.map(has),
            blanks: memchr::memchr2(b' ', b'\t', line).is_some(),
            dashes: super::dashes::stand_in(line),
        }
    }

    fn has(&self, separator: Separator) -> bool {
        match separator {
            Separator::Byte(byte) => {
                SEPARATORS.iter().zip(self.bytes).any(|(known, has)| *known == byte && has)
            }
            Separator::Blanks => self.blanks,
            Separator::Dashes => self.dashes,
        }
    }
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
        let seen = vote(text.lines().map(str::as_bytes))
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
        let layout = vote(["a@x.example | p".as_bytes(), b"b@x.example | q"].into_iter()).unwrap().layout;
        assert_eq!((layout.separator, layout.padding), (Separator::Byte(b'|'), Padding::Blank));
    }
}
