//! The tags of a lake: accounts, domains and secrets as integers that sort and tell nothing.
//!
//! An account's tag is two integers of eight bytes. Its first four bytes are a keyed hash of the registrable domain,
//! so that an account is a point and a domain a range of the sort order; the other twelve are a keyed hash of the
//! canonical account. A lake keeps integers because statistics that let a reader skip files are kept for them.
//!
//! A new key does not replace the old one, it comes on top of it: the new tag is the keyed hash of the old tag. So a lake
//! is brought under a new key in one pass over its tags, without any account.

use std::fmt;

use super::master::KEY;
use crate::tag::keyed;
use crate::{Account, Secret, domain};

/// What stands for an account (or for a login at a site) in a lake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountTag {
    /// The domain's four bytes, then four of the account's.
    pub hi: i64,
    /// The account's other eight bytes. The last bit tells a login from an account.
    pub lo: i64,
}

impl AccountTag {
    /// Whether it stands for a login at a site, and not for an account.
    pub const fn is_login(self) -> bool {
        self.lo & 1 == 1
    }

    const fn as_account(self) -> Self {
        Self { hi: self.hi, lo: self.lo & !1 }
    }

    const fn as_login(self) -> Self {
        Self { hi: self.hi, lo: self.lo | 1 }
    }
}

/// The tags of one domain: all `hi` from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainRange {
    /// The least `hi`.
    pub first: i64,
    /// The greatest `hi`.
    pub last: i64,
}

/// What stands for an account's secret: it tells the secrets of one account apart, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretTag(pub i64);

/// What stands for one stealer log: the records of one computer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogTag(pub i64);

impl fmt::Debug for LogTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tag]")
    }
}

/// What the tags of all accounts at a host begin with, under the first layer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HostTag([u8; 4]);

impl fmt::Debug for HostTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tag]")
    }
}

impl fmt::Debug for AccountTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tag]")
    }
}

impl fmt::Debug for SecretTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[tag]")
    }
}

/// The keys of one layer, derived from one.
#[derive(Clone, Debug)]
struct Layer {
    domain: Secret<[u8; KEY]>,
    account: Secret<[u8; KEY]>,
    login: Secret<[u8; KEY]>,
    secret: Secret<[u8; KEY]>,
    log: Secret<[u8; KEY]>,
}

impl Layer {
    fn of(root: &[u8; KEY]) -> Self {
        let derived = |context: &str| Secret::new(blake3::derive_key(context, root));
        Self {
            domain: derived("mizumori 2026-11 lake tag of a domain"),
            account: derived("mizumori 2026-11 lake tag of an account"),
            login: derived("mizumori 2026-11 lake tag of a login at a site"),
            secret: derived("mizumori 2026-11 lake tag of a secret"),
            log: derived("mizumori 2026-11 lake tag of a stealer log"),
        }
    }
}

/// Makes the tags of a lake: the first layer from what is read, every further one from the tags of the layer below.
#[derive(Clone, Debug)]
pub struct TagLayers {
    first: Layer,
    further: Vec<Layer>,
}

impl TagLayers {
    pub(super) fn new(first: &[u8; KEY], further: impl IntoIterator<Item = [u8; KEY]>) -> Self {
        Self { first: Layer::of(first), further: further.into_iter().map(|root| Layer::of(&root)).collect() }
    }

    /// How many layers there are; at least one.
    pub fn layers(&self) -> usize {
        1 + self.further.len()
    }

    /// What the tags of accounts (and of logins) at the canonical `host` begin with. Whoever tags many rows keeps it
    /// for each host: it costs a look at the public suffix list and a hash.
    pub fn host(&self, host: &str) -> HostTag {
        HostTag(head(keyed(self.first.domain.expose(), [domain::registrable(host).as_bytes()])))
    }

    /// The tag of an account.
    pub fn account(&self, account: &Account<'_>) -> AccountTag {
        self.account_at(self.host(account.host()), account, None).0
    }

    /// The tag of a login that is no account, at the site whose canonical host is `host`. It lies in the range of the
    /// site's domain.
    pub fn login(&self, login: &str, host: &str) -> AccountTag {
        self.login_at(self.host(host), login, host, None).0
    }

