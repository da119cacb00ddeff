//! Rows: fields whose roles are known, put together into records.
//!
//! Where several addresses stand in a row the secret goes to the one in the login column, else to the nearest
//! on its left; the others are exposures without secret.

use std::collections::HashSet;

use mizumori_core::{Account, LocalPart};

use super::column::Role;
use crate::address::{addresses, next_at};
use crate::record::{Emit, Login, Origin, Record};
use crate::secret::SecretField;
use crate::url::{Bare, Url};

/// Longest login in bytes; a longer field is no user name.
const MAX_LOGIN: usize = 512;

/// One field of a row.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// What its column means.
    pub(crate) role: Role,
    /// What stands in it, unescaped.
    pub(crate) value: &'a [u8],
}

/// Puts a row that begins in `line` together and hands its records on: first that of its login, then one for
/// every other address, in the order in which they stand.
pub(crate) fn emit_row(line: u64, fields: &[Field<'_>], bare: Bare, out: &mut dyn Emit) {
    let owner = owner(fields);
    let at_owner = owner.as_ref().map(|owner| owner.at);
    let secret = secret_for(fields, at_owner);
    let url =
        fields.iter().filter(|field| field.role == Role::Url).find_map(|field| Url::parse(field.value, bare));
    let login = match owner {
        Some(Owner { account: Some(account), .. }) => Login::Account(account),
        Some(Owner { at, account: None }) => {
            fields.get(at).map_or(Login::None, |field| login_of(field.value))
        }
        None => Login::None,
    };
    let is_record = !matches!(login, Login::None) || url.is_some() || secret.is_present();
    let account_of_owner = login.account().cloned();
    if is_record {
        // An address in a column of something else is a login only beside what makes it one.
        let is_named = at_owner
            .and_then(|at| fields.get(at))
            .is_some_and(|field| matches!(field.role, Role::Login | Role::Email));
        let is_field = is_named || secret.is_present() || url.is_some();
        let origin = if is_field { Origin::Field } else { Origin::Text };
        out.record(Record { line, login, origin, secret, url: url.clone() });
    }
    // An address that stands twice in a row is one exposure. Most rows hold one: the set stays empty then.
    let mut seen = HashSet::new();
    for (at, field) in fields.iter().enumerate() {
        if Some(at) != at_owner && field.role != Role::Secret && next_at(field.value, 0).is_some() {
            others_of(field, url.as_ref(), &mut |account| {
                if account_of_owner.as_ref() != Some(&account) && seen.insert(account.clone()) {
                    out.record(Record {
                        line,
                        login: Login::Account(account),
                        origin: Origin::Text,
                        secret: SecretField::NONE,
                        url: None,
                    });
                }
            });
        }
    }
}

/// The addresses that merely occur in a field.
fn others_of<'a>(field: &Field<'a>, url: Option<&'a Url<'a>>, found: &mut dyn FnMut(Account<'a>)) {
    if field.role == Role::Url
        && let Some(url) = url
    {
        // The user-info and the host of a URL are no account; its path and query may hold one.
        addresses(url.tail().as_bytes()).for_each(|address| found(address.account));
        return;
    }
    match whole_address(field.value) {
        Some(account) => found(account),
        None => addresses(field.value).for_each(|address| found(address.account)),
    }
}

/// The field whose login owns the secret.
struct Owner<'a> {
    at: usize,
    /// The address that the whole field is.
    account: Option<Account<'a>>,
}

fn owner<'a>(fields: &[Field<'a>]) -> Option<Owner<'a>> {
    let with =
        |role: Role| fields.iter().enumerate().filter(move |(_, field)| field.role == role).map(|(at, _)| at);
    // Parsing is what costs here: an address is parsed once, and none that cannot own the secret.
    let account = |at: usize| Some(Owner { at, account: Some(whole_address(fields.get(at)?.value)?) });
    let name = |at: usize| Owner { at, account: None };
    let is_filled = |at: &usize| fields.get(*at).is_some_and(|field| !field.value.trim_ascii().is_empty());
    // `user_id` stands beside `username` in many tables, and before it.
    let is_number = |at: &usize| {
        fields.get(*at).is_some_and(|field| field.value.trim_ascii().iter().all(u8::is_ascii_digit))
    };
    let secret = with(Role::Secret).next();
    let left_of_secret = |at: &usize| secret.is_none_or(|secret| *at < secret);
    with(Role::Login)
        .find_map(account)
        .or_else(|| with(Role::Email).rev().filter(left_of_secret).find_map(account))
        .or_else(|| with(Role::Email).find_map(account))
        .or_else(|| {
            let others = || with(Role::Other);
            let wanted = with(Role::Login).chain(with(Role::Email)).any(|at| is_filled(&at));
            if wanted {
                return None;
            }
            others().rev().filter(left_of_secret).find_map(account).or_else(|| others().find_map(account))
        })
        .or_else(|| with(Role::Login).find(|at| is_filled(at) && !is_number(at)).map(name))
        .or_else(|| with(Role::Login).find(is_filled).map(name))
        .or_else(|| with(Role::Email).find(is_filled).map(name))
}

