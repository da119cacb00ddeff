//! A list that somebody sent, as exposures: tagged while it is read, so that no address is kept.

use std::path::Path;

use mizumori_core::keys::TagLayers;
use mizumori_core::{Account, Exposure, LocalPart, Month, SecretKind, Timestamp, domain};
use mizumori_directory::CsvTable;

use super::columns::{Column, Columns};
use crate::error::MonitorError;

/// A list.
#[derive(Debug, Default)]
pub struct ReceivedList {
    /// Its lines that make sense.
    pub(super) lines: Vec<Line>,
    /// The others.
    pub(super) faults: Vec<(u64, LineFault)>,
}

/// A line that makes sense.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    /// Whose source is not set yet.
    pub(super) exposure: Exposure,
}

/// What can be wrong with a line. It quotes no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// It is no text, or has more fields than there are columns.
    #[error("it cannot be read")]
    Unreadable,
    /// Nobody is named in it.
    #[error("it has neither an address nor a login with a site")]
    Nameless,
    /// What should be an address is none.
    #[error("its address is none")]
    Address,
    /// What should be a site is none.
    #[error("its site is none")]
    Site,
    /// Its kind is no word that is known.
    #[error("its kind is none of clear, hash, token and none")]
    Kind,
    /// Its month is none, or has not come yet.
    #[error("its month is none, or has not come yet")]
    Month,
    /// Neither its account nor its site is of a domain that the organisation holds.
    #[error("it is of no domain that the organisation holds")]
    Foreign,
}

impl ReceivedList {
    /// Reads a file. A wrong heading is an error, a wrong line is kept with its number. `month` is that of lines that name none.
    ///
    /// # Errors
    /// When it cannot be read, a heading is not known, or one is of secrets.
    pub fn read(
        file: &Path,
        tags: &TagLayers,
        month: Option<Month>,
        now: Timestamp,
    ) -> Result<Self, MonitorError> {
        let mut table = CsvTable::open(file)?;
        let columns = Columns::read(table.headings()).map_err(|why| table.wrong(Some(1), why))?;
        let mut list = Self::default();
        while let Some(row) = table.row()? {
            let read = row.fields.ok_or(LineFault::Unreadable);
            match read.and_then(|fields| exposure(&columns, &fields, tags, month, now)) {
                Ok(exposure) => list.lines.push(Line { number: row.line, exposure }),
                Err(fault) => list.faults.push((row.line, fault)),
            }
        }
        Ok(list)
    }

    /// How many lines there are that are not blank.
    pub const fn lines(&self) -> usize {
        self.lines.len() + self.faults.len()
    }
}

fn exposure(
    columns: &Columns,
    fields: &[String],
    tags: &TagLayers,
    month: Option<Month>,
    now: Timestamp,
) -> Result<Exposure, LineFault> {
    let field = |column| columns.of(column, fields);
    let site = match field(Column::Site) {
        "" => None,
        text => Some(site_host(text).ok_or(LineFault::Site)?),
    };
    let (address, login) = (field(Column::Address), field(Column::Login));
    // People write the address of an account into whichever column says who.
    let address = if address.is_empty() && login.contains('@') { login } else { address };
    let (host, account) = match (address, login, &site) {
        ("", "", _) | ("", _, None) => return Err(LineFault::Nameless),
        // A user name says whose it is only together with the site.
        ("", login, Some(site)) => (site.clone(), tags.login(login, site)),
        (address, ..) => {
            let account = Account::parse(address, LocalPart::Column).ok_or(LineFault::Address)?;
            (account.host().to_owned(), tags.account(&account))
        }
    };
    let month = match field(Column::Month) {
        "" => month,
        text => {
            Some(month_of(text).filter(|month| Timestamp::start_of(*month) <= now).ok_or(LineFault::Month)?)
        }
    };
    Ok(Exposure {
        source: String::new(),
        // Where it was seen is the sender's to know.
        place: String::new(),
        month,
        domain: domain::registrable(&host).to_owned(),
        host,
        account,
        secret: None,
        kind: kind(field(Column::Kind)).ok_or(LineFault::Kind)?,
        site: site.map(|site| domain::registrable(&site).to_owned()),
        log: None,
        sealed: None,
    })
}

/// The canonical host of a site: a name, or a URL.
fn site_host(text: &str) -> Option<String> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    // What stands before the at-sign of a URL is a user name.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(host, _)| host);
    let host = domain::canonical_host(host)?.into_owned();
    domain::is_known(&host).then_some(host)
}

/// `2026-10`, `2026/10`, a day of it, or 2026年10月.
fn month_of(text: &str) -> Option<Month> {
    let text = text.replace(['/', '.', '年', '月'], "-").replace('日', "");
    let mut parts = text.trim_end_matches('-').split('-');
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let is_day = |day: &str| day.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    if !parts.next().is_none_or(is_day) || parts.next().is_some() {
        return None;
    }
    Month::new(year, month)
}