    /// The tags of an account and, where there is one, of a secret of it; `at` is its host's.
    pub fn account_at(
        &self,
        at: HostTag,
        account: &Account<'_>,
        secret: Option<&str>,
    ) -> (AccountTag, Option<SecretTag>) {
        let key = self.first.account.expose();
        let rest = keyed(key, [account.local().as_bytes(), b"@", account.host().as_bytes()]);
        self.with(joined(at.0, rest).as_account(), secret)
    }

    /// The tags of a login at the site `host` and, where there is one, of a secret of it; `at` is the site's.
    pub fn login_at(
        &self,
        at: HostTag,
        login: &str,
        host: &str,
        secret: Option<&str>,
    ) -> (AccountTag, Option<SecretTag>) {
        let length = (host.len() as u64).to_le_bytes();
        let rest = keyed(self.first.login.expose(), [&length, host.as_bytes(), login.as_bytes()]);
        self.with(joined(at.0, rest).as_login(), secret)
    }

    /// A secret's tag is made with the first layer's tag of its account: only so can a layer come on top of both.
    fn with(&self, first: AccountTag, secret: Option<&str>) -> (AccountTag, Option<SecretTag>) {
        let secret = secret.map(|secret| {
            let tag = keyed(self.first.secret.expose(), [&bytes(first), secret.as_bytes()]);
            self.further.iter().fold(SecretTag(integer(tag, 0)), layered_secret)
        });
        (self.through(first), secret)
    }

    /// The tag of one stealer log: of the folder in which its files lie, in its source.
    pub fn log(&self, source: &str, folder: &str) -> LogTag {
        let length = (source.len() as u64).to_le_bytes();
        let tag = keyed(self.first.log.expose(), [&length, source.as_bytes(), folder.as_bytes()]);
        self.further.iter().fold(LogTag(integer(tag, 0)), layered_log)
    }

    /// Where the tags of the registrable domain of a canonical `host` lie.
    pub fn domain(&self, host: &str) -> DomainRange {
        let HostTag(mut domain) = self.host(host);
        for layer in &self.further {
            domain = layered_domain(layer, domain);
        }
        let first = i64::from(i32::from_be_bytes(domain)) << 32;
        DomainRange { first, last: first | 0xffff_ffff }
    }

    /// Brings an account's tag under the layers that come after the first `known` ones.
    pub fn relayer_account(&self, tag: AccountTag, known: usize) -> AccountTag {
        let missing = self.further.iter().skip(known.saturating_sub(1));
        missing.fold(tag, |tag, layer| layered_account(layer, tag))
    }

    /// Brings a secret's tag under the layers that come after the first `known` ones.
    pub fn relayer_secret(&self, tag: SecretTag, known: usize) -> SecretTag {
        self.further.iter().skip(known.saturating_sub(1)).fold(tag, layered_secret)
    }

    /// Brings a stealer log's tag under the layers that come after the first `known` ones.
    pub fn relayer_log(&self, tag: LogTag, known: usize) -> LogTag {
        self.further.iter().skip(known.saturating_sub(1)).fold(tag, layered_log)
    }

    fn through(&self, tag: AccountTag) -> AccountTag {
        self.further.iter().fold(tag, |tag, layer| layered_account(layer, tag))
    }
}

fn layered_account(layer: &Layer, tag: AccountTag) -> AccountTag {
    let old = bytes(tag);
    let [a, b, c, d, ..] = old;
    let rest = keyed(layer.account.expose(), [&old]);
    let new = joined(layered_domain(layer, [a, b, c, d]), rest);
    if tag.is_login() { new.as_login() } else { new.as_account() }
}

fn layered_domain(layer: &Layer, domain: [u8; 4]) -> [u8; 4] {
    head(keyed(layer.domain.expose(), [&domain]))
}

fn layered_secret(SecretTag(tag): SecretTag, layer: &Layer) -> SecretTag {
    SecretTag(integer(keyed(layer.secret.expose(), [&tag.to_be_bytes()]), 0))
}

fn layered_log(LogTag(tag): LogTag, layer: &Layer) -> LogTag {
    LogTag(integer(keyed(layer.log.expose(), [&tag.to_be_bytes()]), 0))
}

fn joined([a, b, c, d]: [u8; 4], rest: blake3::Hash) -> AccountTag {
    let [e, f, g, h, ..] = *rest.as_bytes();
    AccountTag { hi: i64::from_be_bytes([a, b, c, d, e, f, g, h]), lo: integer(rest, 4) }
}

