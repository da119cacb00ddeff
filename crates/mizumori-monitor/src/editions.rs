//! How the time of an organisation ends: its evaluation is announced to end, can be read for thirty days, and then its data keys are
//! destroyed and everything that was kept of it goes.
//!
//! An end takes three steps, so that a crash between them loses nothing: the organisation becomes `ended`, its keys are destroyed, and
//! what the store has of it goes. Whoever comes next goes on with the first step that is left. The audit log stays, and so does the
//! organisation's name in the list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use mizumori_core::{DomainName, ErrorClass, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Domain, DomainState, Filter, NewAudit, Organisation, OrganisationId, OrganisationState, Session, Store,
    StoreError,
};
use tokio::task::spawn_blocking;

use crate::administrators::{self, Letters, Occasion};
use crate::body::{Body, Until};
use crate::error::MonitorError;
use crate::finder::ACTOR;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Days before the end of an evaluation at which its administrators are told, the last first.
const ENDING: [u32; 2] = [3, 14];
/// Days before its keys are destroyed. Nobody's are without that many days' notice, as long as there is somebody to be told; what
/// waits to be sent, or was given up, is no notice.
const ERASING: u32 = 7;

/// The keys under which is sealed what can be read again.
pub trait DataKeys: Send + Sync {
    /// Forgets all keys of these domains; those of domains that have none are forgotten already. Gives how many there were.
    ///
    /// # Errors
    /// When they cannot be changed; then all of them are still there.
    fn forget(&self, domains: &[DomainName]) -> Result<u64, KeysError>;
}

/// Why keys could not be forgotten.
#[derive(Debug, thiserror::Error)]
#[error("the data keys could not be destroyed")]
pub struct KeysError {
    /// What the caller does next.
    pub class: ErrorClass,
    /// What was wrong.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Letters that were put into the outbox.
    pub told: u64,
    /// Organisations that can only be read from now on.
    pub read_only: Vec<OrganisationId>,
    /// Organisations of which nothing is left.
    pub ended: Vec<OrganisationId>,
}

