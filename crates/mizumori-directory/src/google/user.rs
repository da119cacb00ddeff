//! What a user of the Directory API says about a person (`users`, the resource).

use serde::Deserialize;
use serde_json::Value;

use crate::address::{Addresses, NotTaken, parse};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Privilege, SecondFactor, Standing, language, names};
use crate::moment;
use crate::rest::{Person, is_segment};

/// What is asked for, and no more.
pub(super) const FIELDS: &str = "id,primaryEmail,name/fullName,isAdmin,isDelegatedAdmin,suspended,archived,\
     changePasswordAtNextLogin,creationTime,aliases,nonEditableAliases,isEnrolledIn2Sv,recoveryEmail,languages,relations";

/// A user as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    primary_email: Option<String>,
    name: Option<Name>,
    is_admin: Option<bool>,
    is_delegated_admin: Option<bool>,
    suspended: Option<bool>,
    archived: Option<bool>,
    change_password_at_next_login: Option<bool>,
    creation_time: Option<String>,
    aliases: Option<Vec<String>>,
    non_editable_aliases: Option<Vec<String>>,
    is_enrolled_in2_sv: Option<bool>,
    recovery_email: Option<String>,
    languages: Option<Vec<Spoken>>,
    relations: Option<Vec<Relation>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    full_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spoken {
    language_code: Option<String>,
    preference: Option<String>,
}

#[derive(Deserialize)]
struct Relation {
    value: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a user, or says why there is nobody.
pub(super) fn read(user: Value) -> Result<Person, OddityKind> {
    let user: User = serde_json::from_value(user).map_err(|_| OddityKind::Unreadable)?;
    let id = EntryId::new(user.id).filter(is_segment).ok_or(OddityKind::NoId("id"))?;
    let mut entry = Entry::new(id);
    let mut odd = Vec::new();
    let mut addresses = Addresses::default();
    let aliases = user.aliases.into_iter().chain(user.non_editable_aliases).flatten();
    let named = user.primary_email.into_iter().map(|text| ("primaryEmail", text));
    for (name, text) in named.chain(aliases.map(|text| ("aliases", text))) {
        match addresses.add(&text) {
            Ok(()) => {}
            Err(NotTaken::NoAddress) => odd.push(OddityKind::BadAddress(name)),
            Err(NotTaken::TooMany) => {
                odd.push(OddityKind::TooManyAddresses);
                break;
            }
        }
    }
    entry.addresses = addresses.into_vec();
    if entry.addresses.is_empty() {
        return Err(OddityKind::Nameless);
    }
    if let Some(text) = user.recovery_email.filter(|text| !text.trim().is_empty()) {
        entry.other_address = parse(&text).filter(|other| !entry.addresses.contains(other));
        if entry.other_address.is_none() {
            odd.push(OddityKind::BadAddress("recoveryEmail"));
        }
    }
    let name = user.name.and_then(|name| name.full_name);
    entry.names = names(None, None, name.filter(|name| !name.trim().is_empty()));
    entry.lang = user.languages.into_iter().flatten().find_map(|spoken| {
        let is_preferred = spoken.preference.is_none_or(|word| word.eq_ignore_ascii_case("preferred"));
        language(&spoken.language_code.filter(|_| is_preferred)?)
    });
    entry.standing = match (user.suspended, user.archived) {
        (Some(true), _) | (_, Some(true)) => Standing::Disabled,
        (Some(false), _) => Standing::Enabled,
        (None, _) => Standing::Unknown,
    };
    if user.is_admin == Some(true) || user.is_delegated_admin == Some(true) {
        entry.privilege = Privilege::Privileged;
    }
    entry.second_factor = match user.is_enrolled_in2_sv {
        None => SecondFactor::Unknown,
        Some(true) => SecondFactor::Present,
        Some(false) => SecondFactor::Absent,
    };
    entry.must_change = user.change_password_at_next_login == Some(true);
    if let Some(created) = user.creation_time {
        entry.held_since = moment::rfc3339(&created);
        if entry.held_since.is_none() {
            odd.push(OddityKind::BadTime("creationTime"));
        }
    }
    let manager = user.relations.into_iter().flatten().find_map(|relation| {
        let is_manager = relation.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("manager"));
        relation.value.filter(|text| is_manager && !text.trim().is_empty())
    });
    if let Some(manager) = manager {
        entry.superior = parse(&manager);
        if entry.superior.is_none() {
            odd.push(OddityKind::BadAddress("relations"));
        }
    }
    Ok(Person { entry, odd })
}
