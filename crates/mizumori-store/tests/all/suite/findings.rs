//! Findings.

use mizumori_core::Severity;
use mizumori_store::{
    Filter, Finding, FindingSource, NewFinding, Open, Origin, Recorded, State, Step, Store, StoreError,
};

use super::{add, at, finding, id, now};

fn kept(recorded: Recorded) -> Finding {
    match recorded {
        Recorded::Kept(finding) => *finding,
        Recorded::Known => panic!("it was known"),
    }
}

pub(super) async fn are_kept_once(store: Store) {
    add(&store, &["one", "two"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let first = kept(tenant.record(&finding(1, 11), now()).await.unwrap());
    assert_eq!(tenant.record(&finding(1, 11), now()).await.unwrap(), Recorded::Known);
    assert_eq!(
        tenant.record(&NewFinding { version: 9, ..finding(1, 11) }, now()).await.unwrap(),
        Recorded::Known
    );
    let elsewhere = NewFinding { site: Some("shop.example".to_owned()), ..finding(1, 11) };
    let later = NewFinding { source: "list-2".to_owned(), same_as: Some(first.id), ..finding(1, 11) };
    let others = [elsewhere, later, finding(1, 12), finding(1, 0), finding(2, 11)];
    let mut letters = vec![first.letter()];
    for new in &others {
        letters.push(kept(tenant.record(new, now()).await.unwrap()).letter());
    }
    // The same secret of an account has the same letter; no secret has none; the next account begins anew.
    let letters: Vec<_> = letters.iter().map(|letter| letter.as_deref().unwrap_or("-")).collect();
    assert_eq!(letters, ["A", "A", "A", "B", "-", "A"]);
    let all = tenant.findings_of(finding(1, 0).account).await.unwrap();
    assert_eq!((all.len(), &all[0]), (5, &first));
    assert_eq!(all[2].is.same_as, Some(first.id));
    // Many accounts are asked for at once, those without findings among them.
    let accounts: Vec<_> = (0..1_200).map(|number| finding(number, 0).account).collect();
    let each = tenant.findings_of_each(&accounts).await.unwrap();
    assert_eq!((each.len(), &each[&accounts[1]]), (1_200, &all));
    assert_eq!((each[&accounts[0]].len(), each[&accounts[2]].len()), (0, 1));
    let two = id("two");
    assert_eq!(session.tenant(&two).findings_of_each(&accounts[1..2]).await.unwrap()[&accounts[1]], []);
    kept(session.tenant(&two).record(&finding(1, 11), now()).await.unwrap());
}

pub(super) async fn take_their_steps(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let new = kept(tenant.record(&finding(1, 1), now()).await.unwrap());
    let told = tenant.step(&new, State::Notified, "the loop", "told", at("2026-11-24")).await.unwrap();
    // Whoever still holds the old one is refused.
    let stale = tenant.step(&new, State::Confirmed, "hanako", "it is mine", now()).await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    let changed =
        tenant.step(&told, State::Changed, "hanako", "I changed it", at("2026-11-25")).await.unwrap();
    let closed =
        tenant.step(&changed, State::Closed, "the loop", "verified", at("2026-11-26")).await.unwrap();
    assert_eq!(tenant.finding(&new.reference).await.unwrap(), Some(closed.clone()));
    assert_eq!((closed.told, closed.settled), (Some(at("2026-11-24")), Some(at("2026-11-25"))));
    let back = tenant.step(&closed, State::New, "x", "y", now()).await;
    assert!(matches!(back, Err(StoreError::NoSuchStep { from: "closed", to: "new" })), "{back:?}");
    let again =
        tenant.step(&closed, State::Notified, "the loop", "a stealer log", at("2026-12-01")).await.unwrap();
    // He is told anew: what he did after the first telling is no answer to this one.
    assert_eq!((again.told, again.settled), (Some(at("2026-12-01")), None));
    assert_eq!(tenant.finding(&new.reference).await.unwrap(), Some(again.clone()));
    tenant.worsen(again.id, Severity::StealerLog, now()).await.unwrap();
    tenant.worsen(again.id, Severity::Hash, now()).await.unwrap();
    let found = tenant.finding(&new.reference).await.unwrap().unwrap();
    assert_eq!((found.is.severity, found.is.state), (Severity::StealerLog, State::Notified));
    let steps = tenant.steps(new.id).await.unwrap();
    let taken: Vec<_> =
        steps.iter().map(|step| (step.from.as_str(), step.to.as_str(), step.who.as_str())).collect();
    assert_eq!(
        taken,
        [
            ("new", "notified", "the loop"),
            ("notified", "changed", "hanako"),
            ("changed", "closed", "the loop"),
            ("closed", "notified", "the loop"),
        ]
    );
}

pub(super) async fn come_in_pages(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    for number in 1..=25 {
        let severity = if number % 5 == 0 { Severity::StealerLog } else { Severity::Hash };
        let state = if number % 2 == 0 { State::InactiveAccount } else { State::New };
        let source = if number > 20 { "list'2" } else { "list-1" }.to_owned();
        let new = NewFinding { severity, state, source, ..finding(number, number) };
        let kept = kept(tenant.record(&new, now()).await.unwrap());
        assert_eq!(kept.settled.is_some(), number % 2 == 0);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = tenant.findings(&Filter::default(), after, 10).await.unwrap();
        assert!(page.findings.len() <= 10);
        seen.extend(page.findings.iter().map(|finding| finding.is.account.hi));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=25).collect::<Vec<_>>());
    let filter = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter
    };
    let counted = async |tenant: &mut mizumori_store::Tenant<'_>, filter: Filter| {
        let counts = tenant.count_findings(&filter).await.unwrap();
        let listed = tenant.findings(&filter, None, 100).await.unwrap().findings.len() as u64;
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), listed);
        counts
    };
    let all = counted(&mut tenant, Filter::default()).await;
    assert_eq!(all, [(Severity::Hash, 20), (Severity::StealerLog, 5)]);
    let open = counted(&mut tenant, filter(|filter| filter.states = vec![State::New, State::Notified])).await;
    assert_eq!(open, [(Severity::Hash, 10), (Severity::StealerLog, 3)]);
    let bad = counted(&mut tenant, filter(|filter| filter.at_least = Some(Severity::OwnSite))).await;
    assert_eq!(bad, [(Severity::StealerLog, 5)]);
    let source = counted(&mut tenant, filter(|filter| filter.source = Some("list'2".to_owned()))).await;
    assert_eq!(source, [(Severity::Hash, 4), (Severity::StealerLog, 1)]);
    assert_eq!(counted(&mut tenant, filter(|filter| filter.host = Some("other".to_owned()))).await, []);
}

