//! What has to be known of an LDAP server.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::Secret;
use url::{Host, Url};

use super::{filter, guid};
use crate::address::exposed;
use crate::entry::Whom;
use crate::error::{DirectoryError, Result};

/// Which kind of directory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Active Directory of Microsoft or Samba.
    ActiveDirectory,
    /// OpenLDAP and others with `inetOrgPerson` or RFC 2307's `posixAccount`.
    OpenLdap,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the beginning (`ldaps`).
    Tls,
    /// TLS before anything else is said (RFC 4511, 4.14); a server that does not offer it is not talked to.
    StartTls,
    /// None, and the server must be on loopback.
    PlainOnLoopback,
    /// None at all: the service account's password crosses the network in clear.
    Plain,
}

/// An LDAP server and what to read there.
#[derive(Clone, Debug)]
pub struct LdapSettings {
    /// Where it is: `ldaps://host[:port]` or `ldap://host[:port]`.
    pub url: String,
    /// How the connection is protected. `ldaps` goes with [`Protection::Tls`] only.
    pub protection: Protection,
    /// A file of authorities (PEM) that are trusted beside those of the system.
    pub extra_ca: Option<PathBuf>,
    /// Whom to bind as: a distinguished name; in Active Directory also a userPrincipalName.
    pub bind_name: String,
    /// The password for it.
    pub bind_password: Secret<String>,
    /// Below which entry people are.
    pub base: String,
    /// Who they are (RFC 4515).
    pub filter: String,
    /// Which kind of directory it is.
    pub flavour: Flavour,
    /// Where it keeps what.
    pub attributes: Attributes,
    /// Distinguished names of groups whose members, nested ones too, are privileged.
    pub privileged_groups: Vec<String>,
    /// Groups of which it is asked who is in them, nested ones too, by their names or distinguished names.
    pub groups: Vec<String>,
    /// Entries a page, 1 to 10,000.
    pub page: u16,
    /// How long a connection may take, TLS included.
    pub connect_timeout: Duration,
    /// How long an answer may take; for a reading, a page.
    pub timeout: Duration,
}

/// The attributes in which a directory keeps what we read. Those that are `None` are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// What stays the same: binary `objectGUID` in Active Directory, a text elsewhere.
    pub id: String,
    /// Addresses in order, the primary one first, unless a value begins with `SMTP:`, which makes it the primary one.
    pub addresses: Vec<String>,
    /// The user name.
    pub login: String,
    /// The name that people know, also with the options `;lang-ja` and `;lang-en` (RFC 3866).
    pub name: String,
    /// The preferred language.
    pub lang: String,
    /// There, and neither `FALSE`, `0` nor `no`: a second factor is registered.
    pub second_factor: Option<String>,
    /// Since when the holder has it.
    pub held_since: String,
    /// When the password changed: FILETIME in Active Directory, GeneralizedTime elsewhere.
    pub password_changed_at: String,
    /// The superior: a distinguished name or an address.
    pub superior: Option<String>,
    /// A second channel: an address.
    pub other_address: Option<String>,
    /// Who keeps a shared mailbox: distinguished names or addresses.
    pub keepers: Option<String>,
    /// The groups that an entry is in.
    pub groups: String,
}

impl LdapSettings {
    /// What is usual for a directory of this kind, with TLS.
    pub fn new(url: impl Into<String>, base: impl Into<String>, flavour: Flavour) -> Self {
        let url = url.into();
        let protection = if url.starts_with("ldaps:") { Protection::Tls } else { Protection::StartTls };
        Self {
            url,
            protection,
            extra_ca: None,
            bind_name: String::new(),
            bind_password: Secret::default(),
            base: base.into(),
            filter: flavour.people().to_owned(),
            flavour,
            attributes: Attributes::of(flavour),
            privileged_groups: Vec::new(),
            groups: Vec::new(),
            page: 500,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        }
    }

