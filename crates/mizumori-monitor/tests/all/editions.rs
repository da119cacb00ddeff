//! How the time of an organisation ends, with a clock that is moved by hand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mizumori_core::{DomainName, ErrorClass, Timestamp};
use mizumori_monitor::{Body, DataKeys, Ended, KeysError, MonitorError, end, look_after_editions};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Channel, Contact, Domain, DomainState, NoticeState, Organisation, OrganisationState, StoreError, Taken,
};

use crate::world::{World, now, one};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Keys that are written down when they are forgotten.
#[derive(Default)]
struct Written {
    forgotten: Mutex<Vec<String>>,
    is_locked: AtomicBool,
}

impl DataKeys for Written {
    fn forget(&self, domains: &[DomainName]) -> Result<u64, KeysError> {
        if self.is_locked.load(Ordering::Relaxed) {
            return Err(KeysError { class: ErrorClass::Environment, cause: "the file is away".into() });
        }
        self.forgotten.lock().unwrap().extend(domains.iter().map(ToString::to_string));
        Ok(domains.len() as u64)
    }
}

/// An organisation whose evaluation ends after 60 days, with a finding.
struct Evaluating {
    world: World,
    keys: Arc<Written>,
}

impl Evaluating {
    fn new() -> Self {
        let evaluating = Self { world: World::new(), keys: Arc::default() };
        evaluating.world.prove("suigen.example");
        evaluating.world.leak("before", "x@mori.example:secret");
        evaluating.world.find();
        evaluating.world.leak("list", "hanako@suigen.example:secret");
        assert_eq!(evaluating.world.find().findings, 1);
        evaluating.change(|is| Organisation { ends: Some(day(60)), ..is });
        evaluating
    }

    fn look(&self, at: Timestamp) -> Result<Ended, MonitorError> {
        let keys: Arc<dyn DataKeys> = Arc::<Written>::clone(&self.keys);
        self.world.run(look_after_editions(&self.world.store, &keys, at))
    }

    /// What is in the outbox goes out.
    fn send(&self, at: Timestamp) {
        self.world.run(async {
            let mut session = self.world.store.write().await.unwrap();
            let taken = Taken { by: "sender", length: DAY };
            for notice in session.take_notices(Channel::Mail, taken, at, 100).await.unwrap() {
                session.sent(notice.id, "sender", at).await.unwrap();
            }
            session.commit().await.unwrap();
        });
    }

    fn end(&self, why: &str) -> Result<u64, MonitorError> {
        let keys: Arc<dyn DataKeys> = Arc::<Written>::clone(&self.keys);
        self.world.run(end(&self.world.store, &keys, &one(), "user boss", why, now()))
    }

    fn organisation(&self) -> Organisation {
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            session.organisation(&one()).await.unwrap().unwrap()
        })
    }

    fn change(&self, change: impl FnOnce(Organisation) -> Organisation) {
        let changed = change(self.organisation());
        self.world.run(async {
            let mut session = self.world.store.write().await.unwrap();
            session.change_organisation(&changed).await.unwrap();
            session.commit().await.unwrap();
        });
    }

    /// The letters about the end: of which kind, of which day, of how many findings.
    fn letters(&self) -> Vec<(LetterKind, u32, u64)> {
        let bodies = self.world.notices().into_iter().map(|notice| Body::parse(&notice.body).unwrap());
        let letters = bodies
            .filter_map(|body| body.until.map(|until| (body.letter, until.days, body.counts.values().sum())));
        letters.collect()
    }

    fn audited(&self) -> Vec<[String; 3]> {
        self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            let entries = session.audit_after(0).await.unwrap();
            entries.into_iter().map(|entry| [entry.actor, entry.action, entry.detail]).collect()
        })
    }

    fn forgotten(&self) -> Vec<String> {
        self.keys.forgotten.lock().unwrap().clone()
    }

    /// How many domains, contacts, findings and notices there are.
    fn there(&self) -> [usize; 4] {
        let (domains, contacts) = self.world.run(async {
            let mut session = self.world.store.read().await.unwrap();
            let organisation = one();
            let mut tenant = session.tenant(&organisation);
            (tenant.domains().await.unwrap().len(), tenant.contacts().await.unwrap().len())
        });
        [domains, contacts, self.world.findings().len(), self.world.notices().len()]
    }
}

fn day(number: u32) -> Timestamp {
    now().after(DAY * number)
}

