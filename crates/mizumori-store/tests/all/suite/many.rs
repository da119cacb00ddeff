//! Several processes at once.

use std::time::Duration;

use mizumori_store::{NewAudit, Recorded, Store, Verified};

use super::{add, at, finding, id, now};

/// Eight write the same and their own; nothing is lost, and nothing there twice.
pub(super) async fn write_at_once(store: Store) {
    add(&store, &["one"]).await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let (one, mut kept) = (id("one"), 0);
                for round in 0..10 {
                    let mut session = store.write().await.unwrap();
                    for new in [finding(round, 1), finding(100 + writer * 10 + round, 1)] {
                        let recorded = session.tenant(&one).record(&new, now()).await.unwrap();
                        kept += u64::from(matches!(recorded, Recorded::Kept(_)));
                    }
                    let subject = format!("{writer}/{round}");
                    let new = NewAudit {
                        actor: "writer",
                        organisation: Some(&one),
                        action: "write",
                        subject: &subject,
                        detail: "",
                    };
                    session.audit(&new, now()).await.unwrap();
                    session.commit().await.unwrap();
                }
                kept
            })
        })
        .collect();
    let mut kept = 0;
    for writer in writers {
        kept += writer.await.unwrap();
    }
    assert_eq!(kept, 10 + 80);
    let mut session = store.read().await.unwrap();
    let all = session.tenant(&id("one")).findings(&Default::default(), None, 1_000).await.unwrap();
    assert_eq!(all.findings.len(), 90);
    assert!(matches!(session.verify_audit(None).await.unwrap(), Verified::Sound(head) if head.seq == 80));
}

pub(super) async fn hold_a_lease_one_at_a_time(store: Store) {
    let minute = Duration::from_secs(60);
    let mut session = store.write().await.unwrap();
    assert!(session.hold("loop", "a", now(), minute).await.unwrap());
    assert!(!session.hold("loop", "b", now(), minute).await.unwrap());
    assert!(session.hold("loop", "a", at("2026-11-23T09:00:30Z"), minute).await.unwrap());
    assert!(!session.hold("loop", "b", at("2026-11-23T09:01:29Z"), minute).await.unwrap());
    assert!(session.hold("loop", "b", at("2026-11-23T09:01:31Z"), minute).await.unwrap());
    session.let_go("loop", "a").await.unwrap();
    assert!(!session.hold("loop", "a", at("2026-11-23T09:01:31Z"), minute).await.unwrap());
    session.let_go("loop", "b").await.unwrap();
    assert!(session.hold("loop", "a", at("2026-11-23T09:01:31Z"), minute).await.unwrap());
}
