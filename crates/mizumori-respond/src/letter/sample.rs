//! Invented facts: for previews, and for trying templates before somebody needs them.

use mizumori_core::{LeakTime, Month, Names, Secret, SecretKind, Severity};

use crate::letter::{Facts, Listed};

/// Facts with everything in them.
pub(crate) fn full() -> Facts {
    let month = |month| Month::new(2026, month).map_or(LeakTime::Unknown, LeakTime::Month);
    let names = |ja: &str, en: &str| Names { ja: ja.to_owned(), en: en.to_owned() };
    Facts {
        organisation: names("水源省", "Ministry of Water Sources"),
        portal: names("水守ポータル", "the Mizumori portal"),
        portal_address: Some("portal.suigen.example".to_owned()),
        contact: Some(names(
            "水源省 情報システム課（内線 0000）",
            "Information Systems Division, extension 0000",
        )),
        reference: "SG-2026-0001".to_owned(),
        account: Some("taro.suigen@suigen.example".to_owned()),
        time: month(5),
        source: Some(names("見本の漏えい", "A sample leak")),
        place: Some(names("見本の掲示板", "A sample forum")),
        site: Some("shop.example".to_owned()),
        kind: SecretKind::Clear,
        severity: Severity::Password,
        label: Some("A".to_owned()),
        listed: vec![
            Listed {
                reference: "SG-2026-0002".to_owned(),
                severity: Severity::Hash,
                time: month(4),
                site: Some("forum.example".to_owned()),
                label: Some("B".to_owned()),
            },
            Listed {
                reference: "SG-2026-0003".to_owned(),
                severity: Severity::Address,
                time: LeakTime::Unknown,
                site: None,
                label: None,
            },
        ],
        count: 12,
        counts: vec![(Severity::Password, 4), (Severity::StealerLog, 1), (Severity::Address, 7)],
        domain: Some("suigen.example".to_owned()),
        code: Some(Secret::new("K7QF-2M9D".to_owned())),
        deadline: "2026-06-30".parse().ok(),
        days: Some(14),
    }
}

/// Those, the same with as little as there may be, and those of other advice.
pub(crate) fn all() -> [Facts; 4] {
    let mut least = full();
    least.portal_address = None;
    least.contact = None;
    least.time = LeakTime::Unknown;
    least.source = None;
    least.place = None;
    least.site = None;
    least.kind = SecretKind::None;
    least.severity = Severity::Address;
    least.label = None;
    least.listed = Vec::new();
    least.counts = Vec::new();
    least.deadline = None;
    least.days = None;
    let malware = Facts { severity: Severity::StealerLog, ..full() };
    let session = Facts { severity: Severity::Session, kind: SecretKind::Token, ..full() };
    [full(), least, malware, session]
}