pub(super) async fn of_a_backlog_are_released(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    tenant.record(&NewFinding { backlog: true, ..finding(1, 1) }, now()).await.unwrap();
    tenant.record(&finding(2, 1), now()).await.unwrap();
    // Both wait to be judged. Who releases the backlog has judged it.
    for finding in tenant.findings(&Filter::default(), None, 9).await.unwrap().findings {
        tenant.leave_unjudged(finding.id).await.unwrap();
    }
    let waiting = Filter { backlog: Some(true), ..Filter::default() };
    assert_eq!(tenant.count_findings(&waiting).await.unwrap(), [(Severity::Password, 1)]);
    assert_eq!(tenant.release_backlog(now()).await.unwrap(), 1);
    assert_eq!(tenant.count_findings(&waiting).await.unwrap(), []);
    let unjudged = tenant.take_unjudged(9).await.unwrap();
    assert_eq!(unjudged.iter().map(|left| left.is.account.hi).collect::<Vec<_>>(), [2]);
}

pub(super) async fn are_counted_while_they_are_open(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    assert_eq!(session.open_findings().await.unwrap(), []);
    let kept = session.tenant(&one).record(&finding(1, 1), now()).await.unwrap();
    let Recorded::Kept(told) = kept else { panic!("{kept:?}") };
    session.tenant(&two).record(&finding(1, 1), now()).await.unwrap();
    let hash = NewFinding { severity: Severity::Hash, ..finding(2, 1) };
    session.tenant(&two).record(&hash, now()).await.unwrap();
    let over = NewFinding { state: State::InactiveAccount, ..finding(3, 1) };
    session.tenant(&two).record(&over, now()).await.unwrap();
    let mut tenant = session.tenant(&one);
    let told = tenant.step(&told, State::Notified, "x", "y", now()).await.unwrap();
    let open = |severity, findings, untold| Open { severity, findings, untold };
    assert_eq!(
        session.open_findings().await.unwrap(),
        [open(Severity::Hash, 1, 1), open(Severity::Password, 2, 1)]
    );
    session.tenant(&one).step(&told, State::RiskAccepted, "x", "y", now()).await.unwrap();
    assert_eq!(
        session.open_findings().await.unwrap(),
        [open(Severity::Hash, 1, 1), open(Severity::Password, 1, 1)]
    );
}

