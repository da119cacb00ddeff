//! Proofs that are looked for again: at a real name server, with a clock that is moved by hand.

use std::net::SocketAddr;
use std::time::Duration;

use mizumori_core::proof::{Method, Outcome};
use mizumori_core::{Lang, Timestamp};
use mizumori_monitor::{Body, LookedAfter, Proofs};
use mizumori_proof::{Prover, ProverSettings, Schedule};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Contact, Domain, DomainState, Organisation, OrganisationState};
use mizumori_test_servers::{Dns, DnsMood, free_port};

use crate::world::{World, now, one};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const NAME: &str = "_mizumori-challenge.suigen.example";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// An organisation that has proved `suigen.example` by a record that is there.
struct Proved {
    world: World,
    dns: Dns,
}

impl Proved {
    fn new() -> Self {
        let (world, dns) = (World::new(), Dns::start().unwrap());
        let proved = Self { world, dns };
        proved.publish();
        proved.world.prove("suigen.example");
        proved.change(|domain| Domain {
            token: TOKEN.to_owned(),
            proved: Some(now()),
            checked: Some(now()),
            backlog_seen: Some(1),
            ..domain
        });
        proved
    }

    fn publish(&self) {
        self.dns.set_txt(NAME, &[&format!("mizumori-domain-verification={TOKEN}")]).unwrap();
    }

    fn proofs(&self) -> Proofs {
        proofs(&self.world, self.dns.address(), Duration::from_secs(60))
    }

    fn look(&self, at: Timestamp) -> LookedAfter {
        self.world.run(self.proofs().look(|| at)).unwrap()
    }