/// Looks at the time of every organisation.
///
/// # Errors
/// When the store does not answer, or keys cannot be destroyed.
pub async fn look_after_editions(
    store: &Store,
    keys: &Arc<dyn DataKeys>,
    now: Timestamp,
) -> Result<Ended, MonitorError> {
    let organisations = store.read().await?.organisations().await?;
    let (mut done, mut trouble) = (Ended::default(), None);
    for organisation in organisations.iter().filter(|organisation| organisation.ends.is_some()) {
        // What is wrong with one keeps nobody else's time from passing.
        match look_at(store, keys, &organisation.id, now, &mut done).await {
            Ok(()) => {}
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    trouble.map_or(Ok(done), Err)
}

/// Ends an organisation now, because somebody says so: everything that is kept of it goes, and its keys are destroyed first. Gives how
/// many keys there were.
///
/// # Errors
/// When there is no such organisation, the store does not answer, or keys cannot be destroyed. In the last case it has ended
/// nonetheless; the same again goes on.
pub async fn end(
    store: &Store,
    keys: &Arc<dyn DataKeys>,
    organisation: &OrganisationId,
    who: &str,
    why: &str,
    now: Timestamp,
) -> Result<u64, MonitorError> {
    let mut session = store.write().await?;
    audit(&mut session, organisation, who, "org end", why, now).await?;
    let missing = || StoreError::Missing(format!("organisation `{organisation}`"));
    let is = session.organisation(organisation).await?.ok_or_else(missing)?;
    close(&mut session, &is, now).await?;
    session.commit().await?;
    erase(store, keys, organisation, who, now).await
}

async fn look_at(
    store: &Store,
    keys: &Arc<dyn DataKeys>,
    id: &OrganisationId,
    now: Timestamp,
    done: &mut Ended,
) -> Result<(), MonitorError> {
    let mut session = store.write().await?;
    session.alone().await?;
    let Some(organisation) = session.organisation(id).await? else { return Ok(()) };
    let soonest = now.after(DAY * ERASING);
    match (organisation.state, organisation.state_at(now)) {
        (OrganisationState::Served, (OrganisationState::Served, Some(ends))) => {
            done.told += announce(&mut session, id, ends, now).await?;
        }
        (OrganisationState::Served, (OrganisationState::ReadOnly | OrganisationState::Ended, ends)) => {
            // Whoever was told of nothing, because nobody looked for so long, has the time to do something.
            let ends = ends.map_or(soonest, |ends| ends.max(soonest));
            read_only(&mut session, &organisation, ends, now).await?;
            done.read_only.push(id.clone());
            done.told += warn(&mut session, id, ends, now).await?;
        }
        (OrganisationState::ReadOnly, (OrganisationState::ReadOnly, Some(ends))) => {
            let letters = administrators::letters(&mut session.tenant(id), &erasing(ends)).await?;
            // Whoever hears of it late, because nobody looked before, has as much time.
            let ends = match letters {
                Letters::Unwritten if ends < soonest => soonest,
                _ => ends,
            };
            if organisation.ends != Some(ends) {
                read_only(&mut session, &organisation, ends, now).await?;
            }
            done.told += warn(&mut session, id, ends, now).await?;
        }
        (OrganisationState::ReadOnly, (OrganisationState::Ended, _)) => {
            let occasion = erasing(organisation.ends.unwrap_or(now));
            let letters = administrators::letters(&mut session.tenant(id), &occasion).await?;
            let is_over = match letters {
                Letters::ToNobody => true,
                Letters::Sent(at) => at.after(DAY * ERASING) <= now,
                Letters::Unwritten | Letters::Unsent => false,
            };
            if is_over {
                audit(&mut session, id, ACTOR, "org end", "its time is over", now).await?;
                close(&mut session, &organisation, now).await?;
                session.commit().await?;
                erase(store, keys, id, ACTOR, now).await?;
                done.ended.push(id.clone());
                return Ok(());
            }
            // A letter that was sent only now is not written again: its days are waited for.
            if !matches!(letters, Letters::Sent(_)) {
                administrators::withdraw(&mut session.tenant(id), &occasion, now).await?;
                read_only(&mut session, &organisation, soonest, now).await?;
                done.told += warn(&mut session, id, soonest, now).await?;
            }
        }
        (OrganisationState::Ended, _) => {
            // Somebody was interrupted.
            drop(session);
            erase(store, keys, id, ACTOR, now).await?;
            done.ended.push(id.clone());
            return Ok(());
        }
        (OrganisationState::Served | OrganisationState::ReadOnly, _) => {}
    }
    Ok(session.commit().await?)
}

/// Tells that an evaluation ends, when it is time to.
async fn announce(
    session: &mut Session,
    id: &OrganisationId,
    ends: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let left = now.until(ends);
    let Some(days) = ENDING.into_iter().find(|days| left <= DAY * *days) else { return Ok(0) };
    tell(session, id, LetterKind::EvaluationEnding, &format!("ending.{}.{days}", ends.0), ends, now).await
}

/// Tells that the keys will be destroyed, when it is time to.
async fn warn(
    session: &mut Session,
    id: &OrganisationId,
    ends: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if now.until(ends) > DAY * ERASING {
        return Ok(0);
    }
    tell(session, id, LetterKind::EvaluationErasing, &erasing(ends), ends, now).await
}

fn erasing(ends: Timestamp) -> String {
    format!("erasing.{}", ends.0)
}

async fn tell(
    session: &mut Session,
    id: &OrganisationId,
    letter: LetterKind,
    occasion: &str,
    ends: Timestamp,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut tenant = session.tenant(id);
    let counts: BTreeMap<_, _> = tenant.count_findings(&Filter::default()).await?.into_iter().collect();
    let body =
        |lang| Body { counts: counts.clone(), until: Until::moment(now, ends), ..Body::new(letter, lang) };
    administrators::tell(&mut tenant, Occasion::new(occasion), now, body).await
}

async fn read_only(
    session: &mut Session,
    organisation: &Organisation,
    ends: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let detail = format!("until {ends}");
    audit(session, &organisation.id, ACTOR, "org read-only", &detail, now).await?;
    let left = Organisation { state: OrganisationState::ReadOnly, ends: Some(ends), ..organisation.clone() };
    session.change_organisation(&left).await
}

/// From here on there is no way back. That it has an end says that the other steps are to be taken yet.
async fn close(session: &mut Session, organisation: &Organisation, now: Timestamp) -> Result<(), StoreError> {
    let left = Organisation { state: OrganisationState::Ended, ends: Some(now), ..organisation.clone() };
    session.change_organisation(&left).await
}

/// Takes the steps that are left of an end.
async fn erase(
    store: &Store,
    keys: &Arc<dyn DataKeys>,
    id: &OrganisationId,
    who: &str,
    now: Timestamp,
) -> Result<u64, MonitorError> {
    let mut session = store.read().await?;
    let (domains, left) = (session.all_domains().await?, session.tenant(id).domains_that_left().await?);
    drop(session);
    let (keys, own) = (Arc::clone(keys), own(&domains, left, id));
    let forgotten = spawn_blocking(move || keys.forget(&own)).await;
    let forgotten = forgotten.map_err(|_| MonitorError::BrokenOff)??;
    let mut session = store.write().await?;
    session.alone().await?;
    let closed = |is: &Organisation| is.state == OrganisationState::Ended && is.ends.is_some();
    // Where somebody was quicker it is done.
    if let Some(organisation) = session.organisation(id).await?.filter(closed) {
        session.empty_organisation(&Organisation { ends: None, ..organisation }).await?;
        let detail = format!("data keys destroyed: {forgotten}");
        audit(&mut session, id, who, "org erase", &detail, now).await?;
        session.commit().await?;
    }
    Ok(forgotten)
}

/// The domains whose keys are the organisation's: those that it has shown to be its own, now or before they left, and that nobody else
/// has shown to be his by now.
fn own(domains: &[Domain], left: Vec<DomainName>, id: &OrganisationId) -> Vec<DomainName> {
    let is_held = |name: &DomainName| {
        domains.iter().any(|other| {
            other.name == *name && other.organisation != *id && other.state != DomainState::Pending
        })
    };
    let own = domains
        .iter()
        .filter(|domain| domain.organisation == *id && domain.state != DomainState::Pending)
        .map(|domain| domain.name.clone());
    let own: BTreeSet<_> = own.chain(left).filter(|name| !is_held(name)).collect();
    own.into_iter().collect()
}

async fn audit(
    session: &mut Session,
    organisation: &OrganisationId,
    actor: &str,
    action: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = organisation.as_str();
    let entry = NewAudit { actor, organisation: Some(organisation), action, subject, detail };
    session.audit(&entry, now).await.map(|_| ())
}
