//! What an entry of LDAP says about a person.

use mizumori_core::Groups;

use super::found::Found;
use super::guid;
use super::settings::{Flavour, LdapSettings};
use crate::address::{Addresses, NotTaken, Proxy, parse, proxy};
use crate::directory::OddityKind;
use crate::entry::{Entry, EntryId, Privilege, SecondFactor, Standing, language, names};
use crate::moment;

/// `userAccountControl` (MS-ADTS, 2.2.16): disabled; the password never expires, so that no change can be forced; a smart card is
/// asked for instead.
pub(super) const DISABLED: u32 = 0x2;
const NEVER_EXPIRES: u32 = 0x1_0000;
const SMART_CARD: u32 = 0x4_0000;

/// Names that are no addresses are kept up to so many.
const OTHER_NAMES: usize = 20;

/// ppolicy's time for: until an administrator says otherwise (draft-behera-ldap-password-policy-10, 5.3.3).
pub(super) const FOR_GOOD: &str = "000001010000Z";

/// An entry, and what is needed to finish it.
pub(super) struct Person {
    pub(super) entry: Entry,
    /// Its distinguished name now.
    pub(super) name: String,
    pub(super) odd: Vec<OddityKind>,
    /// What it names as its primary group.
    pub(super) primary: Option<String>,
    /// The superior, as it is written there.
    pub(super) superior: Option<String>,
    /// The keepers, likewise.
    pub(super) keepers: Vec<String>,
    /// Active Directory's flags.
    pub(super) control: Option<u32>,
}

impl Person {
    /// Reads what was found, or says why there is nobody.
    pub(super) fn read(settings: &LdapSettings, found: Found) -> Result<Self, OddityKind> {
        let own = &settings.attributes;
        let id = match settings.flavour {
            Flavour::ActiveDirectory => found.bytes(&own.id).and_then(guid::write),
            Flavour::OpenLdap => found.text(&own.id).map(str::to_owned),
        };
        let mut entry = Entry::new(id.and_then(EntryId::new).ok_or(OddityKind::NoId("id"))?);
        let mut odd = Vec::new();
        (entry.addresses, entry.other_names) = addresses(&own.addresses, &found, &mut odd);
        entry.login = found.text(&own.login).map(str::to_owned);
        if entry.addresses.is_empty() && entry.login.is_none() {
            return Err(OddityKind::Nameless);
        }
        let name = |option| found.text_in(&own.name, option).map(str::to_owned);
        let any = found.text(&own.name).or_else(|| found.text("cn")).map(str::to_owned);
        entry.names = names(name("lang-ja"), name("lang-en"), any);
        entry.lang = found.text(&own.lang).and_then(language);
        entry.second_factor = match own.second_factor.as_ref().map(|attribute| found.bytes(attribute)) {
            None => SecondFactor::Unknown,
            Some(None) => SecondFactor::Absent,
            Some(Some(value)) if says_no(value) => SecondFactor::Absent,
            Some(Some(_)) => SecondFactor::Present,
        };
        entry.held_since = found.text(&own.held_since).and_then(|text| {
            let time = moment::generalized(text);
            if time.is_none() {
                odd.push(OddityKind::BadTime("held since"));
            }
            time
        });
        if let Some(text) = own.other_address.as_ref().and_then(|attribute| found.text(attribute)) {
            entry.other_address = parse(text);
            if entry.other_address.is_none() {
                odd.push(OddityKind::BadAddress("other address"));
            }
        }
        // Those in which it is directly, where the server tells: of others that says nothing.
        let groups: Vec<_> = found.texts(&own.groups).map(str::to_owned).collect();
        if !groups.is_empty() {
            entry.groups = Groups::Some { asked: Vec::new(), found: groups };
        }
        let superior = own.superior.as_ref().and_then(|attribute| found.text(attribute)).map(str::to_owned);
        let keepers =
            own.keepers.iter().flat_map(|attribute| found.texts(attribute)).map(str::to_owned).collect();
        let primary = found.text(settings.flavour.primary_group()).map(str::to_owned);
        let name = found.name.clone();
        let mut person = Self { entry, name, odd, primary, superior, keepers, control: None };
        match settings.flavour {
            Flavour::ActiveDirectory => person.read_active_directory(settings, &found),
            Flavour::OpenLdap => person.read_open_ldap(settings, &found),
        }
        Ok(person)
    }

    /// Whether the password cannot be made to be changed.
    pub(super) const fn is_exempt(&self) -> bool {
        matches!(self.control, Some(control) if control & (NEVER_EXPIRES | SMART_CARD) != 0)
    }

