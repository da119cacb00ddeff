//! Domains.

use mizumori_core::proof::{Method, Outcome};
use mizumori_store::{Domain, DomainCode, DomainState, Store, StoreError};

use super::{add, at, domain, id, now};

pub(super) async fn have_one_holder(store: Store) {
    add(&store, &["one", "two"]).await;
    let name = domain("suigen.example");
    let mut session = store.write().await.unwrap();
    for organisation in ["one", "two"] {
        session.tenant(&id(organisation)).add_domain(&name, organisation, now()).await.unwrap();
    }
    let again = session.tenant(&id("one")).add_domain(&name, "x", now()).await;
    assert!(matches!(again, Err(StoreError::There(_))), "{again:?}");
    let nobody = session.tenant(&id("nobody")).add_domain(&name, "x", now()).await;
    assert!(matches!(nobody, Err(StoreError::Missing(_))), "{nobody:?}");
    let proved = |of: Domain| Domain { state: DomainState::Proved, method: Some(Method::Dns), ..of };
    let of_one = session.tenant(&id("one")).domain(&name).await.unwrap().unwrap();
    assert_eq!((of_one.state, of_one.token.as_str()), (DomainState::Pending, "one"));
    session.tenant(&id("one")).change_domain(&proved(of_one.clone())).await.unwrap();
    let of_two = session.tenant(&id("two")).domain(&name).await.unwrap().unwrap();
    let second = session.tenant(&id("two")).change_domain(&proved(of_two.clone())).await;
    assert!(matches!(second, Err(StoreError::There(_))), "{second:?}");
    // When the first holder has lost it, the next may have it.
    let lapsed = Domain { state: DomainState::Lapsed, ..of_one };
    session.tenant(&id("one")).change_domain(&lapsed).await.unwrap();
    session.tenant(&id("two")).change_domain(&proved(of_two)).await.unwrap();
    let all = session.all_domains().await.unwrap();
    assert_eq!(all.iter().map(|domain| domain.state.is_served()).collect::<Vec<_>>(), [false, true]);
    session.commit().await.unwrap();
}

pub(super) async fn keep_what_became_of_them(store: Store) {
    add(&store, &["one"]).await;
    let (one, name) = (id("one"), domain("suigen.example"));
    let mut session = store.write().await.unwrap();
    session.tenant(&one).add_domain(&name, "token", now()).await.unwrap();
    let kept = Domain {
        organisation: one.clone(),
        name: name.clone(),
        state: DomainState::Vouched,
        method: Some(Method::Mail),
        token: "other".to_owned(),
        added: now(),
        proved: Some(at("2026-11-24")),
        checked: Some(at("2026-11-25")),
        found: Some(Outcome::Unasked),
        failing_since: Some(at("2026-11-26")),
        missing_since: Some(at("2026-11-27")),
        vouched_by: Some("operator".to_owned()),
        backlog_seen: Some(12),
    };
    session.tenant(&one).change_domain(&kept).await.unwrap();
    assert_eq!(session.tenant(&one).domains().await.unwrap(), [kept]);
    session.tenant(&one).remove_domain(&name).await.unwrap();
    assert!(matches!(session.tenant(&one).remove_domain(&name).await, Err(StoreError::Missing(_))));
}

pub(super) async fn keep_one_of_two_looks(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two, name) = (id("one"), id("two"), domain("suigen.example"));
    let mut session = store.write().await.unwrap();
    let mut tenant = session.tenant(&one);
    tenant.add_domain(&name, "token", now()).await.unwrap();
    let added = tenant.domain(&name).await.unwrap().unwrap();
    let proved = Domain { state: DomainState::Proved, method: Some(Method::Dns), ..added };
    tenant.change_domain(&proved).await.unwrap();
    tenant.see_backlog(&name, 7).await.unwrap();
    let proved = tenant.domain(&name).await.unwrap().unwrap();
    assert_eq!(proved.backlog_seen, Some(7));
    let missing = Domain {
        checked: Some(at("2026-11-24")),
        found: Some(Outcome::Missing),
        failing_since: Some(at("2026-11-24")),
        missing_since: Some(at("2026-11-24")),
        ..proved.clone()
    };
    assert!(tenant.keep_look(&proved, &missing).await.unwrap());
    assert_eq!(tenant.domain(&name).await.unwrap(), Some(missing.clone()));
    // Who looked at the same time comes too late, and so does who saw another token, method or state.
    assert!(!tenant.keep_look(&proved, &proved).await.unwrap());
    for before in [
        Domain { token: "other".to_owned(), ..missing.clone() },
        Domain { method: Some(Method::Meta), ..missing.clone() },
        Domain { state: DomainState::Vouched, ..missing.clone() },
    ] {
        assert!(!tenant.keep_look(&before, &proved).await.unwrap(), "{before:?}");
    }
    // What is served again one day is looked through again.
    let lapsed = Domain { state: DomainState::Lapsed, ..missing.clone() };
    assert!(tenant.keep_look(&missing, &lapsed).await.unwrap());
    assert_eq!(tenant.domains().await.unwrap(), [Domain { backlog_seen: None, ..lapsed.clone() }]);
    tenant.see_backlog(&name, 9).await.unwrap();
    assert_eq!(tenant.domain(&name).await.unwrap().unwrap().backlog_seen, None);
    assert!(!session.tenant(&two).keep_look(&lapsed, &missing).await.unwrap());
}

pub(super) async fn keep_one_code(store: Store) {
    add(&store, &["one", "two"]).await;
    let (one, two, name) = (id("one"), id("two"), domain("suigen.example"));
    let mut session = store.write().await.unwrap();
    let code = DomainCode { role: "postmaster".to_owned(), hash: [1; 32], sent: now(), tries: 0 };
    let nobody = session.tenant(&one).keep_domain_code(&name, &code).await;
    assert!(matches!(nobody, Err(StoreError::Missing(_))), "{nobody:?}");
    for organisation in [&one, &two] {
        session.tenant(organisation).add_domain(&name, "token", now()).await.unwrap();
    }
    session.tenant(&one).keep_domain_code(&name, &code).await.unwrap();
    let next = DomainCode { role: "admin".to_owned(), hash: [2; 32], tries: 3, ..code };
    session.tenant(&one).keep_domain_code(&name, &next).await.unwrap();
    assert_eq!(session.tenant(&one).domain_code(&name).await.unwrap(), Some(next.clone()));
    assert_eq!(session.tenant(&two).domain_code(&name).await.unwrap(), None);
    session.tenant(&two).drop_domain_code(&name).await.unwrap();
    assert_eq!(session.tenant(&one).domain_code(&name).await.unwrap(), Some(next.clone()));
    session.tenant(&one).drop_domain_code(&name).await.unwrap();
    assert_eq!(session.tenant(&one).domain_code(&name).await.unwrap(), None);
    // It goes with its domain.
    session.tenant(&one).keep_domain_code(&name, &next).await.unwrap();
    session.tenant(&one).remove_domain(&name).await.unwrap();
    session.tenant(&one).add_domain(&name, "token", now()).await.unwrap();
    assert_eq!(session.tenant(&one).domain_code(&name).await.unwrap(), None);
}
