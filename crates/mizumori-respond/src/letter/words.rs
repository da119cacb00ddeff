//! Words that the program itself puts into letters, in Japanese and English.

use mizumori_core::{Lang, LeakTime, PartialDate, SecretKind};

use crate::letter::Listed;

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

/// What stood beside the account.
pub(crate) const fn kind(kind: SecretKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (SecretKind::Clear, Lang::Ja) => "パスワード（そのまま読める状態）",
        (SecretKind::Hash, Lang::Ja) => {
            "パスワード（ハッシュ化された状態。元のパスワードを割り出されるおそれがあります）"
        }
        (SecretKind::Token, Lang::Ja) => "ログイン状態を引き継げる情報（パスワードがなくても悪用できます）",
        (SecretKind::None, Lang::Ja) => "パスワードは含まれていません",
        (SecretKind::Clear, Lang::En) => "a password that anybody can read",
        (SecretKind::Hash, Lang::En) => "a hashed password, from which the real one can often be worked out",
        (SecretKind::Token, Lang::En) => "a signed-in session, which works without the password",
        (SecretKind::None, Lang::En) => "no password",
    }
}

/// A number of days.
pub(crate) fn days(days: u32, lang: Lang) -> String {
    match (days, lang) {
        (days, Lang::Ja) => format!("{days}日"),
        (1, Lang::En) => "1 day".to_owned(),
        (days, Lang::En) => format!("{days} days"),
    }
}

/// A finding on one line of a list.
pub(crate) fn listed(listed: &Listed, lang: Lang, clean: impl Fn(&str) -> String) -> String {
    let mut parts = vec![listed.severity.name(lang).to_owned()];
    if listed.time != LeakTime::Unknown {
        parts.push(when(listed.time, lang));
    }
    let texts = [&listed.site, &listed.label].map(|text| clean(text.as_deref().unwrap_or_default()));
    let [site, label] = texts;
    if !site.is_empty() {
        parts.push(site);
    }
    match (label.is_empty(), lang) {
        (true, _) => {}
        (false, Lang::Ja) => parts.push(format!("パスワード「{label}」")),
        (false, Lang::En) => parts.push(format!("password “{label}”")),
    }
    let between = match lang {
        Lang::Ja => "、",
        Lang::En => ", ",
    };
    parts.join(between)
}

/// When it leaked.
pub(crate) fn when(time: LeakTime, lang: Lang) -> String {
    match (time, lang) {
        (LeakTime::Month(month), Lang::Ja) => format!("{}年{}月", month.year(), month.month()),
        (LeakTime::Month(month), Lang::En) => format!("{} {}", month_name(month.month()), month.year()),
        (LeakTime::Year(year), Lang::Ja) => format!("{year}年"),
        (LeakTime::Year(year), Lang::En) => year.to_string(),
        (LeakTime::Unknown, Lang::Ja) => "不明".to_owned(),
        (LeakTime::Unknown, Lang::En) => "unknown".to_owned(),
    }
}

/// A day, as people write it.
pub(crate) fn day(day: PartialDate, lang: Lang) -> String {
    let (year, month) = (day.year(), day.month());
    match (lang, month, day.day()) {
        (Lang::Ja, Some(month), Some(day)) => format!("{year}年{month}月{day}日"),
        (Lang::Ja, Some(month), None) => format!("{year}年{month}月"),
        (Lang::Ja, None, _) => format!("{year}年"),
        (Lang::En, Some(month), Some(day)) => format!("{day} {} {year}", month_name(month)),
        (Lang::En, Some(month), None) => format!("{} {year}", month_name(month)),
        (Lang::En, None, _) => year.to_string(),
    }
}

fn month_name(month: u8) -> &'static str {
    MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_people_write_them() {
        for (text, ja, en) in [
            ("2026-11-03", "2026年11月3日", "3 November 2026"),
            ("2026-01", "2026年1月", "January 2026"),
            ("2026", "2026年", "2026"),
        ] {
            let date = text.parse().unwrap();
            assert_eq!((&*day(date, Lang::Ja), &*day(date, Lang::En)), (ja, en));
        }
        let time = LeakTime::Month("2024-05".parse().unwrap());
        assert_eq!(
            (when(time, Lang::Ja), when(time, Lang::En)),
            ("2024年5月".to_owned(), "May 2024".to_owned())
        );
    }
    #[test]
    fn numbers_of_days() {
        assert_eq!([0, 1, 30].map(|count| days(count, Lang::En)), ["0 days", "1 day", "30 days"]);
        assert_eq!(days(1, Lang::Ja), "1日");
    }
}
