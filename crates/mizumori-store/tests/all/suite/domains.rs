//! Domains.

use mizumori_store::{Domain, DomainState, Method, Store, StoreError};

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
        failing_since: Some(at("2026-11-26")),
        vouched_by: Some("operator".to_owned()),
        backlog_seen: Some(12),
    };
    session.tenant(&one).change_domain(&kept).await.unwrap();
    assert_eq!(session.tenant(&one).domains().await.unwrap(), [kept]);
    session.tenant(&one).remove_domain(&name).await.unwrap();
    assert!(matches!(session.tenant(&one).remove_domain(&name).await, Err(StoreError::Missing(_))));
}