#[test]
fn it_is_announced_read_and_destroyed() {
    let evaluating = Evaluating::new();
    let nothing = Ended::default();
    let told = Ended { told: 1, ..Ended::default() };
    assert_eq!(evaluating.look(day(45)).unwrap(), nothing);
    assert_eq!(evaluating.look(day(46)).unwrap(), told);
    for at in [46, 50, 56] {
        assert_eq!(evaluating.look(day(at)).unwrap(), nothing, "{at}");
    }
    assert_eq!(evaluating.look(day(57)).unwrap(), told);
    assert_eq!(evaluating.look(day(59)).unwrap(), nothing);
    assert_eq!(evaluating.organisation().state, OrganisationState::Served);

    assert_eq!(evaluating.look(day(60)).unwrap(), Ended { read_only: vec![one()], ..Ended::default() });
    let is = evaluating.organisation();
    assert_eq!((is.state, is.ends), (OrganisationState::ReadOnly, Some(day(90))));
    assert_eq!(evaluating.look(day(82)).unwrap(), nothing);
    assert_eq!(evaluating.look(day(83)).unwrap(), told);
    evaluating.send(day(83));
    assert_eq!(evaluating.look(day(89)).unwrap(), nothing);
    let ending = LetterKind::EvaluationEnding;
    let expected = [(ending, 14, 1), (ending, 3, 1), (LetterKind::EvaluationErasing, 7, 1)];
    assert_eq!(evaluating.letters(), expected);
    assert_eq!((evaluating.forgotten().len(), evaluating.world.findings().len()), (0, 1));

    assert_eq!(evaluating.look(day(90)).unwrap(), Ended { ended: vec![one()], ..Ended::default() });
    assert_eq!(evaluating.forgotten(), ["suigen.example"]);
    assert_eq!(evaluating.there(), [0; 4]);
    let is = evaluating.organisation();
    assert_eq!((is.state, is.ends), (OrganisationState::Ended, None));
    assert_eq!(is.names.en, "Suigen University");
    assert_eq!(evaluating.look(day(91)).unwrap(), nothing);
    let actions: Vec<_> =
        evaluating.audited().into_iter().map(|[actor, action, _]| (actor, action)).collect();
    let loops = |action: &str| ("the loop".to_owned(), action.to_owned());
    assert_eq!(actions, ["org read-only", "org end", "org erase"].map(loops));
}

#[test]
fn a_letter_waits_for_the_end_of_quiet_hours() {
    let evaluating = Evaluating::new();
    let ends = evaluating.world.be_quiet();
    assert_eq!(evaluating.look(day(46)).unwrap().told, 1);
    let letter = evaluating.world.notices().pop().unwrap();
    assert_eq!(letter.due, ends.after(DAY * 46));
    // Rules that make no sense keep nothing back.
    evaluating.world.rule("quiet-hours", "{");
    assert_eq!(evaluating.look(day(57)).unwrap().told, 1);
    let letter = evaluating.world.notices().pop().unwrap();
    assert_eq!(letter.due, day(57));
}

#[test]
fn nobody_is_ended_without_notice() {
    // The program did not run for a year.
    let evaluating = Evaluating::new();
    let began = evaluating.look(day(365)).unwrap();
    assert_eq!(began, Ended { told: 1, read_only: vec![one()], ended: Vec::new() });
    evaluating.send(day(365));
    assert_eq!(evaluating.organisation().ends, Some(day(372)));
    assert_eq!(evaluating.letters(), [(LetterKind::EvaluationErasing, 7, 1)]);
    assert_eq!(evaluating.look(day(371)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(372)).unwrap().ended, [one()]);

    // Nor from the day on which its time began to be only read.
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    assert_eq!(evaluating.look(day(400)).unwrap().told, 1);
    evaluating.send(day(400));
    assert_eq!(evaluating.organisation().ends, Some(day(407)));
    assert_eq!(evaluating.look(day(406)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(407)).unwrap().ended, [one()]);

    // Where nobody is to be told, nobody is waited for.
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        session.tenant(&one()).remove_contact("csirt@suigen.example").await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(evaluating.look(day(90)).unwrap().ended, [one()]);
}

#[test]
fn a_letter_that_only_waits_is_no_notice() {
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    assert_eq!(evaluating.look(day(83)).unwrap().told, 1);
    // No mail goes out.
    let waits = Ended { told: 1, ..Ended::default() };
    assert_eq!(evaluating.look(day(90)).unwrap(), waits);
    assert_eq!((evaluating.forgotten().len(), evaluating.organisation().ends), (0, Some(day(97))));
    assert_eq!(evaluating.look(day(97)).unwrap(), waits);
    // What an older letter said of the day is not so any more: only the last of them goes out.
    let erasing = |state| {
        let all = evaluating.world.notices();
        all.iter().filter(|notice| notice.message.contains("erasing") && notice.state == state).count()
    };
    assert_eq!((erasing(NoticeState::Waiting), erasing(NoticeState::Dead)), (1, 2));
    // It was sent after some days: its seven count from then.
    evaluating.send(day(100));
    assert_eq!(evaluating.look(day(104)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(106)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(107)).unwrap().ended, [one()]);
}