/// The secret that goes with the owner: of several columns the first on its right that holds one, else the
/// first that does.
fn secret_for<'a>(fields: &[Field<'a>], owner: Option<usize>) -> SecretField<'a> {
    let secrets = || fields.iter().enumerate().filter(|(_, field)| field.role == Role::Secret);
    let present =
        |(_, field): (usize, &Field<'a>)| Some(SecretField::new(field.value)).filter(SecretField::is_present);
    let mut right = secrets().filter(|(at, _)| owner.is_none_or(|owner| *at > owner));
    right.find_map(present).or_else(|| secrets().find_map(present)).unwrap_or(SecretField::NONE)
}

/// What a login field says: an address, or a name.
pub(crate) fn login_of(value: &[u8]) -> Login<'_> {
    let value = value.trim_ascii();
    if let Some(account) = whole_address(value) {
        return Login::Account(account);
    }
    // `Taro <taro@a.example>`, or an address with broken bytes around it.
    if let Some(found) = addresses(value).next() {
        return Login::Account(found.account);
    }
    let is_placeholder = !SecretField::new(value).is_present();
    if is_placeholder || value.len() > MAX_LOGIN {
        Login::None
    } else {
        Login::Name(String::from_utf8_lossy(value))
    }
}

/// The address that a whole field is.
pub(crate) fn whole_address(value: &[u8]) -> Option<Account<'_>> {
    // The at-sign first, in all its widths: it is what most fields lack.
    next_at(value, 0)?;
    Account::parse(std::str::from_utf8(value).ok()?, LocalPart::Column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Collected;

    fn check(fields: &[(Role, &str)], expected: &[&str]) {
        let fields: Vec<_> =
            fields.iter().map(|(role, value)| Field { role: *role, value: value.as_bytes() }).collect();
        let mut out = Collected::default();
        emit_row(1, &fields, Bare::Accept, &mut out);
        assert_eq!(out.lines(), expected);
    }

    #[test]
    fn the_secret_goes_to_the_login_else_to_the_left() {
        use Role::{Email, Login, Other, Secret, Url};
        check(&[(Other, "1"), (Email, "a@x.example"), (Secret, "pw")], &["1 a@x.example pw -"]);
        check(
            &[(Email, "a@x.example"), (Email, "b@x.example"), (Secret, "pw"), (Email, "c@x.example")],
            &["1 b@x.example pw -", "1 a@x.example - -", "1 c@x.example - -"],
        );
        check(
            &[(Email, "a@x.example"), (Secret, "pw"), (Login, "b@x.example")],
            &["1 b@x.example pw -", "1 a@x.example - -"],
        );
        check(&[(Secret, "pw"), (Email, "a@x.example")], &["1 a@x.example pw -"]);
        check(&[(Login, "yamada"), (Email, "a@x.example"), (Secret, "pw")], &["1 a@x.example pw -"]);
        check(&[(Login, "yamada"), (Secret, "pw"), (Url, "vpn.mof.go.jp")], &["1 ~yamada pw vpn.mof.go.jp"]);
        check(&[(Login, "5"), (Login, "yamada"), (Secret, "pw")], &["1 ~yamada pw -"]);
        check(&[(Login, "5"), (Login, ""), (Secret, "pw")], &["1 ~5 pw -"]);
        check(&[(Login, ""), (Secret, "pw")], &["1 ~ pw -"]);
        check(&[(Login, "yamada"), (Secret, "")], &["1 ~yamada - -"]);
        check(
            &[(Other, "see a@x.example, b@x.example"), (Secret, "")],
            &["1 a@x.example - -", "1 b@x.example - -"],
        );
        check(&[(Email, "Taro <a@x.example>"), (Secret, "p@w.example")], &["1 a@x.example p@w.example -"]);
        check(
            &[(Url, "https://x.example/?q=a@y.example"), (Login, "l"), (Secret, "p")],
            &["1 ~l p x.example", "1 a@y.example - -"],
        );
        check(&[(Email, "a@x.example"), (Other, "A@X.example"), (Secret, "p")], &["1 a@x.example p -"]);
        check(
            &[(Other, "水源 太郎"), (Email, "ｔａｒｏ＠x.example"), (Secret, "合言葉")],
            &["1 taro@x.example 合言葉 -"],
        );
        check(
            &[
                (Email, "a@x.example"),
                (Other, "b@x.example B@x.example"),
                (Other, "b@x.example"),
                (Secret, "p"),
            ],
            &["1 a@x.example p -", "1 b@x.example - -"],
        );
        check(&[(Login, "NULL"), (Secret, "NULL")], &[]);
        check(
            &[(Email, "a@x.example"), (Secret, "NULL"), (Secret, "5f4dcc3b5aa765d61d8327deb882cf99")],
            &["1 a@x.example 5f4dcc3b5aa765d61d8327deb882cf99 -"],
        );
    }
}