    fn domain(&self) -> Domain {
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            session.tenant(&one()).domains().await.unwrap().remove(0)
        })
    }

    fn change(&self, change: impl FnOnce(Domain) -> Domain) {
        let changed = change(self.domain());
        self.world.run(async {
            let mut session = self.world.store.write().await.unwrap();
            session.tenant(&one()).change_domain(&changed).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    fn organisation(&self, change: impl FnOnce(Organisation) -> Organisation) {
        self.world.run(async {
            let mut session = self.world.store.write().await.unwrap();
            let is = session.organisation(&one()).await.unwrap().unwrap();
            session.change_organisation(&change(is)).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    fn letters(&self) -> Vec<Body> {
        self.world.notices().iter().map(|notice| Body::parse(&notice.body).unwrap()).collect()
    }

    /// What the loop wrote into the audit log.
    fn audited(&self) -> Vec<[String; 4]> {
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            let entries = session.audit_after(0).await.unwrap();
            entries
                .into_iter()
                .map(|entry| [entry.actor, entry.action, entry.subject, entry.detail])
                .collect()
        })
    }
}

fn proofs(world: &World, name_server: SocketAddr, patience: Duration) -> Proofs {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings =
        ProverSettings { name_servers: vec![name_server], names_timeout: patience, ..ProverSettings::new() };
    Proofs::new(world.store.clone(), Prover::new(&settings).unwrap(), Schedule::default())
}

fn day(number: u32) -> Timestamp {
    now().after(DAY * number)
}

const NOTHING: LookedAfter = LookedAfter { looked: 0, failing: 0, lapsed: 0 };
const FAILS: LookedAfter = LookedAfter { looked: 1, failing: 1, lapsed: 0 };
const LAPSES: LookedAfter = LookedAfter { looked: 1, failing: 0, lapsed: 1 };

#[test]
fn one_that_is_there_is_looked_for_daily() {
    let proved = Proved::new();
    assert_eq!(proved.look(now().after(HOUR * 23)), NOTHING);
    assert_eq!(proved.look(day(1)), LookedAfter { looked: 1, ..NOTHING });
    assert_eq!(proved.look(day(1)), NOTHING);
    let domain = proved.domain();
    assert_eq!((domain.checked, domain.found), (Some(day(1)), Some(Outcome::There)));
    assert_eq!((domain.state, domain.failing_since), (DomainState::Proved, None));
    assert_eq!((proved.letters(), proved.audited()), (Vec::new(), Vec::new()));
}

#[test]
fn an_absence_is_borne_for_a_week_and_told_from_its_beginning() {
    let proved = Proved::new();
    proved.dns.clear(NAME).unwrap();
    assert_eq!(proved.look(day(1)), FAILS);
    let domain = proved.domain();
    assert_eq!((domain.found, domain.failing_since), (Some(Outcome::Missing), Some(day(1))));
    assert_eq!((domain.missing_since, domain.state), (Some(day(1)), DomainState::Proved));
    let [letter] = &proved.letters()[..] else { panic!() };
    assert_eq!((letter.letter, letter.lang), (LetterKind::DomainLapsing, Lang::Ja));
    assert_eq!(letter.domain.as_deref(), Some("suigen.example"));
    let until = letter.until.unwrap();
    assert_eq!((until.day.to_string(), until.days), (day(8).day(), 7));
    // While it fails it is looked for more often, and told of no more often.
    assert_eq!(proved.look(day(1).after(HOUR * 5)), NOTHING);
    for hours in [6, 12, 18] {
        assert_eq!(proved.look(day(1).after(HOUR * hours)), FAILS);
    }
    assert_eq!(proved.letters().len(), 1);
    let told: Vec<_> = (2..8)
        .map(|at| {
            assert_eq!(proved.look(day(at)), FAILS, "{at}");
            proved.letters().len()
        })
        .collect();
    assert_eq!(told, [1, 1, 1, 2, 2, 3]);
    assert_eq!(proved.letters()[2].until.unwrap().days, 1);
    // Found in the last moment, nothing is held against it.
    proved.publish();
    assert_eq!(proved.look(day(8)), LookedAfter { looked: 1, ..NOTHING });
    assert_eq!((proved.domain().failing_since, proved.domain().missing_since), (None, None));
    assert_eq!(proved.audited(), Vec::<[String; 4]>::new());
}

#[test]
fn after_that_nothing_is_found_for_it() {
    let proved = Proved::new();
    proved.world.leak("before", "x@suigen.example:secret");
    proved.world.find();
    proved.dns.clear(NAME).unwrap();
    for at in 1..8 {
        assert_eq!(proved.look(day(at)), FAILS, "{at}");
    }
    assert_eq!(proved.look(day(8)), LAPSES);
    let letters = proved.letters();
    assert_eq!(letters.iter().filter(|letter| letter.letter == LetterKind::DomainLapsed).count(), 1);
    let last = letters.last().unwrap();
    assert_eq!((last.letter, last.domain.as_deref()), (LetterKind::DomainLapsed, Some("suigen.example")));
    assert_eq!(proved.look(day(9)), NOTHING);
    assert_eq!(proved.letters().len(), letters.len());
    let domain = proved.domain();
    assert_eq!((domain.state, domain.failing_since), (DomainState::Lapsed, Some(day(1))));
    let entry = ["the loop", "domain lapse", "suigen.example", "dns: missing"];
    assert_eq!(proved.audited(), [entry.map(str::to_owned)]);
    let before = proved.world.findings().len();
    proved.world.leak("after", "y@suigen.example:secret");
    assert_eq!(proved.world.find().findings, 0);
    // Who proves it again is told of what came meanwhile, as of a backlog.
    proved.change(|domain| Domain { state: DomainState::Proved, ..domain });
    assert_eq!(proved.world.find().findings, 1);
    let findings = proved.world.findings();
    assert!(findings.len() == before + 1 && findings[before].is.backlog);
}

#[test]
fn who_does_not_answer_says_nothing() {
    let proved = Proved::new();
    proved.dns.set_mood(DnsMood::ServFail);
    // Three weeks of that end nothing, and are told of late.
    for at in 1..20 {
        assert_eq!(proved.look(day(at)), FAILS, "{at}");
        assert_eq!(proved.letters().len(), usize::from(at >= 4) + usize::from(at >= 15), "{at}");
    }
    let domain = proved.domain();
    assert_eq!((domain.found, domain.missing_since), (Some(Outcome::Unasked), None));
    assert_eq!((domain.state, domain.failing_since), (DomainState::Proved, Some(day(1))));
    proved.dns.set_mood(DnsMood::Answers);
    assert_eq!(proved.look(day(20)), LookedAfter { looked: 1, ..NOTHING });
    // Nobody is there at all.
    let gone: SocketAddr = format!("127.0.0.1:{}", free_port().unwrap()).parse().unwrap();
    let nobody = proofs(&proved.world, gone, Duration::from_millis(200));
    assert_eq!(proved.world.run(nobody.look(|| day(21))).unwrap(), FAILS);
    assert_eq!(proved.domain().found, Some(Outcome::Unasked));
}

#[test]
fn of_two_who_look_at_once_one_counts() {
    let proved = Proved::new();
    proved.dns.clear(NAME).unwrap();
    let (first, second) = (proved.proofs(), proved.proofs());
    for at in 1..=8 {
        let both = proved.world.run(async { tokio::join!(first.look(|| day(at)), second.look(|| day(at))) });
        let (first, second) = (both.0.unwrap(), both.1.unwrap());
        let sum = (first.failing + second.failing, first.lapsed + second.lapsed);
        assert_eq!(sum, if at < 8 { (1, 0) } else { (0, 1) }, "{at}");
    }
    assert_eq!((proved.letters().len(), proved.audited().len()), (4, 1));
}

#[test]
fn what_somebody_decides_meanwhile_stays() {
    let proved = Proved::new();
    proved.dns.clear(NAME).unwrap();
    let before = proved.domain();
    proved.change(|domain| Domain {
        state: DomainState::Vouched,
        vouched_by: Some("operator".to_owned()),
        ..domain
    });
    proved.world.run(async {
        let mut session = proved.world.store.write().await.unwrap();
        let look = mizumori_monitor::Look {
            domain: &before,
            outcome: Outcome::Missing,
            who: "somebody",
            now: day(1),
        };
        let taken = mizumori_monitor::take_in(&mut session, &Schedule::default(), &look).await.unwrap();
        assert_eq!(taken, None);
    });
    // Nobody looks at what is vouched for, or waits for its first proof.
    assert_eq!(proved.look(day(2)), NOTHING);
    proved.change(|domain| Domain { state: DomainState::Pending, ..domain });
    assert_eq!(proved.look(day(2)), NOTHING);
    assert_eq!(proved.dns.questions(), []);
}

#[test]
fn an_organisation_that_is_not_served_is_left_alone() {
    let proved = Proved::new();
    proved.organisation(|organisation| Organisation { ends: Some(day(1)), ..organisation });
    assert_eq!(proved.look(day(2)), NOTHING);
    proved.organisation(|is| Organisation { state: OrganisationState::Ended, ends: None, ..is });
    assert_eq!(proved.look(day(2)), NOTHING);
}

#[test]
fn codes_grow_old() {
    let proved = Proved::new();
    proved.change(|domain| Domain { method: Some(Method::Mail), ..domain });
    proved.dns.clear(NAME).unwrap();
    assert_eq!(proved.look(day(179)), NOTHING);
    assert_eq!(proved.domain().checked, Some(now()));
    assert_eq!(proved.look(day(180)), FAILS);
    assert_eq!(proved.letters().len(), 1);
    for at in 181..210 {
        assert_eq!(proved.look(day(at)), FAILS, "{at}");
    }
    assert_eq!(proved.letters().len(), 4);
    assert_eq!(proved.look(day(210)), LAPSES);
    assert_eq!(proved.audited()[0][3], "mail: missing");
    assert_eq!(proved.dns.questions(), []);
}

#[test]
fn each_administrator_reads_it_in_his_language() {
    let proved = Proved::new();
    proved.world.run(async {
        let mut session = proved.world.store.write().await.unwrap();
        let contact =
            Contact { address: "boss@suigen.example".to_owned(), name: String::new(), language: Lang::En };
        session.tenant(&one()).keep_contact(&contact).await.unwrap();
        session.commit().await.unwrap();
    });
    proved.dns.clear(NAME).unwrap();
    assert_eq!(proved.look(day(1)), FAILS);
    let mut langs: Vec<_> = proved.letters().iter().map(|letter| letter.lang.tag()).collect();
    langs.sort_unstable();
    assert_eq!(langs, ["en", "ja"]);
}