    /// Whether they can be.
    pub(super) fn check(&self) -> Result<()> {
        let bad = |why: &str| Err(DirectoryError::Settings(why.to_owned()));
        let Some((scheme, host)) = self.place() else {
            return bad("the URL is none of the form ldaps://host or ldap://host");
        };
        let loopback = match &host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
            Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
        };
        match (scheme.as_str(), self.protection) {
            ("ldaps", Protection::Tls) | ("ldap", Protection::StartTls | Protection::Plain) => {}
            ("ldap", Protection::PlainOnLoopback) if loopback => {}
            ("ldap", Protection::PlainOnLoopback) => {
                return bad("a connection without TLS goes to loopback only, unless it is set expressly");
            }
            ("ldaps", _) => return bad("a URL with ldaps is protected by TLS from the beginning"),
            _ => return bad("TLS from the beginning needs a URL with ldaps"),
        }
        // A bind without a password succeeds anywhere and means nothing (RFC 4513, 5.1.2).
        if self.bind_password.expose().is_empty() != self.bind_name.is_empty() {
            return bad("name and password of the service account go together");
        }
        if !(1..=10_000).contains(&self.page) {
            return bad("a page has 1 to 10,000 entries");
        }
        if !filter::is_filter(&self.filter) {
            return bad("the filter is none (RFC 4515)");
        }
        let attributes = &self.attributes;
        if attributes.id.is_empty() || attributes.addresses.iter().any(String::is_empty) {
            return bad("the attributes of id and addresses have names");
        }
        Ok(())
    }

    fn place(&self) -> Option<(String, Host<String>)> {
        let url = Url::parse(&self.url).ok()?;
        // For a scheme that it does not know the library leaves an address as it is written.
        let host = Host::parse(url.host_str().filter(|host| !host.is_empty())?).ok()?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        bare.then(|| (url.scheme().to_owned(), host))
    }

    /// How the server is called in messages: host and port, nothing else of the URL.
    pub(super) fn server(&self) -> String {
        let url = Url::parse(&self.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("the server").to_owned();
        match url.as_ref().and_then(Url::port) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// What to ask for.
    pub(super) fn wanted(&self) -> Vec<String> {
        let own = &self.attributes;
        let mut wanted = vec![&own.id, &own.login, &own.name, &own.lang, &own.held_since, &own.groups];
        wanted.push(&own.password_changed_at);
        wanted.extend(&own.addresses);
        wanted.extend(
            [&own.second_factor, &own.superior, &own.other_address, &own.keepers].into_iter().flatten(),
        );
        let mut wanted: Vec<String> = wanted.into_iter().filter(|name| !name.is_empty()).cloned().collect();
        let others = self.flavour.states().iter().copied().chain([self.flavour.primary_group()]);
        wanted.extend(others.map(str::to_owned));
        wanted.sort_by_key(|name| name.to_ascii_lowercase());
        wanted.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        wanted
    }

    /// A filter for one entry; `None` when there can be none.
    pub(super) fn filter_for(&self, whom: &Whom) -> Option<String> {
        let own = &self.attributes;
        let condition = match whom {
            Whom::Id(id) => {
                let value = match self.flavour {
                    Flavour::ActiveDirectory => filter::escape_bytes(&guid::parse(id.as_str())?),
                    Flavour::OpenLdap => filter::escape(id.as_str()),
                };
                format!("({}={value})", own.id)
            }
            Whom::Address(account) => {
                let address = filter::escape(&exposed(account));
                let one = |name: &String| {
                    if name.eq_ignore_ascii_case("proxyAddresses") {
                        format!("({name}=smtp:{address})")
                    } else {
                        format!("({name}={address})")
                    }
                };
                format!("(|{})", own.addresses.iter().map(one).collect::<String>())
            }
        };
        Some(format!("(&{}{condition})", self.filter))
    }
}

impl Flavour {
    const fn people(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "(&(objectCategory=person)(objectClass=user))",
            Self::OpenLdap => "(|(objectClass=inetOrgPerson)(objectClass=posixAccount))",
        }
    }

    /// Attributes that tell the state of an account, beside those that are settings.
    const fn states(self) -> &'static [&'static str] {
        match self {
            Self::ActiveDirectory => &["adminCount", "userAccountControl"],
            Self::OpenLdap => {
                &["cn", "nsAccountLock", "pwdAccountLockedTime", "pwdReset", "shadowLastChange"]
            }
        }
    }

    /// The attribute by which an account names its primary group, in which it stands nowhere else.
    pub(super) const fn primary_group(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "primaryGroupID",
            Self::OpenLdap => "gidNumber",
        }
    }
}