#[test]
fn a_letter_that_was_given_up_is_no_notice() {
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    evaluating.look(day(83)).unwrap();
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        let taken = Taken { by: "sender", length: DAY };
        for notice in session.take_notices(Channel::Mail, taken, day(83), 100).await.unwrap() {
            session.not_sent(notice.id, "sender", "no such mailbox", None, day(83)).await.unwrap();
        }
        session.commit().await.unwrap();
    });
    assert_eq!(evaluating.look(day(90)).unwrap(), Ended { told: 1, ..Ended::default() });
    assert_eq!((evaluating.forgotten().len(), evaluating.organisation().ends), (0, Some(day(97))));
}

#[test]
fn who_is_told_late_has_as_many_days() {
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    // Nobody looked for four weeks.
    assert_eq!(evaluating.look(day(88)).unwrap().told, 1);
    evaluating.send(day(88));
    assert_eq!(evaluating.organisation().ends, Some(day(95)));
    assert_eq!(evaluating.letters().last(), Some(&(LetterKind::EvaluationErasing, 7, 1)));
    assert_eq!(evaluating.look(day(89)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(94)).unwrap(), Ended::default());
    assert_eq!(evaluating.look(day(95)).unwrap().ended, [one()]);
}

#[test]
fn whoever_goes_on_keeps_everything() {
    let evaluating = Evaluating::new();
    evaluating.look(day(46)).unwrap();
    evaluating.look(day(60)).unwrap();
    evaluating.change(|is| Organisation { state: OrganisationState::Served, ends: None, ..is });
    assert_eq!(evaluating.look(day(200)).unwrap(), Ended::default());
    assert_eq!((evaluating.world.findings().len(), evaluating.forgotten().len()), (1, 0));
    // Another time is announced anew.
    evaluating.change(|is| Organisation { ends: Some(day(210)), ..is });
    assert_eq!(evaluating.look(day(200)).unwrap().told, 1);
}

#[test]
fn an_end_that_was_interrupted_goes_on() {
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    evaluating.look(day(83)).unwrap();
    evaluating.send(day(83));
    evaluating.keys.is_locked.store(true, Ordering::Relaxed);
    for at in [90, 91] {
        let error = evaluating.look(day(at)).unwrap_err();
        assert!(matches!(error, MonitorError::Keys(_)), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Environment);
        // What it still has is not deleted before its keys are destroyed, and it is not served.
        assert_eq!(evaluating.there()[..3], [1, 1, 1]);
        assert_eq!(evaluating.organisation().state, OrganisationState::Ended);
    }
    evaluating.keys.is_locked.store(false, Ordering::Relaxed);
    // As if the process had been killed between keys and store: they are forgotten twice, and it ends once.
    evaluating.keys.forget(&[DomainName::parse("suigen.example").unwrap()]).unwrap();
    assert_eq!(evaluating.look(day(92)).unwrap().ended, [one()]);
    assert_eq!((evaluating.there(), evaluating.forgotten().len()), ([0; 4], 2));
    assert_eq!(evaluating.look(day(93)).unwrap(), Ended::default());
    assert_eq!(evaluating.audited().iter().filter(|[_, action, _]| action == "org erase").count(), 1);
}

#[test]
fn of_two_who_end_it_at_once_one_does() {
    let evaluating = Evaluating::new();
    evaluating.look(day(60)).unwrap();
    evaluating.look(day(83)).unwrap();
    evaluating.send(day(83));
    let keys: Arc<dyn DataKeys> = Arc::<Written>::clone(&evaluating.keys);
    let store = &evaluating.world.store;
    let (first, second) = evaluating.world.run(async {
        tokio::join!(look_after_editions(store, &keys, day(90)), look_after_editions(store, &keys, day(90)))
    });
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(evaluating.there(), [0; 4]);
    let actions: Vec<_> = evaluating.audited().into_iter().map(|[_, action, _]| action).collect();
    assert_eq!(actions, ["org read-only", "org end", "org erase"]);
}