    fn read_active_directory(&mut self, settings: &LdapSettings, found: &Found) {
        let control = found.text("userAccountControl");
        // Written as a signed number of 32 bits.
        self.control = control.and_then(|text| text.parse::<i32>().ok()).map(i32::cast_unsigned);
        self.entry.standing = match self.control {
            Some(control) if control & DISABLED != 0 => Standing::Disabled,
            Some(_) => Standing::Enabled,
            None => Standing::Unknown,
        };
        if control.is_some() && self.control.is_none() {
            self.odd.push(OddityKind::BadValue("userAccountControl"));
        }
        if found.text("adminCount").is_some_and(|count| count != "0") {
            self.entry.privilege = Privilege::Privileged;
        }
        match found.text(&settings.attributes.password_changed_at) {
            Some("0") => self.entry.must_change = !self.is_exempt(),
            Some(text) => self.password_changed_at(moment::filetime(text)),
            None => {}
        }
    }

    fn read_open_ldap(&mut self, settings: &LdapSettings, found: &Found) {
        let for_good = |text: &str| text == FOR_GOOD || text == "00000101000000Z";
        let locked = found.text("pwdAccountLockedTime").is_some_and(for_good);
        let disabled =
            locked || found.text("nsAccountLock").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        self.entry.standing = if disabled { Standing::Disabled } else { Standing::Enabled };
        self.entry.must_change = found.text("pwdReset").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        if let Some(text) = found.text(&settings.attributes.password_changed_at) {
            self.password_changed_at(moment::generalized(text));
        } else if let Some(days) = found.text("shadowLastChange") {
            // Days since 1970 (RFC 2307, 3.2); 0 asks for a change.
            match days.parse::<u64>() {
                Ok(0) => self.entry.must_change = true,
                Ok(days) => {
                    self.password_changed_at(days.checked_mul(86_400_000).and_then(moment::milliseconds));
                }
                // -1: not set.
                Err(_) => {}
            }
        }
    }

    fn password_changed_at(&mut self, time: Option<std::time::SystemTime>) {
        if time.is_none() {
            self.odd.push(OddityKind::BadTime("password changed at"));
        }
        self.entry.password_changed_at = time;
    }
}

fn addresses(
    attributes: &[String],
    found: &Found,
    odd: &mut Vec<OddityKind>,
) -> (Vec<mizumori_core::Account<'static>>, Vec<String>) {
    let mut others = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for value in attributes.iter().flat_map(|attribute| found.texts(attribute)) {
        match proxy(value) {
            Proxy::Primary(address) => first.push(address),
            Proxy::Other(address) => rest.push(address),
            Proxy::Foreign => {}
        }
    }
    let mut addresses = Addresses::default();
    for value in first.into_iter().chain(rest) {
        match addresses.add(value) {
            Ok(()) => {}
            Err(NotTaken::NoAddress) => {
                odd.push(OddityKind::BadAddress("addresses"));
                if others.len() < OTHER_NAMES {
                    others.push(value.to_owned());
                }
            }
            Err(NotTaken::TooMany) => {
                odd.push(OddityKind::TooManyAddresses);
                break;
            }
        }
    }
    (addresses.into_vec(), others)
}

