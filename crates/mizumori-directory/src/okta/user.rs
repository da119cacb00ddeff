//! What a user of Okta says about a person (the schemas `User`, `UserProfile`, `UserCredentials`).

use serde::Deserialize;
use serde_json::Value;

use crate::address::{Addresses, NotTaken, parse};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Standing, language, names};
use crate::moment;
use crate::rest::{Person, is_segment};

/// A user, and what is needed to finish and to neutralise it.
pub(super) struct User {
    pub(super) person: Person,
    pub(super) status: Status,
    /// Whether its password is another identity provider's.
    pub(super) is_federated: bool,
    pub(super) superior: Option<String>,
}

/// Where a user is in its life (`UserStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Active,
    Deprovisioned,
    LockedOut,
    PasswordExpired,
    Provisioned,
    Recovery,
    Staged,
    Suspended,
    #[serde(other)]
    Another,
}

/// A user as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    status: Status,
    created: Option<String>,
    password_changed: Option<String>,
    profile: Profile,
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    login: Option<String>,
    email: Option<String>,
    second_email: Option<String>,
    display_name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    preferred_language: Option<String>,
    locale: Option<String>,
    manager_id: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    provider: Option<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl User {
    /// Reads a user, or says why there is nobody.
    pub(super) fn read(user: Value) -> Result<Self, OddityKind> {
        let user: Written = serde_json::from_value(user).map_err(|_| OddityKind::Unreadable)?;
        let id = EntryId::new(user.id).filter(is_segment).ok_or(OddityKind::NoId("id"))?;
        let (mut entry, mut odd) = (Entry::new(id), Vec::new());
        let profile = user.profile;
        let mut addresses = Addresses::default();
        if let Some(email) = profile.email
            && addresses.add(&email) == Err(NotTaken::NoAddress)
        {
            odd.push(OddityKind::BadAddress("email"));
        }
        // Where it is an address it is one of the account's, and no mistake otherwise.
        let login = profile.login.filter(|login| !login.trim().is_empty());
        entry.login = login.filter(|login| addresses.add(login).is_err());
        entry.addresses = addresses.into_vec();
        if entry.addresses.is_empty() && entry.login.is_none() {
            return Err(OddityKind::Nameless);
        }
        if let Some(text) = profile.second_email.filter(|text| !text.trim().is_empty()) {
            entry.other_address = parse(&text).filter(|other| !entry.addresses.contains(other));
            if entry.other_address.is_none() {
                odd.push(OddityKind::BadAddress("secondEmail"));
            }
        }
        let language_is = profile.preferred_language.or(profile.locale);
        entry.lang = language_is.as_deref().and_then(language);
        let both = profile.first_name.zip(profile.last_name);
        let name = profile.display_name.or_else(|| both.map(|(first, last)| format!("{first} {last}")));
        entry.names = names(None, None, name.filter(|name| !name.trim().is_empty()));
        entry.standing = match user.status {
            Status::Active | Status::LockedOut | Status::PasswordExpired | Status::Recovery => {
                Standing::Enabled
            }
            Status::Deprovisioned | Status::Suspended => Standing::Disabled,
            // Whoever was not activated yet may be at any time, with a password that was set for him.
            Status::Provisioned | Status::Staged | Status::Another => Standing::Unknown,
        };
        entry.must_change = user.status == Status::PasswordExpired;
        let mut time = |text: Option<String>, name| {
            let text = text?;
            let time = moment::rfc3339(&text);
            if time.is_none() {
                odd.push(OddityKind::BadTime(name));
            }
            time
        };
        entry.held_since = time(user.created, "created");
        entry.password_changed_at = time(user.password_changed, "passwordChanged");
        let provider = user.credentials.and_then(|credentials| credentials.provider?.kind);
        Ok(Self {
            person: Person { entry, odd },
            status: user.status,
            is_federated: matches!(provider.as_deref(), Some("FEDERATION" | "SOCIAL")),
            superior: profile.manager_id.filter(|named| !named.trim().is_empty()),
        })
    }
}
