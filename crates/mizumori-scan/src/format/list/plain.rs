//! The lines that most lists are made of: `local@host:secret`, nothing before, no URL behind. What is not of this form is no matter
//! of this module: it says nothing of it, and the other ways are gone. Where it says something, they say the same.

use mizumori_core::{Account, LocalPart};

use super::{ListLayout, Order, Padding, Separator};
use crate::record::{Login, Origin, Record};
use crate::secret::SecretField;

/// The record of a line that is an address, the list's separator, and a secret without a slash.
pub(super) fn record<'a>(layout: &ListLayout, number: u64, line: &'a [u8]) -> Option<Record<'a>> {
    let (Order::LoginFirst, Separator::Byte(separator)) = (layout.order, layout.separator) else {
        return None;
    };
    let end = memchr::memchr(separator, line)?;
    let at = memchr::memchr(b'@', line.get(..end)?)?;
    // Of a URL nothing is known here.
    if memchr::memchr(b'/', line).is_some() {
        return None;
    }
    // Checked once for both: a check of a few bytes costs as much as one of many.
    let text = std::str::from_utf8(line).ok()?;
    let (local, host) = (text.get(..at)?, text.get(at + 1..end)?);
    let account = Account::from_parts(local, host, LocalPart::Column)?;
    let secret = text.get(end + 1..)?;
    let secret = match layout.padding {
        Padding::Blank => secret.strip_prefix(' ').unwrap_or(secret),
        Padding::None => secret,
    };
    let (login, secret) = (Login::Account(account), SecretField::of_text(secret));
    Some(Record { line: number, login, origin: Origin::Field, secret, url: None })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::list::{SEPARATORS, any_line};
    use crate::record::Emit;
    use crate::testing::Collected;

    /// Pieces of which lines are made, those that plain lines have among them.
    const PIECES: &[&str] = &[
        "taro",
        "Hanako",
        "a.b",
        ".",
        "..",
        "-",
        "----",
        "_",
        "+",
        "@",
        "@a.example",
        "@mail.MOF.go.jp",
        "@a.zzzz",
        "@a-.jp",
        "@docomo.ne.jp.",
        "suigen.example",
        ":",
        ":",
        ";",
        "|",
        "\t",
        ",",
        " ",
        "pw",
        "Secret-1",
        "/",
        "://",
        "https://x.example",
        "\u{3000}",
        "水",
        "＠",
        "\"",
        "<",
        ">",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "NULL",
        "\r",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn it_says_what_the_other_ways_say(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..9),
            separator in prop::sample::select(SEPARATORS.as_slice()),
            order in prop::sample::select(&[Order::LoginFirst, Order::SecretFirst, Order::UrlFirst, Order::UrlLast]),
            padding in prop::sample::select(&[Padding::None, Padding::Blank]),
            broken in any::<bool>(),
        ) {
            let mut line = pieces.concat().into_bytes();
            if broken {
                line.push(0xe3);
            }
            let layout = ListLayout { separator: Separator::Byte(separator), order, padding };
            if let Some(record) = record(&layout, 1, &line) {
                let (mut plain, mut others) = (Collected::default(), Collected::default());
                plain.record(record);
                any_line(&layout, 1, &line, &mut others);
                prop_assert_eq!(plain.lines(), others.lines());
            }
        }
    }

    #[test]
    fn most_lines_are_plain() {
        let layout =
            ListLayout { separator: Separator::Byte(b':'), order: Order::LoginFirst, padding: Padding::None };
        for (line, is_plain) in [
            ("taro.suigen@a.example:pw", true),
            ("Taro+1@A.example:", true),
            ("a@a.example:p:w@x", true),
            ("a@a.example;pw", false),
            ("a@a.example:p/w", false),
            ("a@a.example", false),
            ("a@a.zzzz:pw", false),
            ("taro:pw", false),
            ("", false),
        ] {
            assert_eq!(record(&layout, 1, line.as_bytes()).is_some(), is_plain, "{line}");
        }
    }
}