fn says_no(value: &[u8]) -> bool {
    ["false", "0", "no", "off", ""].iter().any(|no| value.eq_ignore_ascii_case(no.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::exposed;

    fn read(flavour: Flavour, attributes: &[(&str, &[&str])]) -> Result<Person, OddityKind> {
        let mut settings = LdapSettings::new("ldaps://dc.suigen.example", "dc=suigen,dc=example", flavour);
        // A GUID is bytes, which happen to be text here.
        settings.attributes.second_factor = Some("mfa".into());
        Person::read(&settings, Found::of_texts("cn=x", attributes))
    }

    const GUID: (&str, &[&str]) = ("objectGUID", &["0123456789abcdef"]);
    const UUID: (&str, &[&str]) = ("entryUUID", &["u"]);

    #[test]
    fn addresses_primary_first() {
        let person = read(
            Flavour::ActiveDirectory,
            &[
                GUID,
                ("mail", &["old@suigen.example"]),
                (
                    "proxyAddresses",
                    &["smtp:old@suigen.example", "X500:/o=x", "SMTP:Taro@suigen.example", "smtp:no address"],
                ),
                ("userPrincipalName", &["taro@ad.suigen.example"]),
            ],
        )
        .ok()
        .unwrap();
        let shown: Vec<String> = person.entry.addresses.iter().map(exposed).collect();
        assert_eq!(shown, ["taro@suigen.example", "old@suigen.example", "taro@ad.suigen.example"]);
        assert_eq!(person.odd, [OddityKind::BadAddress("addresses")]);
    }

    #[test]
    fn who_is_nobody() {
        let why = |attributes: &[(&str, &[&str])]| read(Flavour::OpenLdap, attributes).err();
        assert_eq!(why(&[("uid", &["taro"])]), Some(OddityKind::NoId("id")));
        assert_eq!(why(&[UUID]), Some(OddityKind::Nameless));
        assert_eq!(why(&[UUID, ("mail", &["none"])]), Some(OddityKind::Nameless));
        assert_eq!(why(&[UUID, ("uid", &["taro"])]), None);
    }

    #[test]
    fn states_of_active_directory() {
        for (control, set, standing, must_change, known) in [
            ("512", "134383556960000000", Standing::Enabled, false, true),
            ("514", "0", Standing::Disabled, true, false),
            ("66048", "0", Standing::Enabled, false, false),
            ("262656", "0", Standing::Enabled, false, false),
            ("-2147483134", "134383556960000000", Standing::Disabled, false, true),
            ("many", "soon", Standing::Unknown, false, false),
        ] {
            let login: (&str, &[&str]) = ("sAMAccountName", &["taro"]);
            let entry = read(
                Flavour::ActiveDirectory,
                &[GUID, login, ("userAccountControl", &[control]), ("pwdLastSet", &[set])],
            )
            .ok()
            .unwrap()
            .entry;
            assert_eq!((entry.standing, entry.must_change), (standing, must_change), "{control}");
            assert_eq!(entry.password_changed_at.is_some(), known, "{control}");
        }
    }

    #[test]
    fn states_of_open_ldap() {
        for (attribute, value, standing, must_change) in [
            ("pwdAccountLockedTime", FOR_GOOD, Standing::Disabled, false),
            ("pwdAccountLockedTime", "20261105123456Z", Standing::Enabled, false),
            ("nsAccountLock", "TRUE", Standing::Disabled, false),
            ("pwdReset", "TRUE", Standing::Enabled, true),
            ("pwdReset", "FALSE", Standing::Enabled, false),
            ("shadowLastChange", "0", Standing::Enabled, true),
            ("shadowLastChange", "-1", Standing::Enabled, false),
        ] {
            let entry = read(Flavour::OpenLdap, &[UUID, ("uid", &["taro"]), (attribute, &[value])])
                .ok()
                .unwrap()
                .entry;
            assert_eq!((entry.standing, entry.must_change), (standing, must_change), "{attribute} {value}");
        }
        let changed = |attribute, value: &str| {
            let person =
                read(Flavour::OpenLdap, &[UUID, ("uid", &["taro"]), (attribute, &[value])]).ok().unwrap();
            (person.entry.password_changed_at.is_some(), person.odd.len())
        };
        assert_eq!(changed("shadowLastChange", "20000"), (true, 0));
        assert_eq!(changed("shadowLastChange", "18446744073709551615"), (false, 1));
        assert_eq!(changed("pwdChangedTime", "20261105123456Z"), (true, 0));
        assert_eq!(changed("pwdChangedTime", "yesterday"), (false, 1));
    }

    #[test]
    fn second_factors_and_languages() {
        for (value, expected) in [
            ("TRUE", SecondFactor::Present),
            ("otp:1", SecondFactor::Present),
            ("false", SecondFactor::Absent),
        ] {
            let entry =
                read(Flavour::OpenLdap, &[UUID, ("uid", &["taro"]), ("mfa", &[value])]).ok().unwrap().entry;
            assert_eq!(entry.second_factor, expected);
        }
        let person = read(
            Flavour::OpenLdap,
            &[
                UUID,
                ("uid", &["taro"]),
                ("cn", &["Taro"]),
                ("displayName;lang-ja", &["太郎"]),
                ("preferredLanguage", &["fr, en"]),
            ],
        );
        let entry = person.ok().unwrap().entry;
        assert_eq!(entry.second_factor, SecondFactor::Absent);
        let names = entry.names.unwrap();
        assert_eq!((names.ja.as_str(), names.en.as_str()), ("太郎", "Taro"));
        assert_eq!(entry.lang, Some(mizumori_core::Lang::En));
    }
}
