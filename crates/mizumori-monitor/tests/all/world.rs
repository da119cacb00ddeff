//! Leaks and a store.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mizumori_core::keys::{AccountTag, KeyRing, MasterKey};
use mizumori_core::proof::Method;
use mizumori_core::{Account, DomainName, Exposure, Groups, Lang, LocalPart, Names, SecretKind, Timestamp};
use mizumori_monitor::{ChannelSettings, Finder, Found, Leaks, News, announce};
use mizumori_store::{
    Contact, Domain, DomainState, Filter, Finding, HolderAddress, NewHolder, Notice, Organisation,
    OrganisationId, OrganisationState, Rule, State, Store, StoreUrl,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::leaks::InMemory;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) ring: KeyRing,
    pub(crate) leaks: Arc<InMemory>,
    folder: TempDir,
}

impl World {
    /// With an organisation `one`, whose administrator speaks Japanese.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(Store::open(&StoreUrl::Sqlite(folder.path().join("store.db")))).unwrap();
        let (ring, leaks) = (KeyRing::create().unwrap(), Arc::default());
        let world = Self { store, runtime, ring, leaks, folder };
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            session.add_organisation(&organisation()).await.unwrap();
            let contact = Contact {
                address: "csirt@suigen.example".to_owned(),
                name: "窓口".to_owned(),
                language: Lang::Ja,
            };
            session.tenant(&one()).keep_contact(&contact).await.unwrap();
            session.commit().await.unwrap();
        });
        world
    }

    /// The same in another store, with the same keys.
    pub(crate) fn beside(ring: &KeyRing) -> Self {
        let master = MasterKey::random().unwrap();
        let ring = KeyRing::parse("keys", &ring.to_text(&master).unwrap(), &master).unwrap();
        Self { ring, ..Self::new() }
    }

    /// The store once more: where others write, its statements wait so long.
    pub(crate) fn store_waiting(&self, patience: Duration) -> Store {
        let url = StoreUrl::Sqlite(self.folder.path().join("store.db"));
        self.run(Store::open_waiting(&url, patience)).unwrap()
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Commits a list of 2019-01: `account:password` a line, or the account alone.
    pub(crate) fn leak(&self, source: &str, text: &str) {
        let exposure = |line: &str| self.exposure(source, line);
        self.leaks.commit(text.lines().map(exposure).collect());
    }

    pub(crate) fn exposure(&self, source: &str, line: &str) -> Exposure {
        let (address, password) =
            line.split_once(':').map_or((line, None), |(address, password)| (address, Some(password)));
        let account = Account::parse(address, LocalPart::Column).unwrap();
        let (host, tags) = (account.host(), self.ring.tags());
        let (tag, secret) = tags.account_at(tags.host(host), &account, password);
        Exposure {
            source: source.to_owned(),
            place: "forum".to_owned(),
            month: Some("2019-01".parse().unwrap()),
            domain: host.to_owned(),
            host: host.to_owned(),
            account: tag,
            secret,
            kind: SecretKind::Clear,
            site: None,
            log: None,
            sealed: None,
        }
    }

    /// Proves a domain.
    pub(crate) fn prove(&self, name: &str) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let name = DomainName::parse(name).unwrap();
            let organisation = one();
            let mut tenant = session.tenant(&organisation);
            tenant.add_domain(&name, "token", now()).await.unwrap();
            let domain = tenant.domain(&name).await.unwrap().unwrap();
            let proved = Domain { state: DomainState::Proved, method: Some(Method::Dns), ..domain };
            tenant.change_domain(&proved).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// Another organisation of this id, like the first, with a domain that is served.
    pub(crate) fn other(&self, id: &str, domain: &str) -> OrganisationId {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let other = Organisation { id: id.parse().unwrap(), ..organisation() };
            session.add_organisation(&other).await.unwrap();
            let mut tenant = session.tenant(&other.id);
            let contact =
                Contact { address: format!("csirt@{domain}"), name: String::new(), language: Lang::En };
            tenant.keep_contact(&contact).await.unwrap();
            let name = DomainName::parse(domain).unwrap();
            tenant.add_domain(&name, "token", now()).await.unwrap();
            let domain = tenant.domain(&name).await.unwrap().unwrap();
            let vouched = Domain { state: DomainState::Vouched, backlog_seen: Some(0), ..domain };
            tenant.change_domain(&vouched).await.unwrap();
            session.commit().await.unwrap();
            other.id
        })
    }

    /// Has that organisation neutralise as `rule` says, and know an account.
    pub(crate) fn of(&self, organisation: &OrganisationId, rule: &str, account: &str) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let mut tenant = session.tenant(organisation);
            let rule = Rule {
                name: "neutralise".to_owned(),
                document: rule.to_owned(),
                changed: now(),
                changed_by: "administrator".to_owned(),
            };
            tenant.keep_rule(&rule).await.unwrap();
            let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
            let sync = tenant.begin_sync(directory).await.unwrap();
            let address = HolderAddress { address: account.to_owned(), account: self.tag(account) };
            let holder = NewHolder {
                entry: account.to_owned(),
                addresses: vec![address],
                enabled: true,
                ..NewHolder::default()
            };
            tenant.keep_holder(directory, sync, &holder).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// A directory with these accounts; each is changed as asked.
    pub(crate) fn directory(&self, accounts: &[&str], change: impl Fn(&mut NewHolder)) {
        self.directory_at(accounts, now(), change);
    }

    /// The same, read then.
    pub(crate) fn directory_at(&self, accounts: &[&str], at: Timestamp, change: impl Fn(&mut NewHolder)) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let organisation = one();
            let mut tenant = session.tenant(&organisation);
            let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
            let sync = tenant.begin_sync(directory).await.unwrap();
            for account in accounts {
                let address = HolderAddress { address: (*account).to_owned(), account: self.tag(account) };
                let mut holder = NewHolder {
                    entry: (*account).to_owned(),
                    addresses: vec![address],
                    enabled: true,
                    groups: Groups::All(Vec::new()),
                    ..NewHolder::default()
                };
                change(&mut holder);
                tenant.keep_holder(directory, sync, &holder).await.unwrap();
            }
            tenant.end_sync(directory, sync, at).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// Adds a channel, or changes the one of that name.
    pub(crate) fn channel(&self, name: &str, settings: &ChannelSettings) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let document = settings.to_text();
            session.tenant(&one()).keep_outlet(name, settings.channel(), &document).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// Takes a step by hand, as the command does.
    pub(crate) fn mark(&self, finding: &Finding, state: State) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let organisation = one();
            let mut tenant = session.tenant(&organisation);
            tenant.step(finding, state, "somebody", "because", now()).await.unwrap();
            announce(&mut tenant, now()).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// The notices for a channel, with what they say.
    pub(crate) fn news(&self, channel: &str) -> Vec<(Notice, News)> {
        let notices = self.notices().into_iter().filter(|notice| notice.destination == channel);
        notices.map(|notice| (notice.clone(), News::parse(&notice.body).unwrap())).collect()
    }

    /// Has it be a quiet hour now, and gives when that ends.
    pub(crate) fn be_quiet(&self) -> Timestamp {
        const HOUR: i64 = 3_600_000;
        let hour = now().0 / HOUR;
        let (from, to) = (hour.rem_euclid(24), (hour + 1).rem_euclid(24));
        let rule = format!(r#"{{"enabled":true,"from":{from},"to":{to},"utc_offset_minutes":0}}"#);
        self.rule("quiet-hours", &rule);
        Timestamp((hour + 1) * HOUR)
    }

    /// Sets a rule.
    pub(crate) fn rule(&self, name: &str, document: &str) {
        self.run(async {
            let mut session = self.store.write().await.unwrap();
            let rule = Rule {
                name: name.to_owned(),
                document: document.to_owned(),
                changed: now(),
                changed_by: "administrator".to_owned(),
            };
            session.tenant(&one()).keep_rule(&rule).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    pub(crate) fn tag(&self, account: &str) -> AccountTag {
        self.ring.tags().account(&Account::parse(account, LocalPart::Column).unwrap())
    }

    pub(crate) fn find(&self) -> Found {
        self.run(self.finder().find(&self.known(), now())).unwrap()
    }

    pub(crate) fn known(&self) -> Arc<dyn Leaks> {
        Arc::<InMemory>::clone(&self.leaks)
    }

    pub(crate) fn finder(&self) -> Finder {
        Finder::new(self.store.clone())
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.run(async {
            let mut session = self.store.read().await.unwrap();
            session.tenant(&one()).findings(&Filter::default(), None, 1_000).await.unwrap().findings
        })
    }

    /// The notices, the first first.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let mut notices = self.run(async {
            let mut session = self.store.read().await.unwrap();
            session.tenant(&one()).notices(None, 1_000).await.unwrap()
        });
        notices.reverse();
        notices
    }
}

pub(crate) fn one() -> OrganisationId {
    "one".parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn organisation() -> Organisation {
    Organisation {
        id: one(),
        names: Names { ja: "水源大学".to_owned(), en: "Suigen University".to_owned() },
        category: "c".to_owned(),
        language: Lang::Ja,
        edition: "full".to_owned(),
        state: OrganisationState::Served,
        portal: None,
        created: now(),
        ends: None,
    }
}