fn head(hash: blake3::Hash) -> [u8; 4] {
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

/// The eight bytes from `start` as an integer.
fn integer(hash: blake3::Hash, start: usize) -> i64 {
    let bytes = hash.as_bytes().get(start..).and_then(<[u8]>::first_chunk::<8>);
    bytes.map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

fn bytes(tag: AccountTag) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (hi, lo) = bytes.split_at_mut(8);
    hi.copy_from_slice(&tag.hi.to_be_bytes());
    lo.copy_from_slice(&tag.lo.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LocalPart;

    fn account(text: &str) -> Account<'_> {
        Account::parse(text, LocalPart::Column).unwrap()
    }

    #[test]
    fn tags_tell_accounts_logins_secrets_and_keys_apart() {
        let layers = TagLayers::new(&[1; KEY], []);
        let taro = layers.account(&account("taro@mail.suigen.example"));
        assert_eq!(taro, layers.account(&account("Taro@MAIL.suigen.example")));
        assert_ne!(taro, layers.account(&account("taro@suigen.example")));
        assert_ne!(taro, TagLayers::new(&[2; KEY], []).account(&account("taro@mail.suigen.example")));
        assert_ne!(layers.login("taro", "a.suigen.example"), layers.login("taro", "b.suigen.example"));
        assert_ne!(layers.login("a", "bc.example"), layers.login("ab", "c.example"));
        let secret = |account: &Account<'_>, secret: &str| {
            layers.account_at(layers.host(account.host()), account, Some(secret)).1
        };
        let (taro, hana) = (account("taro@suigen.example"), account("hana@suigen.example"));
        assert_eq!(secret(&taro, "pw"), secret(&taro, "pw"));
        assert_ne!(secret(&taro, "pw"), secret(&taro, "pw2"));
        assert_ne!(secret(&taro, "pw"), secret(&hana, "pw"));
    }

    #[test]
    fn a_domain_is_a_range() {
        for further in [vec![], vec![[2; KEY]], vec![[2; KEY], [3; KEY]]] {
            let layers = TagLayers::new(&[1; KEY], further);
            let range = layers.domain("vpn.suigen.example");
            assert_eq!(range, layers.domain("suigen.example"));
            assert_eq!(range.last - range.first, 0xffff_ffff);
            let inside = |tag: AccountTag| (range.first..=range.last).contains(&tag.hi);
            assert!(inside(layers.account(&account("taro@suigen.example"))));
            assert!(inside(layers.account(&account("taro@a.b.suigen.example"))));
            assert!(inside(layers.login("taro", "vpn.suigen.example")));
            assert!(!inside(layers.account(&account("taro@kisho.example"))));
        }
    }

    #[test]
    fn a_layer_comes_on_top_of_tags_as_of_accounts() {
        let keys = [[2; KEY], [3; KEY]];
        let layered = |known: usize| TagLayers::new(&[1; KEY], keys.into_iter().take(known - 1));
        let newest = layered(3);
        assert_eq!(newest.layers(), 3);
        let account = account("taro@suigen.example");
        for known in 1..=3 {
            let old = layered(known);
            let over = |(account, secret): (AccountTag, Option<SecretTag>)| {
                let secret = secret.map(|secret| newest.relayer_secret(secret, known));
                let log = old.log("source", "folder");
                assert_eq!(newest.relayer_log(log, known), newest.log("source", "folder"));
                (newest.relayer_account(account, known), secret)
            };
            let with =
                |layers: &TagLayers| layers.account_at(layers.host(account.host()), &account, Some("pw"));
            assert_eq!(over(with(&old)), with(&newest));
            let host = "vpn.suigen.example";
            let login = |layers: &TagLayers| layers.login_at(layers.host(host), "taro", host, Some("pw"));
            assert_eq!(over(login(&old)), login(&newest));
            assert_eq!(login(&old).0, old.login("taro", "vpn.suigen.example"));
            assert!(login(&newest).0.is_login() && !newest.account(&account).is_login());
        }
        assert_ne!(newest.account(&account), layered(2).account(&account));
    }

    #[test]
    fn tags_show_nothing() {
        let layers = TagLayers::new(&[1; KEY], []);
        let host = layers.host("suigen.example");
        let tags = layers.account_at(host, &account("taro@suigen.example"), Some("pw"));
        assert_eq!(format!("{host:?} {tags:?}"), "[tag] ([tag], Some([tag]))");
        assert!(format!("{layers:?}").contains("[secret]"));
    }
}
