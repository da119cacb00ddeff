//! Organisations.

use mizumori_core::Lang;
use mizumori_store::{
    Access, Contact, Edition, Limit, Organisation, OrganisationState, Rule, Store, StoreError,
};

use super::{add, at, domain, finding, id, now, organisation};

pub(super) async fn come_change_and_go(store: Store) {
    add(&store, &["one", "two"]).await;
    let mut session = store.write().await.unwrap();
    assert!(matches!(session.add_organisation(&organisation("one")).await, Err(StoreError::There(_))));
    let changed = Organisation {
        state: OrganisationState::ReadOnly,
        ends: Some(at("2027-01-23")),
        language: Lang::En,
        portal: None,
        ..organisation("one")
    };
    session.change_organisation(&changed).await.unwrap();
    assert!(matches!(session.change_organisation(&organisation("three")).await, Err(StoreError::Missing(_))));
    session.commit().await.unwrap();

    let mut session = store.read().await.unwrap();
    assert_eq!(session.organisations().await.unwrap(), [changed.clone(), organisation("two")]);
    assert_eq!(session.organisation(&id("one")).await.unwrap(), Some(changed));
    assert_eq!(session.organisation(&id("three")).await.unwrap(), None);
    drop(session);

    // What was not committed is not there.
    let mut session = store.write().await.unwrap();
    session.remove_organisation(&id("one")).await.unwrap();
    drop(session);
    let mut session = store.write().await.unwrap();
    session.tenant(&id("one")).record(&finding(1, 1), now()).await.unwrap();
    session.remove_organisation(&id("one")).await.unwrap();
    assert!(matches!(session.remove_organisation(&id("one")).await, Err(StoreError::Missing(_))));
    assert_eq!(
        session.tenant(&id("one")).findings(&Default::default(), None, 10).await.unwrap().findings,
        []
    );
    session.commit().await.unwrap();
}

/// Every list of one organisation is empty for the other, and nothing of it can be changed from there.
pub(super) async fn see_only_their_own(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two) = (id("one"), id("two"));
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    let contact =
        Contact { address: "csirt@one.example".to_owned(), name: "窓口".to_owned(), language: Lang::Ja };
    tenant.keep_contact(&contact).await.unwrap();
    tenant.keep_contact(&Contact { language: Lang::En, ..contact.clone() }).await.unwrap();
    let rule = Rule {
        name: "quiet".to_owned(),
        document: "{}".to_owned(),
        changed: now(),
        changed_by: "admin".to_owned(),
    };
    tenant.keep_rule(&rule).await.unwrap();
    let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
    let kept = tenant.record(&finding(1, 1), now()).await.unwrap();
    let mizumori_store::Recorded::Kept(kept) = kept else { panic!("{kept:?}") };

    let mut other = session.tenant(&two);
    assert_eq!(other.contacts().await.unwrap(), []);
    assert_eq!(other.rules().await.unwrap(), []);
    assert_eq!(other.directories().await.unwrap(), []);
    assert_eq!(other.findings(&Default::default(), None, 10).await.unwrap().findings, []);
    assert_eq!(other.findings_of(finding(1, 1).account).await.unwrap(), []);
    assert_eq!(other.finding(&kept.reference).await.unwrap(), None);
    assert_eq!(other.steps(kept.id).await.unwrap(), []);
    assert!(other.begin_sync(directory).await.is_err());
    assert!(other.keep_holder(directory, 1, &Default::default()).await.is_err());
    let step = other.step(&kept, mizumori_store::State::Confirmed, "x", "y", now()).await;
    assert!(matches!(step, Err(StoreError::Changed(_))), "{step:?}");
    assert!(other.remove_contact(&contact.address).await.is_err());
    assert!(other.remove_rule("quiet").await.is_err());
    assert!(other.remove_directory("main").await.is_err());
    assert_eq!(other.release_backlog(now()).await.unwrap(), 0);

    let mut tenant = session.tenant(&one);
    assert_eq!(tenant.contacts().await.unwrap(), [Contact { language: Lang::En, ..contact.clone() }]);
    assert_eq!(tenant.rules().await.unwrap(), [rule]);
    assert_eq!(tenant.finding(&kept.reference).await.unwrap().as_ref(), Some(&*kept));
    tenant.remove_contact(&contact.address).await.unwrap();
    tenant.remove_rule("quiet").await.unwrap();
    tenant.remove_directory("main").await.unwrap();
}

