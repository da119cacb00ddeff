//! What a user of Microsoft Graph says about a person (`resources/user`).

use serde::Deserialize;
use serde_json::Value;

use crate::address::{Addresses, NotTaken, Proxy, parse, proxy};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Standing, language, names};
use crate::moment;
use crate::rest::{Person, is_segment};

/// What is asked for: by itself the service gives less.
pub(super) const FIELDS: &str = "id,accountEnabled,createdDateTime,displayName,lastPasswordChangeDateTime,mail,\
     onPremisesSyncEnabled,otherMails,passwordProfile,preferredLanguage,proxyAddresses,userPrincipalName,userType";

/// A user, and whether another directory has the say over it.
pub(super) struct User {
    pub(super) person: Person,
    pub(super) is_synchronised: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    id: String,
    account_enabled: Option<bool>,
    created_date_time: Option<String>,
    display_name: Option<String>,
    last_password_change_date_time: Option<String>,
    mail: Option<String>,
    on_premises_sync_enabled: Option<bool>,
    other_mails: Option<Vec<String>>,
    password_profile: Option<PasswordProfile>,
    preferred_language: Option<String>,
    proxy_addresses: Option<Vec<String>>,
    user_principal_name: Option<String>,
    user_type: Option<String>,
    manager: Option<Manager>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasswordProfile {
    force_change_password_next_sign_in: Option<bool>,
    force_change_password_next_sign_in_with_mfa: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manager {
    mail: Option<String>,
    user_principal_name: Option<String>,
}

impl User {
    /// Reads a user, or says why there is nobody; `None` for a guest.
    pub(super) fn read(user: Value) -> Result<Option<Self>, OddityKind> {
        let user: Written = serde_json::from_value(user).map_err(|_| OddityKind::Unreadable)?;
        if user.user_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("guest")) {
            return Ok(None);
        }
        let id = EntryId::new(&*user.id).filter(is_segment).ok_or(OddityKind::NoId("id"))?;
        let mut entry = Entry::new(id);
        let mut odd = Vec::new();
        entry.login = addresses(&user, &mut entry, &mut odd);
        if entry.addresses.is_empty() && entry.login.is_none() {
            return Err(OddityKind::Nameless);
        }
        // What this account's own mailbox gets is no second channel.
        entry.other_address = user.other_mails.unwrap_or_default().iter().find_map(|text| {
            let other = parse(text)?;
            let is_own = entry.addresses.iter().any(|own| own.host() == other.host());
            (!is_own).then_some(other)
        });
        entry.names = names(None, None, user.display_name.filter(|name| !name.trim().is_empty()));
        entry.lang = user.preferred_language.as_deref().and_then(language);
        entry.standing = match user.account_enabled {
            None => Standing::Unknown,
            Some(true) => Standing::Enabled,
            Some(false) => Standing::Disabled,
        };
        let mut time = |text: Option<String>, name| {
            let text = text?;
            let time = moment::rfc3339(&text);
            if time.is_none() {
                odd.push(OddityKind::BadTime(name));
            }
            time
        };
        entry.held_since = time(user.created_date_time, "createdDateTime");
        entry.password_changed_at = time(user.last_password_change_date_time, "lastPasswordChangeDateTime");
        entry.must_change = user.password_profile.is_some_and(|profile| {
            profile.force_change_password_next_sign_in == Some(true)
                || profile.force_change_password_next_sign_in_with_mfa == Some(true)
        });
        if let Some(manager) = user.manager {
            let named = [manager.mail, manager.user_principal_name];
            entry.superior = named.iter().flatten().find_map(|text| parse(text));
            if entry.superior.is_none() {
                odd.push(OddityKind::NoSuchPerson("manager"));
            }
        }
        let is_synchronised = user.on_premises_sync_enabled == Some(true);
        Ok(Some(Self { person: Person { entry, odd }, is_synchronised }))
    }
}

/// Fills in the addresses, the primary one first, and gives the user name where it is none of them.
fn addresses(user: &Written, entry: &mut Entry, odd: &mut Vec<OddityKind>) -> Option<String> {
    let proxies: Vec<Proxy<'_>> =
        user.proxy_addresses.iter().flatten().map(|value| proxy(value.as_str())).collect();
    let primary = proxies.iter().filter_map(|value| match value {
        Proxy::Primary(address) => Some(("proxyAddresses", *address)),
        Proxy::Other(_) | Proxy::Foreign => None,
    });
    let others = proxies.iter().filter_map(|value| match value {
        Proxy::Other(address) => Some(("proxyAddresses", *address)),
        Proxy::Primary(_) | Proxy::Foreign => None,
    });
    let mail = user.mail.as_deref().map(|address| ("mail", address));
    let mut taken = Addresses::default();
    for (name, address) in primary.chain(mail).chain(others) {
        match taken.add(address) {
            Ok(()) => {}
            Err(NotTaken::NoAddress) => odd.push(OddityKind::BadAddress(name)),
            Err(NotTaken::TooMany) => {
                odd.push(OddityKind::TooManyAddresses);
                break;
            }
        }
    }
    let name = user.user_principal_name.clone().filter(|name| !name.trim().is_empty());
    let login = name.filter(|name| taken.add(name).is_err());
    entry.addresses = taken.into_vec();
    login
}
