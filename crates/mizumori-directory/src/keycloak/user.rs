//! What a user of Keycloak says about a person (`UserRepresentation`, `CredentialRepresentation`).

use std::collections::HashMap;

use mizumori_core::Account;
use serde::Deserialize;
use serde_json::Value;

use super::KeycloakSettings;
use crate::address::{Addresses, NotTaken, parse};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, SecondFactor, Standing, language, names};
use crate::moment;
use crate::rest::{Person, is_segment};

/// What has to be done before anything else when somebody signs on.
pub(super) const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";
/// The kinds of credentials that are a second factor. Codes for emergencies are none that anybody uses.
const FACTORS: [&str; 3] = ["otp", "webauthn", "webauthn-passwordless"];

/// A user, and all that the server said of him: that is written back when something is changed.
pub(super) struct User {
    pub(super) person: Person,
    pub(super) whole: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    username: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    enabled: Option<bool>,
    created_timestamp: Option<u64>,
    attributes: Option<HashMap<String, Vec<String>>>,
    required_actions: Option<Vec<String>>,
}

/// Something that a user signs on with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential {
    #[serde(rename = "type")]
    kind: Option<String>,
    created_date: Option<i64>,
}

impl User {
    /// Reads a user, or says why there is nobody.
    pub(super) fn read(whole: Value, settings: &KeycloakSettings) -> Result<Self, OddityKind> {
        let user = Written::deserialize(&whole).map_err(|_| OddityKind::Unreadable)?;
        let id = EntryId::new(user.id).filter(is_segment).ok_or(OddityKind::NoId("id"))?;
        let (mut entry, mut odd) = (Entry::new(id), Vec::new());
        let mut addresses = Addresses::default();
        if let Some(email) = user.email
            && addresses.add(&email) == Err(NotTaken::NoAddress)
        {
            odd.push(OddityKind::BadAddress("email"));
        }
        // Where it is an address it is one of the account's, and no mistake otherwise.
        let login = user.username.filter(|name| !name.trim().is_empty());
        entry.login = login.filter(|name| addresses.add(name).is_err());
        entry.addresses = addresses.into_vec();
        if entry.addresses.is_empty() && entry.login.is_none() {
            return Err(OddityKind::Nameless);
        }
        let attributes = user.attributes.unwrap_or_default();
        let first = |name: &str| attributes.get(name)?.iter().find(|text| !text.trim().is_empty());
        let mut address = |name: &Option<String>, what| -> Option<Account<'static>> {
            let text = first(name.as_deref()?)?;
            let address = parse(text);
            if address.is_none() {
                odd.push(OddityKind::BadAddress(what));
            }
            address
        };
        entry.superior = address(&settings.superior, "the superior's attribute");
        entry.other_address = address(&settings.other_address, "the other address's attribute")
            .filter(|other| !entry.addresses.contains(other));
        entry.lang = first("locale").and_then(|text| language(text));
        let parts = [user.first_name, user.last_name].into_iter().flatten();
        let name = parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(" ");
        entry.names = names(None, None, Some(name).filter(|name| !name.is_empty()));
        entry.standing = match user.enabled {
            None => Standing::Unknown,
            Some(true) => Standing::Enabled,
            Some(false) => Standing::Disabled,
        };
        entry.must_change = user.required_actions.iter().flatten().any(|action| action == UPDATE_PASSWORD);
        entry.held_since = user.created_timestamp.and_then(moment::milliseconds);
        Ok(Self { person: Person { entry, odd }, whole })
    }

    /// Fills in what the credentials say. Who has none here signs on elsewhere, and nothing is said of that.
    pub(super) fn take(&mut self, credentials: &[Credential]) {
        let is = |credential: &Credential, kind: &str| credential.kind.as_deref() == Some(kind);
        let password = credentials.iter().find(|credential| is(credential, "password"));
        let entry = &mut self.person.entry;
        entry.password_changed_at = password.and_then(|password| {
            moment::milliseconds(u64::try_from(password.created_date?).ok().filter(|date| *date > 0)?)
        });
        let is_factor = |credential| FACTORS.iter().any(|kind| is(credential, kind));
        entry.second_factor = if credentials.iter().any(is_factor) {
            SecondFactor::Present
        } else if password.is_some() {
            SecondFactor::Absent
        } else {
            SecondFactor::Unknown
        };
    }
}