fn kind(text: &str) -> Option<SecretKind> {
    match text.to_lowercase().as_str() {
        "" | "なし" | "無" | "無し" => Some(SecretKind::None),
        "平文" | "cleartext" | "plain" | "plaintext" => Some(SecretKind::Clear),
        "ハッシュ" | "ハッシュ値" => Some(SecretKind::Hash),
        "トークン" | "セッション" | "session" | "cookie" => Some(SecretKind::Token),
        word => SecretKind::parse(word),
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::keys::KeyRing;

    use super::*;

    fn read(content: impl AsRef<[u8]>) -> (Result<ReceivedList, MonitorError>, TagLayers) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.csv");
        std::fs::write(&file, content).unwrap();
        let tags = KeyRing::create().unwrap().tags();
        let month = "2026-09".parse().ok();
        (ReceivedList::read(&file, &tags, month, "2026-11-23".parse().unwrap()), tags)
    }

    const LIST: &str = "\
メールアドレス,ログインID,サイト,種別,漏えい時期
Hanako@Suigen.example,,,平文,2026年10月
,taro,https://user@login.suigen.example:8443/x?y#z,ハッシュ,2026/08/31
,jiro@suigen.example,shop.example,,
";

    #[test]
    fn both_encodings_and_both_kinds_of_accounts() {
        for content in [LIST.as_bytes().to_vec(), encoding_rs::SHIFT_JIS.encode(LIST).0.into_owned()] {
            let (list, tags) = read(content);
            let list = list.unwrap();
            assert_eq!((list.faults.len(), list.lines()), (0, 3));
            let [hanako, taro, jiro] = &list.lines[..] else { panic!() };
            let account = |text| tags.account(&Account::parse(text, LocalPart::Column).unwrap());
            assert_eq!(hanako.exposure.account, account("hanako@suigen.example"));
            assert_eq!((hanako.number, hanako.exposure.kind), (2, SecretKind::Clear));
            assert_eq!(hanako.exposure.month, "2026-10".parse().ok());
            // As an ingest would have it: the host of the site is the login's, and the site its registrable domain.
            assert_eq!(taro.exposure.account, tags.login("taro", "login.suigen.example"));
            assert_eq!(taro.exposure.host, "login.suigen.example");
            assert_eq!(taro.exposure.site.as_deref(), Some("suigen.example"));
            assert_eq!(taro.exposure.month, "2026-08".parse().ok());
            assert_eq!(
                (jiro.exposure.account, jiro.exposure.kind),
                (account("jiro@suigen.example"), SecretKind::None)
            );
            assert_eq!(jiro.exposure.month, "2026-09".parse().ok());
            assert!(list.lines.iter().all(|line| line.exposure.secret.is_none()));
        }
    }

    #[test]
    fn mistakes_have_their_line_and_quote_nothing() {
        let (list, _) = read(
            b"address,login,site,kind,month\n,,,,\nx,,,,\n,taro,,,\na@suigen.example,,no site,,\na@suigen.example,,,maybe,\n\
              a@suigen.example,,,,soon\na@suigen.example,,,,2026-12\n,,shop.example,,\n\xff\xff,,,,\n1,2,3,4,5,6\n",
        );
        let faults = list.unwrap().faults;
        assert_eq!(
            faults,
            [
                (3, LineFault::Address),
                (4, LineFault::Nameless),
                (5, LineFault::Site),
                (6, LineFault::Kind),
                (7, LineFault::Month),
                (8, LineFault::Month),
                (9, LineFault::Nameless),
                (10, LineFault::Unreadable),
                (11, LineFault::Unreadable),
            ]
        );
    }

    #[test]
    fn a_list_with_passwords_is_not_read() {
        let (list, _) = read("address,password\na@suigen.example,himitsu\n");
        let error = list.unwrap_err().to_string();
        assert!(error.contains("no list with passwords") && !error.contains("himitsu"), "{error}");
        // Without a heading the first line is taken for one, and not shown.
        let (list, _) = read("a@suigen.example,himitsu\n");
        let error = list.unwrap_err().to_string();
        assert!(
            error.contains("column 1") && !error.contains("himitsu") && !error.contains("suigen.example"),
            "{error}"
        );
    }

    #[test]
    fn months() {
        for (text, month) in [
            ("2026-10", Some("2026-10")),
            ("2026-10-05", Some("2026-10")),
            ("2026/1", Some("2026-01")),
            ("2026年1月5日", Some("2026-01")),
            ("2026.10.31", Some("2026-10")),
            ("2026", None),
            ("26-10", None),
            ("2026-13", None),
            ("2026-10-32", None),
            ("2026-10-05-01", None),
            ("令和8年10月", None),
        ] {
            assert_eq!(month_of(text), month.map(|month| month.parse().unwrap()), "{text}");
        }
    }
}
