//! What a column means for a record, and how what stands in it tells that. What its name tells is the matter
//! of [`column_name`](super::column_name).

use mizumori_core::{Account, LocalPart, SecretKind};

use crate::secret::SecretField;
use crate::url::{Bare, Url};

/// What a column means for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// A user name, or an address that serves as one.
    Login,
    /// An e-mail address.
    Email,
    /// A password, hash or token.
    Secret,
    /// The site that the login is for.
    Url,
    /// Something else, in which an address may occur.
    Other,
}

/// The roles of columns without names, from rows that a sample holds. Rows may differ in length; a column that
/// few rows have is [`Role::Other`].
pub(crate) fn roles_by_content(rows: &[Vec<&[u8]>]) -> Vec<Role> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns: Vec<_> = (0..width).map(|column| Profile::of(rows, column)).collect();
    let mut roles = vec![Role::Other; width];
    let most = |measure: fn(&Profile) -> usize| {
        let best = columns.iter().enumerate().rev().max_by_key(|(_, profile)| measure(profile));
        best.filter(|(_, profile)| 2 * measure(profile) > profile.filled.max(1)).map(|(column, _)| column)
    };
    let mut set = |column: Option<usize>, role: Role| {
        if let Some(slot) = column.and_then(|column| roles.get_mut(column)) {
            *slot = role;
        }
    };
    let url = most(|profile| profile.urls);
    let email = most(|profile| profile.emails);
    set(url, Role::Url);
    set(email, Role::Email);
    let login = match (email, url) {
        (None, Some(url)) => Some(url + 1).filter(|column| *column < width),
        _ => None,
    };
    set(login, Role::Login);
    let taken = [url, email, login];
    let after = email.or(login);
    let free = |column: &usize| !taken.contains(&Some(*column));
    let hash = (0..width).filter(free).find(|column| {
        columns.get(*column).is_some_and(|profile| profile.hashes > 0 && 2 * profile.hashes >= profile.filled)
    });
    // The likeliest password: what mixes kinds of characters most; of equals the next on the right of the login.
    let likeliest = || {
        let distance = |column: usize| match after {
            Some(login) if column > login => column - login,
            Some(login) => width + login - column,
            None => column,
        };
        (0..width)
            .filter(free)
            .filter_map(|column| Some((column, columns.get(column)?)))
            .filter(|(_, profile)| 2 * profile.plausible > profile.filled && profile.filled > 0)
            .max_by_key(|(column, profile)| {
                (10 * profile.mixed / profile.filled.max(1), std::cmp::Reverse(distance(*column)))
            })
            .map(|(column, _)| column)
    };
    if after.is_some() {
        set(hash.or_else(likeliest), Role::Secret);
    }
    roles
}

/// What the values of a column look like.
#[derive(Default)]
struct Profile {
    filled: usize,
    emails: usize,
    urls: usize,
    hashes: usize,
    plausible: usize,
    mixed: usize,
}

impl Profile {
    fn of(rows: &[Vec<&[u8]>], column: usize) -> Self {
        let mut profile = Self::default();
        for value in rows.iter().filter_map(|row| row.get(column)) {
            let value = value.trim_ascii();
            if value.is_empty() {
                continue;
            }
            profile.filled += 1;
            profile.emails += usize::from(is_address(value));
            profile.urls += usize::from(Url::parse(value, Bare::Refuse).is_some());
            profile.hashes += usize::from(SecretField::new(value).kind() == SecretKind::Hash);
            profile.plausible += usize::from(is_plausible_password(value));
            profile.mixed += usize::from(kinds_of_characters(value) >= 2 && is_plausible_password(value));
        }
        profile
    }
}

/// Whether a whole field is an address.
pub(crate) fn is_address(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| Account::parse(text, LocalPart::Column).is_some())
}

/// Whether a value could be a password: not a date, an IP address, a URL, an address or a running text.
pub(crate) fn is_plausible_password(value: &[u8]) -> bool {
    let separators = |byte: &u8| matches!(byte, b'-' | b'/' | b':' | b'.' | b' ' | b'T' | b'Z' | b'+');
    let dated = (8..=35).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_digit() || separators(byte))
        && value.iter().any(separators);
    let spaces = value.iter().filter(|byte| **byte == b' ').count();
    !dated
        && spaces <= 2
        && value.len() <= 128
        && !is_address(value)
        && Url::parse(value, Bare::Refuse).is_none()
}

fn kinds_of_characters(value: &[u8]) -> usize {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation];
    kinds.iter().filter(|kind| value.iter().any(**kind)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_by_content() {
        let rows = |text: &'static str| -> Vec<Vec<&'static [u8]>> {
            text.lines().map(|line| line.split(',').map(str::as_bytes).collect()).collect()
        };
        use Role::{Email, Login, Other, Secret, Url};
        for (text, roles) in [
            ("1,Taro Suigen,taro@a.example,hunter2!,2019-01-01", vec![Other, Other, Email, Secret, Other]),
            (
                "1,taro,taro@a.example,5f4dcc3b5aa765d61d8327deb882cf99,192.0.2.1",
                vec![Other, Other, Email, Secret, Other],
            ),
            ("7,pass1,taro@a.example,2019-01-01", vec![Other, Secret, Email, Other]),
            ("https://a.example/,yamada,pw1", vec![Url, Login, Secret]),
            ("1,2,3", vec![Other, Other, Other]),
        ] {
            assert_eq!(roles_by_content(&rows(text)), roles, "{text}");
        }
    }
}