#[test]
fn keys_of_domains_that_are_not_its_own_stay() {
    let evaluating = Evaluating::new();
    let other: mizumori_store::OrganisationId = "two".parse().unwrap();
    let add = |organisation: mizumori_store::OrganisationId, name: &str, state| {
        let name = DomainName::parse(name).unwrap();
        evaluating.world.run(async {
            let mut session = evaluating.world.store.write().await.unwrap();
            let mut tenant = session.tenant(&organisation);
            tenant.add_domain(&name, "token", now()).await.unwrap();
            let domain = tenant.domain(&name).await.unwrap().unwrap();
            tenant.change_domain(&Domain { state, ..domain }).await.unwrap();
            session.commit().await.unwrap();
        });
    };
    let is = evaluating.organisation();
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        let other = Organisation { id: other.clone(), ends: None, ..is };
        session.add_organisation(&other).await.unwrap();
        session.commit().await.unwrap();
    });
    add(one(), "waits.example", DomainState::Pending);
    add(one(), "vouched.example", DomainState::Vouched);
    add(one(), "lapsed.example", DomainState::Lapsed);
    add(one(), "lost.example", DomainState::Lapsed);
    add(other.clone(), "lost.example", DomainState::Proved);
    // What was taken away before is theirs no less, unless it is somebody else's by now or was never shown to be theirs.
    add(one(), "left.example", DomainState::Proved);
    add(one(), "moved.example", DomainState::Vouched);
    add(one(), "wished.example", DomainState::Pending);
    add(one(), "wanders.example", DomainState::Proved);
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        for name in ["left.example", "moved.example", "wished.example", "wanders.example"] {
            session.tenant(&one()).remove_domain(&DomainName::parse(name).unwrap()).await.unwrap();
        }
        session.commit().await.unwrap();
    });
    add(other.clone(), "moved.example", DomainState::Proved);
    // Nor once it has been another one's, whatever became of it there.
    add(other.clone(), "wanders.example", DomainState::Proved);
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        let mut tenant = session.tenant(&other);
        tenant.remove_domain(&DomainName::parse("wanders.example").unwrap()).await.unwrap();
        let moved = tenant.domain(&DomainName::parse("moved.example").unwrap()).await.unwrap().unwrap();
        tenant.change_domain(&Domain { state: DomainState::Lapsed, ..moved }).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(evaluating.end("they leave").unwrap(), 4);
    let expected = ["lapsed.example", "left.example", "suigen.example", "vouched.example"];
    assert_eq!(evaluating.forgotten(), expected);
    let left = evaluating.world.run(async {
        let mut session = evaluating.world.store.read().await.unwrap();
        session.all_domains().await.unwrap()
    });
    assert_eq!(
        left.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>(),
        ["lost.example", "moved.example"]
    );
}

#[test]
fn somebody_ends_it_by_hand() {
    let evaluating = Evaluating::new();
    evaluating.change(|is| Organisation { ends: None, ..is });
    evaluating.keys.is_locked.store(true, Ordering::Relaxed);
    assert!(matches!(evaluating.end("they leave").unwrap_err(), MonitorError::Keys(_)));
    assert_eq!(evaluating.there()[..3], [1, 1, 1]);
    evaluating.keys.is_locked.store(false, Ordering::Relaxed);
    assert_eq!(evaluating.end("they leave, again").unwrap(), 1);
    assert_eq!(evaluating.there(), [0; 4]);
    let audited = evaluating.audited();
    let details: Vec<_> = audited.iter().map(|[_, _, detail]| detail.as_str()).collect();
    assert_eq!(details, ["they leave", "they leave, again", "data keys destroyed: 1"]);
    assert!(audited.iter().all(|[actor, ..]| actor == "user boss"));

    let keys: Arc<dyn DataKeys> = Arc::<Written>::clone(&evaluating.keys);
    let nobody = "nobody".parse().unwrap();
    let missing = evaluating.world.run(end(&evaluating.world.store, &keys, &nobody, "x", "y", now()));
    assert!(matches!(missing, Err(MonitorError::Store(StoreError::Missing(_)))), "{missing:?}");
    assert_eq!(evaluating.audited().len(), 3);
}

#[test]
fn contacts_that_came_later_are_told_as_well() {
    let evaluating = Evaluating::new();
    evaluating.look(day(46)).unwrap();
    evaluating.world.run(async {
        let mut session = evaluating.world.store.write().await.unwrap();
        let contact = Contact {
            address: "boss@suigen.example".to_owned(),
            name: String::new(),
            language: mizumori_core::Lang::En,
        };
        session.tenant(&one()).keep_contact(&contact).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(evaluating.look(day(47)).unwrap().told, 1);
    assert_eq!(evaluating.look(day(48)).unwrap().told, 0);
}
