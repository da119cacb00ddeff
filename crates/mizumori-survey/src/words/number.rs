//! Numbers, dates and lists as each language writes them: 17,522件 and 17,522, 2021年5月 and May 2021.
//!
//! Shares and ratios are rounded, but never to what is false: a part is not 100 %, something is not nothing.

pub(crate) use mizumori_core::grouped;
use mizumori_core::{Lang, Month, PartialDate};

use crate::model::{Span, Year};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A count of accounts with its unit, if the language has one.
pub(crate) fn count(lang: Lang, number: u64) -> String {
    with_unit(lang, &grouped(number))
}

/// A figure as it is shown, with its unit, if the language has one.
pub(crate) fn with_unit(lang: Lang, figure: &str) -> String {
    match lang {
        Lang::Ja => format!("{figure}件"),
        Lang::En => figure.to_owned(),
    }
}

/// A year.
pub(crate) fn year(lang: Lang, year: Year) -> String {
    match lang {
        Lang::Ja => format!("{}年", year.0),
        Lang::En => year.0.to_string(),
    }
}

/// A month of a year.
pub(crate) fn month(lang: Lang, month: Month) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月", month.year(), month.month()),
        Lang::En => format!("{} {}", month_name(month.month()), month.year()),
    }
}

/// The name of a month of the year.
pub(crate) fn month_name(month: u8) -> &'static str {
    MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default()
}

/// A date, as exactly as it is known.
pub(crate) fn date(lang: Lang, date: PartialDate) -> String {
    match (lang, date.month(), date.day()) {
        (Lang::Ja, Some(month), Some(day)) => format!("{}年{month}月{day}日", date.year()),
        (Lang::Ja, Some(month), None) => format!("{}年{month}月", date.year()),
        (Lang::Ja, None, _) => format!("{}年", date.year()),
        (Lang::En, Some(month), Some(day)) => format!("{day} {} {}", month_name(month), date.year()),
        (Lang::En, Some(month), None) => format!("{} {}", month_name(month), date.year()),
        (Lang::En, None, _) => date.year().to_string(),
    }
}

/// A span of months.
pub(crate) fn span(lang: Lang, span: Span) -> String {
    match lang {
        Lang::Ja => format!("{}～{}", month(lang, span.from), month(lang, span.to)),
        Lang::En => format!("{} – {}", month(lang, span.from), month(lang, span.to)),
    }
}

/// What `part` is of `whole` in per cent, to one decimal; `None` of nothing.
pub(crate) fn share(lang: Lang, part: u64, whole: u64) -> Option<String> {
    if whole == 0 || part > whole {
        return None;
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 1000 + whole / 2) / whole;
    Some(match (tenths, lang) {
        (0, Lang::Ja) if part > 0 => "0.1%未満".to_owned(),
        (0, Lang::En) if part > 0 => "under 0.1%".to_owned(),
        (1000, Lang::Ja) if part < whole => "99.9%超".to_owned(),
        (1000, Lang::En) if part < whole => "over 99.9%".to_owned(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    })
}

/// How many times `small` goes into `large`, to one decimal; `None` when it does not go at all.
pub(crate) fn ratio(large: u64, small: u64) -> Option<String> {
    if small == 0 {
        return None;
    }
    let (large, small) = (u128::from(large), u128::from(small));
    let tenths = (large * 10 + small / 2) / small;
    Some(format!("{}.{}", grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX)), tenths % 10))
}

/// Items as a sentence lists them.
pub(crate) fn list(lang: Lang, items: &[String]) -> String {
    match (lang, items) {
        (Lang::Ja, _) => items.join("、"),
        (Lang::En, []) => String::new(),
        (Lang::En, [one]) => one.clone(),
        (Lang::En, [one, two]) => format!("{one} and {two}"),
        (Lang::En, [first @ .., last]) => format!("{}, and {last}", first.join(", ")),
    }
}

/// A place in an order, as in "the second largest" and 「2番目に多い」; the first is "the largest".
pub(crate) fn largest(lang: Lang, place: u64) -> String {
    const WORDS: [&str; 9] =
        ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match (lang, place) {
        (Lang::Ja, 1) => "最も多い".to_owned(),
        (Lang::Ja, _) => format!("{place}番目に多い"),
        (Lang::En, 1) => "the largest".to_owned(),
        (Lang::En, _) => {
            let word = usize::try_from(place).ok().and_then(|place| WORDS.get(place.wrapping_sub(2)));
            match word {
                Some(word) => format!("the {word} largest"),
                None => format!("number {} by size", grouped(place)),
            }
        }
    }
}

/// A number of bytes, in the decimal units that disks are sold in.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut scale: u64 = 1000;
    let mut unit = None;
    for name in UNITS {
        if number < scale {
            break;
        }
        unit = Some((name, scale));
        scale = scale.saturating_mul(1000);
    }
    match unit {
        None => format!("{number} B"),
        Some((name, scale)) => {
            let tenths = u128::from(number) * 10 / u128::from(scale);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_units_in_japanese() {
        assert_eq!(count(Lang::Ja, 17_522), "17,522件");
        assert_eq!(count(Lang::En, 17_522), "17,522");
    }

    #[test]
    fn dates_are_as_exact_as_they_are_known() {
        for (text, ja, en) in [
            ("2015", "2015年", "2015"),
            ("2015-06", "2015年6月", "June 2015"),
            ("2015-06-01", "2015年6月1日", "1 June 2015"),
        ] {
            let parsed = text.parse().unwrap();
            assert_eq!((date(Lang::Ja, parsed), date(Lang::En, parsed)), (ja.to_owned(), en.to_owned()));
        }
        let period = Span { from: "2008-07".parse().unwrap(), to: "2021-05".parse().unwrap() };
        assert_eq!(span(Lang::Ja, period), "2008年7月～2021年5月");
        assert_eq!(span(Lang::En, period), "July 2008 – May 2021");
    }

    #[test]
    fn shares_and_ratios_are_not_rounded_to_what_is_false() {
        for (part, whole, en) in [
            (0, 10, Some("0.0%")),
            (1, 10_000, Some("under 0.1%")),
            (9_999, 10_000, Some("over 99.9%")),
            (10, 10, Some("100.0%")),
            (11_355, 17_522, Some("64.8%")),
            (1, 0, None),
            (2, 1, None),
        ] {
            assert_eq!(share(Lang::En, part, whole).as_deref(), en);
        }
        assert_eq!(ratio(106_163, 17_522).as_deref(), Some("6.1"));
        assert_eq!(ratio(1, 0), None);
        assert_eq!(ratio(u64::MAX, 1).as_deref(), Some("18,446,744,073,709,551,615.0"));
    }

    #[test]
    fn places_and_lists() {
        assert_eq!(largest(Lang::Ja, 1), "最も多い");
        assert_eq!(largest(Lang::Ja, 2), "2番目に多い");
        assert_eq!(largest(Lang::En, 2), "the second largest");
        assert_eq!(largest(Lang::En, 12), "number 12 by size");
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(Lang::En, &items), "a, b, and c");
        assert_eq!(list(Lang::En, &items[..2]), "a and b");
        assert_eq!(list(Lang::Ja, &items), "a、b、c");
    }

    #[test]
    fn sizes_have_units() {
        for (number, text) in
            [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (755_431_000, "755.4 MB"), (u64::MAX, "18.4 EB")]
        {
            assert_eq!(bytes(number), text);
        }
    }
}
