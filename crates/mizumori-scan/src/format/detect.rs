//! Which format a member has, from its first MiB.

use super::csv::CsvKind;
use super::json::JsonKind;
use super::list::{Order, Vote, vote};
use super::physical_line::lines;
use super::{Format, LineFormat, StatefulFormat, csv, json, ldif, sql, stealer, vcard};
use crate::address::next_at;

/// Lines of a sample that are looked at.
const LINES: usize = 2_000;
/// Lines that vote on a list's layout: a vote costs a microsecond, and in a folder of many files they add up.
const VOTERS: usize = 256;
/// Bytes of a line that are looked at.
const LINE: usize = 4 << 10;

/// The format of a member that begins with `sample`, decoded; `whole` says that nothing follows.
///
/// Formats that announce themselves come first, lists by a vote of their lines last; what is nothing else is
/// text in which addresses may occur.
pub(crate) fn detect(sample: &[u8], whole: bool) -> Format {
    if let Some(dialect) = sql::looks_like(sample, whole) {
        return Format::Stateful(StatefulFormat::Sql(dialect));
    }
    match json::looks_like(sample, whole) {
        Some(JsonKind::Document) => return Format::Stateful(StatefulFormat::Json),
        Some(JsonKind::Lines) => return Format::Lines(LineFormat::JsonLines),
        None => {}
    }
    if vcard::looks_like(sample, whole) {
        return Format::Stateful(StatefulFormat::Vcard);
    }
    if ldif::looks_like(sample, whole) {
        return Format::Stateful(StatefulFormat::Ldif);
    }
    if stealer::looks_like(sample, whole) {
        return Format::Stateful(StatefulFormat::Stealer);
    }
    let list = as_list(sample, whole);
    // A list of URLs has three columns too; its passwords hold separators where columns could not.
    let of_urls =
        list.as_ref().is_some_and(|(layout, _)| matches!(layout.order, Order::UrlFirst | Order::UrlLast));
    if !of_urls && let Some((layout, kind)) = csv::detect(sample, whole) {
        return match kind {
            CsvKind::Lines => Format::Lines(LineFormat::Csv(layout)),
            CsvKind::Quoted => Format::Stateful(StatefulFormat::QuotedCsv(layout)),
        };
    }
    match list {
        Some((layout, Share::Most)) => Format::Lines(LineFormat::List(layout)),
        _ => Format::Lines(LineFormat::Text),
    }
}

/// How many of the lines that matter have a layout.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Most,
    Few,
}

fn as_list(sample: &[u8], whole: bool) -> Option<(super::ListLayout, Share)> {
    let lines: Vec<_> = sample_lines(sample, whole).collect();
    // Lines without an address and without a URL say little of a list's layout.
    let is_telling =
        |line: &&&[u8]| next_at(line, 0).is_some() || memchr::memmem::find(line, b"://").is_some();
    let mut voters = voters(&lines);
    let mut all = voters.iter().filter(is_telling).count();
    if all == 0 {
        voters = lines;
        all = voters.iter().filter(is_telling).count();
    }
    if all == 0 {
        return logins_alone(&voters);
    }
    let Vote { layout, lines: fit } = vote(&voters)?;
    let share = if 2 * fit >= all { Share::Most } else { Share::Few };
    Some((layout, share))
}

/// The lines that vote: the first ones, and as many evenly from the others.
fn voters<'a>(lines: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let Some((first, others)) = lines.split_at_checked(VOTERS / 2).filter(|_| lines.len() > VOTERS) else {
        return lines.to_vec();
    };
    let evenly = (0..VOTERS / 2).filter_map(|voter| others.get(voter * others.len() / (VOTERS / 2)));
    first.iter().chain(evenly).copied().collect()
}

/// A list of user names and passwords, without a single address: `name:secret` in every line.
fn logins_alone(lines: &[&[u8]]) -> Option<(super::ListLayout, Share)> {
    let bytes = super::list::SEPARATORS.iter().map(|byte| super::list::Separator::Byte(*byte));
    bytes.chain([super::list::Separator::Dashes]).find_map(|separator| {
        let layout =
            super::ListLayout { separator, order: Order::LoginFirst, padding: super::list::Padding::None };
        let fits = |line: &[u8]| {
            let word = |field: &[u8]| !field.is_empty() && !field.contains(&b' ');
            super::list::split_first(&layout, line).is_some_and(|(login, secret)| word(login) && word(secret))
        };
        let all = lines.len();
        let fit = lines.iter().filter(|line| fits(line)).count();
        (all > 0 && 10 * fit >= 9 * all).then_some((layout, Share::Most))
    })
}

