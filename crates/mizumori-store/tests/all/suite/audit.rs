//! The audit log.

use mizumori_store::{AuditHead, NewAudit, Store, Verified, Wrong};

use super::{id, now};

pub(super) async fn is_a_chain(store: Store) {
    let one = id("one");
    let mut session = store.write().await.unwrap();
    assert_eq!(session.verify_audit(None).await.unwrap(), Verified::Sound(AuditHead::default()));
    let mut heads = Vec::new();
    // More than are read at a time.
    for number in 1..=1_005 {
        let subject = number.to_string();
        let organisation = (number % 2 == 0).then_some(&one);
        let new = NewAudit {
            actor: "operator",
            organisation,
            action: "vouch",
            subject: &subject,
            detail: "by letter",
        };
        heads.push(session.audit(&new, now()).await.unwrap());
    }
    let last = heads[1_004];
    assert_eq!(session.audit_head().await.unwrap(), last);
    assert_eq!(session.verify_audit(Some(heads[500])).await.unwrap(), Verified::Sound(last));
    let other = AuditHead { seq: 501, hash: [7; 32] };
    assert_eq!(
        session.verify_audit(Some(other)).await.unwrap(),
        Verified::Broken { seq: 501, why: Wrong::Other }
    );
    let ahead = AuditHead { seq: 1_006, hash: [7; 32] };
    assert_eq!(
        session.verify_audit(Some(ahead)).await.unwrap(),
        Verified::Broken { seq: 1_006, why: Wrong::Missing }
    );
    let tail = session.audit_after(1_003).await.unwrap();
    assert_eq!(
        tail.iter().map(|entry| entry.organisation.as_deref()).collect::<Vec<_>>(),
        [Some("one"), None]
    );
    session.commit().await.unwrap();
}
