//! The columns of a list that somebody sent, by their names.

/// A column that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Address,
    Login,
    Site,
    Kind,
    Month,
}

/// Every column: its name, and the others that it may have. Case does not matter; `_`, `-` and blanks are one.
pub const RECEIVED_COLUMNS: &[(&str, &[&str])] = &[
    (
        "address",
        &[
            "mail",
            "email",
            "e mail",
            "mail address",
            "email address",
            "account",
            "メールアドレス",
            "アドレス",
            "アカウント",
        ],
    ),
    (
        "login",
        &[
            "user",
            "user name",
            "username",
            "uid",
            "login id",
            "ユーザー名",
            "ユーザ名",
            "ユーザーid",
            "ユーザid",
            "ログインid",
        ],
    ),
    ("site", &["url", "web site", "website", "service", "サイト", "サービス", "ログイン先"]),
    ("kind", &["type", "種別", "種類"]),
    ("month", &["date", "leaked", "年月", "漏えい時期", "漏洩時期", "流出時期", "時期"]),
];

/// In the order of [`RECEIVED_COLUMNS`].
const ORDER: [Column; RECEIVED_COLUMNS.len()] =
    [Column::Address, Column::Login, Column::Site, Column::Kind, Column::Month];

/// What a heading of passwords has in it, in whatever words besides.
const SECRETS: [&str; 7] =
    ["password", "passwd", "passphrase", "credential", "パスワード", "パスフレーズ", "暗証"];
/// What is one alone.
const SECRET_ALONE: [&str; 11] =
    ["pass", "pw", "pwd", "secret", "hash", "token", "cookie", "ハッシュ", "ハッシュ値", "トークン", "秘密"];

/// Which column stands where.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// Understands the first line, or says what is wrong with it.
    pub(super) fn read(headings: &[Option<String>]) -> Result<Self, String> {
        // Before anything else: a list with passwords is not to be mended here until it fits.
        for (number, name) in (1..).zip(headings) {
            if name.as_deref().is_some_and(is_secret) {
                return Err(format!(
                    "column {number} is one of secrets: no list with passwords, hashes or tokens is taken; delete it, and ask for one without"
                ));
            }
        }
        let mut columns = Vec::with_capacity(headings.len());
        for (number, name) in (1..).zip(headings) {
            let column = name.as_deref().and_then(column);
            let column = column.ok_or_else(|| format!("column {number} has no name that is known"))?;
            if columns.contains(&column) {
                return Err(format!("column {number} is there twice"));
            }
            columns.push(column);
        }
        let has = |column| columns.contains(&column);
        if !(has(Column::Address) || has(Column::Login) && has(Column::Site)) {
            return Err("there is neither a column `address` nor both `login` and `site`".to_owned());
        }
        Ok(Self(columns))
    }

    /// What a line has in a column, without blanks around it; nothing where it ends before.
    pub(super) fn of<'f>(&self, column: Column, fields: &'f [String]) -> &'f str {
        let at = self.0.iter().position(|other| *other == column);
        at.and_then(|at| fields.get(at)).map_or("", |field| field.trim())
    }
}

fn column(name: &str) -> Option<Column> {
    let named = |(own, others): &(&str, &[&str])| *own == name || others.contains(&name);
    let at = RECEIVED_COLUMNS.iter().position(named)?;
    ORDER.get(at).copied()
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|word| name.contains(word)) || SECRET_ALONE.contains(&name)
}

#[cfg(test)]
mod tests {
    use mizumori_directory::normal_heading;

    use super::*;

    fn read(headings: &[&str]) -> Result<Columns, String> {
        let headings: Vec<_> = headings.iter().map(|name| Some(normal_heading(name))).collect();
        Columns::read(&headings)
    }

    #[test]
    fn names_lead_to_one_column() {
        for (at, (own, others)) in RECEIVED_COLUMNS.iter().enumerate() {
            for name in std::iter::once(own).chain(*others) {
                assert_eq!(column(&normal_heading(name)), Some(ORDER[at]), "{name}");
                assert!(!is_secret(&normal_heading(name)), "{name}");
            }
        }
    }

    #[test]
    fn a_column_of_secrets_is_refused_before_anything_else() {
        for name in [
            "Password",
            "password_hash",
            "pass",
            "PW",
            "パスワード",
            "平文パスワード",
            "ハッシュ値",
            "token",
            "User-Credentials",
        ] {
            let error = read(&["something", "address", name]).unwrap_err();
            assert!(
                error.contains("column 3") && error.contains("no list with passwords"),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn headings_that_cannot_be() {
        for (headings, why) in [
            (&["login"][..], "neither"),
            (&["site", "month"], "neither"),
            (&["address", "mail"], "column 2 is there twice"),
            (&["address", "color"], "column 2 has no name"),
            (&[], "neither"),
        ] {
            let error = read(headings).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(Columns::read(&[Some("address".to_owned()), None]).is_err());
        assert!(read(&["ログインID", "サイト", "種別", "漏えい時期"]).is_ok());
    }
}