pub(super) async fn move_the_cursor_with_them(store: Store) {
    let mut session = store.write().await.unwrap();
    assert_eq!(session.cursor("lake").await.unwrap(), None);
    session.move_cursor("lake", None, 4).await.unwrap();
    assert!(matches!(session.move_cursor("lake", None, 5).await, Err(StoreError::Changed(_))));
    session.move_cursor("lake", Some(4), 6).await.unwrap();
    assert!(matches!(session.move_cursor("lake", Some(4), 7).await, Err(StoreError::Changed(_))));
    session.commit().await.unwrap();
    let mut session = store.write().await.unwrap();
    session.move_cursor("lake", Some(6), 9).await.unwrap();
    drop(session);
    assert_eq!(store.read().await.unwrap().cursor("lake").await.unwrap(), Some(6));
}

pub(super) async fn know_their_sources(store: Store) {
    add(&store, &["one"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let seen = FindingSource {
        source: "list-1".to_owned(),
        title: "List".to_owned(),
        kind: "combo-list".to_owned(),
        origin: Origin::Unknown,
        known_since: None,
        reference: None,
        sender: None,
    };
    assert_eq!(tenant.see_source(&seen).await.unwrap(), seen);
    let own = FindingSource {
        origin: Origin::Own,
        known_since: Some(now()),
        sender: Some("JPCERT/CC".to_owned()),
        ..seen.clone()
    };
    tenant.change_source(&own).await.unwrap();
    // What somebody knows is not forgotten when it is seen again.
    assert_eq!(tenant.see_source(&seen).await.unwrap(), own);
    assert_eq!(tenant.sources().await.unwrap(), std::slice::from_ref(&own));
    let other = FindingSource { source: "other".to_owned(), ..own };
    assert!(matches!(tenant.change_source(&other).await, Err(StoreError::Missing(_))));
}

pub(super) async fn come_from_elsewhere_with_their_history(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let reference = "7F3K-92QM".parse().unwrap();
    let first =
        session.tenant(&one).record_after(&finding(1, 1), &[], Some(&reference), now()).await.unwrap();
    let first = kept(first);
    assert_eq!(first.reference, reference);
    // Taken, if only by another organisation: it gets one of its own.
    let other =
        kept(session.tenant(&two).record_after(&finding(1, 1), &[], Some(&reference), now()).await.unwrap());
    assert_ne!(other.reference, reference);
    let mut tenant = session.tenant(&one);
    assert_eq!(
        tenant.record_after(&finding(1, 1), &[], Some(&"AAAA-BBBB".parse().unwrap()), now()).await.unwrap(),
        Recorded::Known
    );
    let step = Step {
        at: at("2026-11-01"),
        from: State::New,
        to: State::Notified,
        who: "elsewhere".to_owned(),
        why: "told there".to_owned(),
    };
    tenant.keep_history(first.id, std::slice::from_ref(&step)).await.unwrap();
    assert_eq!(tenant.steps(first.id).await.unwrap(), [step]);
    let unchanged = tenant.finding(&reference).await.unwrap().unwrap();
    assert_eq!((unchanged.is.state, unchanged.told), (State::New, None));
}

pub(super) async fn wait_to_be_judged(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let mut ids = Vec::new();
    for number in 1..=3 {
        let kept = kept(session.tenant(&one).record(&finding(number, 1), now()).await.unwrap());
        for _ in 0..2 {
            session.tenant(&one).leave_unjudged(kept.id).await.unwrap();
        }
        ids.push(kept.id);
    }
    // Nobody leaves another's finding.
    session.tenant(&two).leave_unjudged(ids[0]).await.unwrap();
    assert_eq!(session.organisations_with_unjudged().await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(session.tenant(&two).take_unjudged(9).await.unwrap(), []);
    let mut taken = Vec::new();
    for _ in 0..3 {
        let findings = session.tenant(&one).take_unjudged(2).await.unwrap();
        taken.push(findings.into_iter().map(|finding| finding.id).collect::<Vec<_>>());
    }
    assert_eq!(taken, [ids[..2].to_vec(), ids[2..].to_vec(), Vec::new()]);
    assert_eq!(session.organisations_with_unjudged().await.unwrap(), []);
    session.tenant(&one).leave_unjudged(ids[0]).await.unwrap();
    session.remove_organisation(&one).await.unwrap();
    assert_eq!(session.organisations_with_unjudged().await.unwrap(), []);
}
