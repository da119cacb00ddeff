//! Words that the program itself puts into letters, in Japanese and English.

use mizumori_core::{Lang, LeakTime, PartialDate, SecretKind};

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
            "パスワード（ハッシュ化された状態。元のパスワードが割り出されるおそれがあります）"
        }
        (SecretKind::Token, Lang::Ja) => "ログイン状態を引き継げる情報（セッション）",
        (SecretKind::None, Lang::Ja) => "パスワードは含まれていません",
        (SecretKind::Clear, Lang::En) => "a password, readable as it is",
        (SecretKind::Hash, Lang::En) => "a password as a hash, from which it may be worked out",
        (SecretKind::Token, Lang::En) => "a session that needs no password",
        (SecretKind::None, Lang::En) => "no password",
    }
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
}