pub(super) async fn editions_are_data(store: Store) {
    let mut session = store.write().await.unwrap();
    let evaluation = session.edition("evaluation").await.unwrap();
    assert!(matches!(session.edition("other").await, Err(StoreError::Missing(_))));
    let ends = evaluation.ends(at("2026-12-31T08:00:00Z"));
    assert_eq!(ends, Some(at("2027-02-28T08:00:00Z")));
    let mut tried = Organisation { edition: "evaluation".to_owned(), ends, ..organisation("one") };
    assert_eq!(evaluation.may(&tried, Access::Findings), Ok(()));
    assert_eq!(evaluation.may(&tried, Access::Neutralise), Err(Limit::Function(Access::Neutralise)));
    assert_eq!(evaluation.may_add_domain(2), Err(Limit::Domains(2)));
    // It runs, can be read for thirty days, and is over.
    assert_eq!(tried.state_at(at("2027-02-28")), (OrganisationState::Served, ends));
    let (state, until) = tried.state_at(at("2027-03-01"));
    assert_eq!((state, until), (OrganisationState::ReadOnly, Some(at("2027-03-30T08:00:00Z"))));
    assert_eq!(tried.state_at(at("2027-04-01")), (OrganisationState::Ended, None));
    (tried.state, tried.ends) = (state, until);
    assert_eq!(tried.state_at(at("2027-03-31")), (OrganisationState::Ended, None));
    assert_eq!(evaluation.may(&tried, Access::Findings), Err(Limit::ReadOnly));

    let names =
        |editions: std::collections::BTreeMap<String, Edition>| editions.into_keys().collect::<Vec<_>>();
    assert_eq!(names(session.editions().await.unwrap()), ["evaluation", "full"]);
    session.keep_edition("small", &evaluation).await.unwrap();
    session.keep_edition("evaluation", &Edition { domains: Some(5), ..evaluation.clone() }).await.unwrap();
    assert_eq!(session.edition("evaluation").await.unwrap().may_add_domain(4), Ok(()));
    let editions = session.editions().await.unwrap();
    assert_eq!((editions["evaluation"].domains, &editions["small"]), (Some(5), &evaluation));
    assert_eq!(names(editions), ["evaluation", "full", "small"]);
}

pub(super) async fn are_left_with_nothing(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two, name) = (id("one"), id("two"), domain("suigen.example"));
    let mut session = store.write().await.unwrap();
    for organisation in [&one, &two] {
        let mut tenant = session.tenant(organisation);
        tenant.add_domain(&name, "token", now()).await.unwrap();
        let contact =
            Contact {
                address: "csirt@one.example".to_owned(), name: "窓口".to_owned(), language: Lang::Ja
            };
        tenant.keep_contact(&contact).await.unwrap();
        let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
        let sync = tenant.begin_sync(directory).await.unwrap();
        tenant.keep_holder(directory, sync, &Default::default()).await.unwrap();
        tenant.record(&finding(1, 1), now()).await.unwrap();
    }
    let left = Organisation { state: OrganisationState::Ended, ..organisation("one") };
    session.empty_organisation(&left).await.unwrap();
    assert_eq!(session.organisations().await.unwrap(), [left, organisation("two")]);
    for (organisation, there) in [(&one, 0), (&two, 1)] {
        let mut tenant = session.tenant(organisation);
        assert_eq!(tenant.domains().await.unwrap().len(), there);
        assert_eq!(tenant.contacts().await.unwrap().len(), there);
        assert_eq!(tenant.directories().await.unwrap().len(), there);
        assert_eq!(tenant.findings(&Default::default(), None, 10).await.unwrap().findings.len(), there);
        assert_eq!(tenant.holders_of(finding(1, 1).account).await.unwrap(), []);
    }
    let nobody = session.empty_organisation(&organisation("three")).await;
    assert!(matches!(nobody, Err(StoreError::Missing(_))), "{nobody:?}");
}
