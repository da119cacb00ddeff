//! What a user of SCIM says about a person (RFC 7643, 4.1 to 4.3).

use std::collections::HashMap;

use mizumori_core::{Account, Groups, is_same_name};
use serde::Deserialize;
use serde_json::Value;

use super::{ScimDirectory, ScimSettings};
use crate::address::{Addresses, NotTaken, parse};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Privilege, Standing, language, names};
use crate::error::Result;
use crate::moment;
use crate::rest::is_segment;

/// Superiors that are remembered.
const REMEMBERED: usize = 10_000;

/// A user as it is written. Only the id has to be there: servers leave out what they like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    user_name: Option<String>,
    display_name: Option<String>,
    #[serde(default)]
    name: Option<Name>,
    /// A boolean, which some write as a text.
    active: Option<Value>,
    #[serde(default)]
    emails: Option<Vec<Email>>,
    preferred_language: Option<String>,
    locale: Option<String>,
    meta: Option<Meta>,
    #[serde(default)]
    groups: Option<Vec<Group>>,
    #[serde(rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")]
    enterprise: Option<Enterprise>,
}

#[derive(Deserialize)]
struct Name {
    formatted: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    value: Option<String>,
    primary: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    created: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    value: Option<String>,
    display: Option<String>,
}

#[derive(Deserialize)]
struct Enterprise {
    manager: Option<Manager>,
}

#[derive(Deserialize)]
struct Manager {
    value: Option<String>,
}

/// An entry, and what is needed to finish it.
pub(super) struct Person {
    pub(super) entry: Entry,
    pub(super) odd: Vec<OddityKind>,
    /// Whether the user tells of groups, by their names and ids.
    pub(super) tells: bool,
    superior: Option<EntryId>,
}

impl Person {
    /// Reads a user, or says why there is nobody.
    pub(super) fn read(user: Value, settings: &ScimSettings) -> std::result::Result<Self, OddityKind> {
        let user: User = serde_json::from_value(user).map_err(|_| OddityKind::Unreadable)?;
        let id = EntryId::new(user.id).filter(is_segment).ok_or(OddityKind::NoId("id"))?;
        let mut entry = Entry::new(id);
        let mut odd = Vec::new();
        let login = user.user_name.filter(|name| !name.trim().is_empty());
        let emails = user.emails.unwrap_or_default();
        let of = |primary: bool| {
            emails.iter().filter(move |email| !is_home(email) && (email.primary == Some(true)) == primary)
        };
        let mut addresses = Addresses::default();
        for text in of(true).chain(of(false)).filter_map(|email| email.value.as_deref()) {
            match addresses.add(text) {
                Ok(()) => {}
                Err(NotTaken::NoAddress) => odd.push(OddityKind::BadAddress("emails")),
                Err(NotTaken::TooMany) => {
                    odd.push(OddityKind::TooManyAddresses);
                    break;
                }
            }
        }
        if let Some(name) = login {
            // Where it is an address it is one of the account's, and no mistake otherwise.
            if addresses.add(&name).is_err() {
                entry.login = Some(name);
            }
        }
        entry.addresses = addresses.into_vec();
        if entry.addresses.is_empty() && entry.login.is_none() {
            return Err(OddityKind::Nameless);
        }
        entry.other_address =
            emails.iter().find(|email| is_home(email)).and_then(|email| parse(email.value.as_deref()?));
        let name = user.display_name.or_else(|| user.name.and_then(|name| name.formatted));
        entry.names = names(None, None, name.filter(|name| !name.trim().is_empty()));
        entry.lang = user.preferred_language.or(user.locale).as_deref().and_then(language);
        entry.standing = match &user.active {
            None | Some(Value::Null) => Standing::Unknown,
            Some(Value::Bool(true)) => Standing::Enabled,
            Some(Value::Bool(false)) => Standing::Disabled,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Standing::Enabled,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Standing::Disabled,
            Some(_) => {
                odd.push(OddityKind::BadValue("active"));
                Standing::Unknown
            }
        };
        if let Some(created) = user.meta.and_then(|meta| meta.created) {
            entry.held_since = moment::rfc3339(&created);
            if entry.held_since.is_none() {
                odd.push(OddityKind::BadTime("meta.created"));
            }
        }
        // A server need not tell of groups at the user.
        let (mut names, mut tells) = (Vec::new(), user.groups.is_some());
        for group in user.groups.unwrap_or_default() {
            let is_called = |name: &String| {
                let own = group.display.iter().chain(&group.value);
                own.into_iter().any(|own| is_same_name(own, name))
            };
            if settings.privileged_groups.iter().any(is_called) {
                entry.privilege = Privilege::Privileged;
            }
            // One that is told by its id only may have any name, and the other way round.
            tells &= group.display.is_some() && group.value.is_some();
            names.extend(group.display.into_iter().chain(group.value));
        }
        if tells {
            entry.groups = Groups::All(names);
        }
        let manager = user.enterprise.and_then(|enterprise| enterprise.manager?.value);
        let superior = manager.and_then(EntryId::new).filter(is_segment);
        Ok(Self { entry, odd, tells, superior })
    }
}

/// Whether an address is the second channel.
fn is_home(email: &Email) -> bool {
    email.primary != Some(true) && email.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("home"))
}

/// The addresses of superiors, whom SCIM names by their ids.
#[derive(Default)]
pub(super) struct Superiors(HashMap<EntryId, Option<Account<'static>>>);

impl Superiors {
    /// Fills in the superior.
    pub(super) async fn fill(&mut self, directory: &ScimDirectory, person: &mut Person) -> Result<()> {
        let Some(superior) = person.superior.take() else { return Ok(()) };
        if !self.0.contains_key(&superior) {
            let found = directory.by_id(superior.as_str()).await?;
            let address = found.and_then(|found| found.entry.addresses.into_iter().next());
            if self.0.len() == REMEMBERED {
                self.0.clear();
            }
            self.0.insert(superior.clone(), address);
        }
        person.entry.superior = self.0.get(&superior).cloned().flatten();
        if person.entry.superior.is_none() {
            person.odd.push(OddityKind::NoSuchPerson("manager"));
        }
        Ok(())
    }
}