/// The lines of a sample that are not blank; the last one, which the sample's end may cut, only when the sample
/// is whole or has no other.
pub(crate) fn sample_lines(sample: &[u8], whole: bool) -> impl Iterator<Item = &[u8]> + Clone {
    let sample = match memchr::memrchr(b'\n', sample) {
        Some(end) if !whole => sample.get(..end).unwrap_or_default(),
        _ => sample,
    };
    lines(sample)
        .map(|line| line.get(..line.len().min(LINE)).unwrap_or_default())
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sample: &str, expected: &str) {
        let seen = match detect(sample.as_bytes(), true) {
            Format::Lines(LineFormat::List(layout)) => format!("list {:?}", layout.order),
            Format::Lines(LineFormat::Csv(_)) => "csv".to_owned(),
            Format::Lines(LineFormat::JsonLines) => "json lines".to_owned(),
            Format::Lines(LineFormat::Text) => "text".to_owned(),
            Format::Stateful(StatefulFormat::QuotedCsv(_)) => "quoted csv".to_owned(),
            Format::Stateful(StatefulFormat::Sql(_)) => "sql".to_owned(),
            Format::Stateful(StatefulFormat::Json) => "json".to_owned(),
            Format::Stateful(StatefulFormat::Stealer) => "stealer".to_owned(),
            Format::Stateful(StatefulFormat::Ldif) => "ldif".to_owned(),
            Format::Stateful(StatefulFormat::Vcard) => "vcard".to_owned(),
        };
        assert_eq!(seen, expected, "{sample}");
    }

    #[test]
    fn formats_by_content() {
        check("a@x.example:p", "list LoginFirst");
        check("a@x.example:{\"x\"}\nb@x.example:[1]", "list LoginFirst");
        check("a@x.example,pw\nb@x.example,pw2", "list LoginFirst");
        check("https://a.example/:l:p\nhttps://b.example:l:p", "list UrlFirst");
        check("https://a.example/,l,p\nhttps://b.example,l,p,x", "list UrlFirst");
        check("yamada:pw\nsuzuki:pw2", "list LoginFirst");
        check("", "text");
        check("Dear all,\nwrite to a@x.example, or b@x.example.\n", "text");
        check("id,email,password\n1,a@x.example,p\n", "csv");
        check("\"id\",\"email\",\"password\"\n\"1\",\"a@x.example\",\"p\"\n", "quoted csv");
        check("INSERT INTO `u` (`email`,`password`) VALUES ('a@x.example','p');", "sql");
        check("{\"email\":\"a@x.example\",\"password\":\"p\"}\n{\"email\":\"b@x.example\"}\n", "json lines");
        check("[{\"email\":\"a@x.example\",\"password\":\"p\"}]", "json");
        check("URL: https://a.example/\nUsername: l\nPassword: p\n===============\n", "stealer");
        check("dn: uid=l,dc=example\nmail: a@x.example\nuserPassword: p\n", "ldif");
        check("BEGIN:VCARD\nVERSION:3.0\nEMAIL:a@x.example\nEND:VCARD\n", "vcard");
    }

    #[test]
    fn some_lines_vote_for_all() {
        let banner = "Greetings to all our friends, and mind the gap:\n".repeat(VOTERS);
        check(&format!("{banner}{}", "a@x.example:p\n".repeat(4 * VOTERS)), "list LoginFirst");
        check(&format!("{banner}a@x.example:p\n"), "list LoginFirst");
        check(
            &format!("{}{}", "p:a@x.example\n".repeat(VOTERS), "a@x.example;p\n".repeat(40)),
            "list SecretFirst",
        );
        let lines: Vec<Vec<u8>> = (0..1999_u32).map(|number| number.to_le_bytes().to_vec()).collect();
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let chosen = voters(&lines);
        assert_eq!(chosen.len(), VOTERS);
        assert!(chosen.is_sorted_by_key(|line| lines.iter().position(|other| other == line)));
        assert_eq!(voters(&lines[..VOTERS]).len(), VOTERS);
    }
}
