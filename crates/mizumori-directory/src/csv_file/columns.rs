//! The columns of a CSV directory, by their names.

use crate::csv_table::normal_heading as normal;

/// A column that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Key,
    Address,
    Aliases,
    Login,
    Name,
    NameJa,
    NameEn,
    Lang,
    Enabled,
    Privileged,
    SecondFactor,
    HeldSince,
    PasswordChangedAt,
    MustChange,
    Superior,
    OtherAddress,
    Keepers,
    Groups,
}

/// Every column: its name, and the others that it may have. Case does not matter; `_`, `-` and blanks are one.
///
/// `address` or `login` must be there. `key` is what stays when somebody is renamed; without it the address is the key. Lists
/// (`aliases`, `keepers`, `groups`) are separated by `;`, addresses by blanks too. `enabled`, `privileged`, `second_factor` and
/// `must_change` are `yes`/`no`, `true`/`false`, `1`/`0`, 有効/無効, 有/無 or はい/いいえ. Times are RFC 3339 or a date, `lang` is `ja` or `en`.
pub const COLUMNS: &[(&str, &[&str])] = &[
    ("key", &["id", "キー", "識別子"]),
    ("address", &["mail", "email", "e mail", "メールアドレス", "アドレス"]),
    ("aliases", &["other addresses", "別名", "エイリアス"]),
    ("login", &["user", "user name", "username", "uid", "ユーザー名", "ユーザ名"]),
    ("name", &["display name", "氏名", "名前"]),
    ("name_ja", &["氏名 ja"]),
    ("name_en", &["氏名 en", "英字氏名"]),
    ("lang", &["language", "preferred language", "言語"]),
    ("enabled", &["active", "有効"]),
    ("privileged", &["admin", "administrator", "特権", "管理者"]),
    ("second_factor", &["mfa", "2fa", "多要素認証", "二要素認証"]),
    ("held_since", &["since", "created", "利用開始日", "作成日"]),
    ("password_changed_at", &["password changed", "パスワード変更日", "パスワード変更日時"]),
    ("must_change", &["要変更"]),
    ("superior", &["manager", "上長", "上司"]),
    ("other_address", &["second channel", "別の連絡先", "連絡先"]),
    ("keepers", &["owners", "共有管理者"]),
    ("groups", &["group", "グループ", "所属"]),
];

/// In the order of [`COLUMNS`].
const ORDER: [Column; COLUMNS.len()] = [
    Column::Key,
    Column::Address,
    Column::Aliases,
    Column::Login,
    Column::Name,
    Column::NameJa,
    Column::NameEn,
    Column::Lang,
    Column::Enabled,
    Column::Privileged,
    Column::SecondFactor,
    Column::HeldSince,
    Column::PasswordChangedAt,
    Column::MustChange,
    Column::Superior,
    Column::OtherAddress,
    Column::Keepers,
    Column::Groups,
];

/// Which column stands where.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    /// Understands the first line, or says what is wrong with it.
    pub(super) fn read(headings: &[Option<String>]) -> Result<Self, String> {
        let mut columns = Vec::with_capacity(headings.len());
        for (index, name) in headings.iter().enumerate() {
            let number = index + 1;
            let column = name.as_deref().and_then(column);
            let column = column.ok_or_else(|| format!("column {number} has no name that is known"))?;
            if columns.contains(&column) {
                return Err(format!("column {number} is there twice"));
            }
            columns.push(column);
        }
        if !columns.contains(&Column::Address) && !columns.contains(&Column::Login) {
            return Err("there is neither a column `address` nor one `login`".to_owned());
        }
        Ok(Self(columns))
    }

    /// Whether there is this one.
    pub(super) fn has(&self, column: Column) -> bool {
        self.0.contains(&column)
    }

    /// What a line has in a column, without blanks around it; nothing where it ends before.
    pub(super) fn of<'f>(&self, column: Column, fields: &'f [String]) -> &'f str {
        let at = self.0.iter().position(|other| *other == column);
        at.and_then(|at| fields.get(at)).map_or("", |field| field.trim())
    }
}

fn column(name: &str) -> Option<Column> {
    let named =
        |(own, others): &(&str, &[&str])| normal(own) == name || others.iter().any(|o| normal(o) == name);
    let at = COLUMNS.iter().position(named)?;
    ORDER.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_one_column() {
        for (at, (own, others)) in COLUMNS.iter().enumerate() {
            for name in std::iter::once(own).chain(*others) {
                assert_eq!(column(&normal(name)), Some(ORDER[at]), "{name}");
            }
        }
        assert_eq!(column(&normal(" Password-Changed_At ")), Some(Column::PasswordChangedAt));
        assert_eq!(column("password"), None);
    }
}
