//! Whether the domains that were proved still are: each is looked for again by the time that its schedule says, and one that is not
//! found for too long is not served any more.
//!
//! What somebody vouches for is not looked at, and neither is what is of an organisation that is not served. Nobody is asked within
//! a transaction.

use futures::stream::{self, StreamExt as _};
use mizumori_core::Timestamp;
use mizumori_core::proof::{Method, Outcome};
use mizumori_proof::{Challenge, Prover, Schedule, Standing, Token, Verdict, outcome};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Domain, DomainState, NewAudit, OrganisationState, Session, Store, StoreError};

use crate::administrators::{self, Occasion};
use crate::body::{Body, Until};
use crate::error::MonitorError;
use crate::finder::ACTOR;

/// So many proofs are looked for at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Looks after the proofs of all organisations.
#[derive(Debug)]
pub struct Proofs {
    store: Store,
    prover: Prover,
    schedule: Schedule,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedAfter {
    /// Proofs that were looked for.
    pub looked: u64,
    /// Those that were not found, and count for a while yet.
    pub failing: u64,
    /// Those that count no more.
    pub lapsed: u64,
}

/// A look for the proof of a domain.
#[derive(Clone, Copy, Debug)]
pub struct Look<'l> {
    /// The domain as it stood before.
    pub domain: &'l Domain,
    /// What was found.
    pub outcome: Outcome,
    /// Who looked, as the audit log names him.
    pub who: &'l str,
    /// When.
    pub now: Timestamp,
}

impl Proofs {
    /// Those of a store.
    pub const fn new(store: Store, prover: Prover, schedule: Schedule) -> Self {
        Self { store, prover, schedule }
    }

    /// Looks for every proof that is due.
    ///
    /// # Errors
    /// When the store does not answer. That nobody can be asked for a proof is none.
    pub async fn look(&self, now: impl Fn() -> Timestamp) -> Result<LookedAfter, MonitorError> {
        let mut done = LookedAfter::default();
        let due = self.due(now()).await?;
        let mut looks = stream::iter(&due)
            .map(async |(domain, method)| (domain, self.look_for(domain, *method, now()).await))
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((domain, outcome)) = looks.next().await {
            done.looked += 1;
            let mut session = self.store.write().await?;
            let look = Look { domain, outcome, who: ACTOR, now: now() };
            // Where somebody was quicker it is his that counts.
            match take_in(&mut session, &self.schedule, &look).await? {
                None => continue,
                Some(Verdict::Holds) => {}
                Some(Verdict::Fails { .. }) => done.failing += 1,
                Some(Verdict::Lapsed { .. }) => done.lapsed += 1,
            }
            session.commit().await?;
        }
        Ok(done)
    }

    /// The domains whose proofs are to be looked for now, each with its method.
    async fn due(&self, now: Timestamp) -> Result<Vec<(Domain, Method)>, MonitorError> {
        let mut session = self.store.read().await?;
        let (organisations, domains) = (session.organisations().await?, session.all_domains().await?);
        let is_served = |domain: &Domain| {
            let of = organisations.iter().find(|organisation| organisation.id == domain.organisation);
            of.is_some_and(|organisation| organisation.state_at(now).0 == OrganisationState::Served)
        };
        let due = domains.into_iter().filter_map(|domain| {
            let method =
                domain.method.filter(|_| domain.state == DomainState::Proved && is_served(&domain))?;
            let standing = standing(&domain);
            let is_typed = !method.is_looked_for() && standing.last == Outcome::There;
            // A code stays where it was typed: nothing is to be kept of it before it is too old.
            let is_due = match is_typed {
                true => self.schedule.typed(standing.checked, now) == Outcome::Missing,
                false => self.schedule.is_due(&standing, now),
            };
            is_due.then_some((domain, method))
        });
        Ok(due.collect())
    }

    async fn look_for(&self, domain: &Domain, method: Method, now: Timestamp) -> Outcome {
        if !method.is_looked_for() {
            let standing = standing(domain);
            return match standing.last {
                Outcome::There => self.schedule.typed(standing.checked, now),
                // Typing another one is not for us to see: it would have changed the domain.
                Outcome::Missing | Outcome::Unasked => Outcome::Missing,
            };
        }
        // A token that cannot be read is the store's trouble, and nobody's absence.
        let Ok(token) = domain.token.parse::<Token>() else { return Outcome::Unasked };
        match Challenge::new(domain.name.clone(), token) {
            Ok(challenge) => outcome(&self.prover.check(&challenge, method).await),
            Err(_) => Outcome::Unasked,
        }
    }
}

/// Keeps what a look for the proof of a domain found, tells the administrators when they are to be reminded, and ends a proof that
/// failed for too long. Of a domain that is not proved only the look is kept.
///
/// Nothing where the domain is not what it was before the look: then the session must not be committed.
///
/// # Errors
/// When the store does not answer.
pub async fn take_in(
    session: &mut Session,
    schedule: &Schedule,
    look: &Look<'_>,
) -> Result<Option<Verdict>, StoreError> {
    let Look { domain, outcome, who, now } = *look;
    let (next, verdict) =
        schedule.judge(domain.method.unwrap_or(Method::Dns), standing(domain), outcome, now);
    let is_proved = domain.state == DomainState::Proved;
    let lapses = is_proved && matches!(verdict, Verdict::Lapsed { .. });
    let after = Domain {
        state: if lapses { DomainState::Lapsed } else { domain.state },
        checked: Some(next.checked),
        found: Some(next.last),
        failing_since: next.failing_since,
        missing_since: next.missing_since,
        ..domain.clone()
    };
    if lapses {
        // Before anything else: who writes into the audit log is alone, and nobody waits for another in a circle.
        let entry = NewAudit {
            actor: who,
            organisation: Some(&domain.organisation),
            action: "domain lapse",
            subject: domain.name.as_str(),
            detail: &format!("{}: {}", domain.method.map_or("", Method::as_str), outcome.as_str()),
        };
        session.audit(&entry, now).await?;
    }
    let mut tenant = session.tenant(&domain.organisation);
    if !tenant.keep_look(domain, &after).await? {
        return Ok(None);
    }
    if lapses {
        let body = |lang| Body {
            domain: Some(domain.name.to_string()),
            ..Body::new(LetterKind::DomainLapsed, lang)
        };
        let occasion = format!("lapsed.{}.{}", domain.name, now.0);
        administrators::tell(&mut tenant, Occasion::new(&occasion), now, body).await?;
    }
    if let Verdict::Fails { lapses, remind: Some(_), .. } = verdict
        && is_proved
    {
        let body = |lang| Body {
            domain: Some(domain.name.to_string()),
            until: Until::moment(now, lapses),
            ..Body::new(LetterKind::DomainLapsing, lang)
        };
        let occasion = format!("lapsing.{}.{}", domain.name, now.0);
        administrators::tell(&mut tenant, Occasion::new(&occasion), now, body).await?;
    }
    Ok(Some(verdict))
}

/// What is known of a domain's proof. One that was never looked for again was there when it was proved.
fn standing(domain: &Domain) -> Standing {
    let since = domain.checked.or(domain.proved).unwrap_or(domain.added);
    let last = match (domain.found, domain.failing_since) {
        (Some(found), _) => found,
        (None, Some(_)) => Outcome::Unasked,
        (None, None) => Outcome::There,
    };
    Standing {
        checked: since,
        last,
        failing_since: domain.failing_since,
        missing_since: domain.missing_since,
    }
}
