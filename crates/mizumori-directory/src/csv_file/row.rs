//! One line of a CSV directory as an entry.

use mizumori_core::Groups;

use super::columns::{Column, Columns};

use crate::address::{Addresses, NotTaken, parse};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Privilege, SecondFactor, Standing, language, names};
use crate::moment;

/// The entry and what is odd about it, or why there is none.
pub(super) fn entry(columns: &Columns, fields: &[String]) -> Result<(Entry, Vec<OddityKind>), OddityKind> {
    let field = |column| columns.of(column, fields);
    let text = |column| Some(field(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let mut odd = Vec::new();

    let mut addresses = Addresses::default();
    let mut add = |name, text: &str| match addresses.add(text) {
        Ok(()) => {}
        Err(NotTaken::NoAddress) => odd.push(OddityKind::BadAddress(name)),
        Err(NotTaken::TooMany) => odd.push(OddityKind::TooManyAddresses),
    };
    add("address", field(Column::Address));
    for alias in listed(field(Column::Aliases)) {
        add("aliases", alias);
    }
    let addresses = addresses.into_vec();
    let login = text(Column::Login);
    if addresses.is_empty() && login.is_none() {
        return Err(OddityKind::Nameless);
    }
    let key = if columns.has(Column::Key) {
        field(Column::Key).to_owned()
    } else {
        addresses.first().map(crate::address::exposed).or_else(|| login.clone()).unwrap_or_default()
    };
    let mut entry = Entry::new(EntryId::new(key).ok_or(OddityKind::NoId("key"))?);
    entry.addresses = addresses;
    entry.login = login;
    entry.names = names(text(Column::NameJa), text(Column::NameEn), text(Column::Name));

    let mut yes_or_no = |column, name| {
        let answer = answer(field(column));
        if answer.is_none() && !field(column).is_empty() {
            odd.push(OddityKind::BadValue(name));
        }
        answer
    };
    entry.standing = match yes_or_no(Column::Enabled, "enabled") {
        Some(true) => Standing::Enabled,
        Some(false) => Standing::Disabled,
        None => Standing::Unknown,
    };
    if yes_or_no(Column::Privileged, "privileged") == Some(true) {
        entry.privilege = Privilege::Privileged;
    }
    entry.second_factor = match yes_or_no(Column::SecondFactor, "second_factor") {
        Some(true) => SecondFactor::Present,
        Some(false) => SecondFactor::Absent,
        None => SecondFactor::Unknown,
    };
    entry.must_change = yes_or_no(Column::MustChange, "must_change") == Some(true);

    entry.lang = language(field(Column::Lang));
    if entry.lang.is_none() && !field(Column::Lang).is_empty() {
        odd.push(OddityKind::BadValue("lang"));
    }
    let mut time = |column, name| {
        let time = moment::rfc3339(field(column));
        if time.is_none() && !field(column).is_empty() {
            odd.push(OddityKind::BadTime(name));
        }
        time
    };
    entry.held_since = time(Column::HeldSince, "held_since");
    entry.password_changed_at = time(Column::PasswordChangedAt, "password_changed_at");
    let mut address = |name, text: &str| {
        let address = parse(text);
        if address.is_none() && !text.is_empty() {
            odd.push(OddityKind::BadAddress(name));
        }
        address
    };
    entry.superior = address("superior", field(Column::Superior));
    entry.other_address = address("other_address", field(Column::OtherAddress));
    entry.keepers = listed(field(Column::Keepers)).filter_map(|keeper| address("keepers", keeper)).collect();
    if columns.has(Column::Groups) {
        let groups = field(Column::Groups).split(';').map(str::trim).filter(|group| !group.is_empty());
        entry.groups = Groups::All(groups.map(str::to_owned).collect());
    }
    Ok((entry, odd))
}

/// A list of addresses.
fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ';' || c.is_whitespace()).filter(|part| !part.is_empty())
}

fn answer(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "有効" | "有" | "はい" | "○" => Some(true),
        "no" | "n" | "false" | "0" | "無効" | "無" | "いいえ" | "×" => Some(false),
        _ => None,
    }
}