impl Attributes {
    /// What is usual for a directory of this kind.
    pub fn of(flavour: Flavour) -> Self {
        let text = str::to_owned;
        match flavour {
            Flavour::ActiveDirectory => Self {
                id: text("objectGUID"),
                addresses: vec![text("mail"), text("proxyAddresses"), text("userPrincipalName")],
                login: text("sAMAccountName"),
                name: text("displayName"),
                lang: text("preferredLanguage"),
                second_factor: None,
                held_since: text("whenCreated"),
                password_changed_at: text("pwdLastSet"),
                superior: Some(text("manager")),
                other_address: None,
                keepers: None,
                groups: text("memberOf"),
            },
            Flavour::OpenLdap => Self {
                id: text("entryUUID"),
                addresses: vec![text("mail"), text("mailAlternateAddress"), text("mailLocalAddress")],
                login: text("uid"),
                name: text("displayName"),
                lang: text("preferredLanguage"),
                second_factor: None,
                held_since: text("createTimestamp"),
                password_changed_at: text("pwdChangedTime"),
                superior: Some(text("manager")),
                other_address: None,
                keepers: None,
                groups: text("memberOf"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use crate::entry::EntryId;

    fn settings(url: &str, protection: Protection) -> LdapSettings {
        LdapSettings { protection, ..LdapSettings::new(url, "dc=suigen,dc=example", Flavour::OpenLdap) }
    }

    #[test]
    fn protection() {
        use Protection::{Plain, PlainOnLoopback, StartTls, Tls};
        for (url, protection, good) in [
            ("ldaps://dc.suigen.example", Tls, true),
            ("ldaps://dc.suigen.example:3269", Tls, true),
            ("ldap://dc.suigen.example", StartTls, true),
            ("ldap://dc.suigen.example", Plain, true),
            ("ldap://dc.suigen.example", PlainOnLoopback, false),
            ("ldap://dc.suigen.example", Tls, false),
            ("ldaps://dc.suigen.example", Plain, false),
            ("ldap://127.0.0.2:389", PlainOnLoopback, true),
            ("ldap://[::1]:389", PlainOnLoopback, true),
            ("ldap://localhost", PlainOnLoopback, true),
            ("ldap://127.0.0.1.suigen.example", PlainOnLoopback, false),
            ("https://dc.suigen.example", Tls, false),
            ("ldap://", StartTls, false),
            ("ldaps://user:pass@dc.suigen.example", Tls, false),
            ("dc.suigen.example", Tls, false),
        ] {
            assert_eq!(settings(url, protection).check().is_ok(), good, "{url} {protection:?}");
        }
    }

    #[test]
    fn what_cannot_be() {
        let good = settings("ldaps://dc.suigen.example", Protection::Tls);
        for bad in [
            LdapSettings { filter: "(mail=*".into(), ..good.clone() },
            LdapSettings { page: 0, ..good.clone() },
            LdapSettings { bind_name: "cn=x".into(), ..good.clone() },
            LdapSettings { bind_password: Secret::new("canary".into()), ..good.clone() },
        ] {
            let error = bad.check().unwrap_err();
            assert!(!format!("{error} {error:?} {bad:?}").contains("canary"));
        }
    }

    #[test]
    fn values_are_escaped() {
        let good = settings("ldaps://dc.suigen.example", Protection::Tls);
        let id = |text: &str| Whom::Id(EntryId::new(text).unwrap());
        let filter = good.filter_for(&id("*)(uid=*")).unwrap();
        assert!(filter.ends_with(r"(entryUUID=\2a\29\28uid=\2a))"), "{filter}");
        let address = Whom::Address(parse("a*b@a.example").unwrap());
        assert!(good.filter_for(&address).unwrap().contains(r"(mail=a\2ab@a.example)"));
        let ad = LdapSettings {
            attributes: Attributes::of(Flavour::ActiveDirectory),
            flavour: Flavour::ActiveDirectory,
            ..good
        };
        assert_eq!(ad.filter_for(&id("no-guid")), None);
        let filter = ad.filter_for(&id("01020304-0506-0708-090a-0b0c0d0e0f10")).unwrap();
        assert!(
            filter.contains(r"(objectGUID=\04\03\02\01\06\05\08\07\09\0a\0b\0c\0d\0e\0f\10)"),
            "{filter}"
        );
        assert!(ad.filter_for(&address).unwrap().contains(r"(proxyAddresses=smtp:a\2ab@a.example)"));
    }
}
