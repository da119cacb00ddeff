//! What became of it: whether passwords were changed, and who is to be reminded.
//!
//! That a password was changed is what a directory says of itself: no leaked password is tried against anything.

use std::time::Duration;

use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Channel, Contact, Filter, Finding, Holder, NewNotice, Organisation, OrganisationState, State, Store,
    StoreError, Tenant,
};

use crate::announce::announce;
use crate::body::{Body, Item};
use crate::error::MonitorError;
use crate::finder::ACTOR;
use crate::neutralise::verify;
use crate::rules::Rules;
use crate::served::Served;
use crate::verdict::{Verdict, judge, users};

/// So many findings are looked at in one transaction.
const PAGE: u32 = 200;
/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowedUp {
    /// Findings that the directory has settled.
    pub settled: u64,
    /// People that were reminded.
    pub reminded: u64,
    /// Findings that nobody dealt with in time.
    pub overdue: u64,
}

/// Looks at every finding that is open.
///
/// # Errors
/// When the store does not answer, or the rules of an organisation make no sense: that keeps nobody from looking at the others.
pub async fn follow_up(store: &Store, now: Timestamp) -> Result<FollowedUp, MonitorError> {
    let mut session = store.read().await?;
    let (organisations, domains) = (session.organisations().await?, session.all_domains().await?);
    drop(session);
    let (mut done, served) = (FollowedUp::default(), Served::of_domains(&domains));
    let mut failed = None;
    for organisation in organisations {
        if organisation.state_at(now).0 == OrganisationState::Served {
            let followed = follow_up_one(store, &organisation, &served, now, &mut done).await;
            let verified = verify(store, &organisation.id, now).await;
            failed = failed.or(followed.and(verified).err());
        }
    }
    failed.map_or(Ok(done), Err)
}

async fn follow_up_one(
    store: &Store,
    organisation: &Organisation,
    served: &Served,
    now: Timestamp,
    done: &mut FollowedUp,
) -> Result<(), MonitorError> {
    let states = vec![State::New, State::Notified, State::Confirmed];
    let filter = Filter { states, only_first: true, ..Filter::default() };
    let mut after = None;
    loop {
        let mut session = store.write().await?;
        let mut tenant = session.tenant(&organisation.id);
        let rules = Rules::of(&tenant.rules().await?);
        let rules =
            rules.map_err(|cause| MonitorError::RulesOf { organisation: organisation.id.clone(), cause })?;
        let contacts = tenant.contacts().await?;
        let page = tenant.findings(&filter, after, PAGE).await?;
        let look = Look { organisation, rules: &rules, contacts: &contacts, served, now };
        for finding in &page.findings {
            match look.at(&mut tenant, finding, done).await {
                // Somebody was quicker: the next round sees what it is now.
                Err(StoreError::Changed(_)) => {}
                other => other?,
            }
        }
        announce(&mut tenant, now).await?;
        session.commit().await?;
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// A look at the findings of an organisation.
struct Look<'l> {
    organisation: &'l Organisation,
    rules: &'l Rules,
    contacts: &'l [Contact],
    served: &'l Served,
    now: Timestamp,
}

impl Look<'_> {
    async fn at(
        &self,
        tenant: &mut Tenant<'_>,
        finding: &Finding,
        done: &mut FollowedUp,
    ) -> Result<(), StoreError> {
        let holders = tenant.holders_of(finding.is.account).await?;
        let own = |site: &str| self.served.organisation(site) == Some(&self.organisation.id);
        if let [holder] = &holders[..]
            && let Some(changed) = changed_since(finding, holder, own)
        {
            let why = format!("the directory says that the password was changed on {}", changed.day());
            let finding = tenant.step(finding, State::Changed, ACTOR, &why, self.now).await?;
            // A new password does not clean a machine: that is for somebody to say.
            if finding.is.severity < Severity::StealerLog {
                tenant.step(&finding, State::Closed, ACTOR, "the password was changed", self.now).await?;
            }
            done.settled += 1;
            return Ok(());
        }
        if let Verdict::Settle { state, why, .. } = judge(self.rules, finding, &holders, own, self.now) {
            // Whose an account was is said when it is found; a directory that changes later tells nothing about that.
            if state != State::FormerHolder {
                tenant.step(finding, state, ACTOR, &why, self.now).await?;
                done.settled += 1;
                return Ok(());
            }
        }
        self.remind(tenant, finding, &holders, done).await
    }

    async fn remind(
        &self,
        tenant: &mut Tenant<'_>,
        finding: &Finding,
        holders: &[Holder],
        done: &mut FollowedUp,
    ) -> Result<(), StoreError> {
        let rule = self.rules.reminders;
        let Some(told) = finding.told.filter(|_| rule.enabled && !finding.is.backlog) else { return Ok(()) };
        let (times, overdue) = (finding.reminded, rule.most.saturating_add(1));
        if times < overdue && self.now >= told.after(DAY * rule.overdue_days) {
            for contact in self.contacts {
                let body = body(tenant, LetterKind::AdminOverdue, contact.language, None, finding).await?;
                self.tell(tenant, &contact.address, &body, finding, "overdue").await?;
            }
            tenant.remind(finding.id, overdue).await?;
            done.overdue += 1;
        } else if times < rule.most && self.now >= told.after(DAY * rule.days * (times + 1)) {
            // Who has confirmed it knows of it.
            if let [holder] = holders
                && finding.is.state == State::Notified
                && self.rules.tell_user.enabled
            {
                let account =
                    holder.is.addresses.iter().find(|address| address.account == finding.is.account);
                let account = account.map(|address| address.address.clone());
                let lang = holder.is.language.unwrap_or(self.organisation.language);
                for address in users(&holder.is) {
                    let is_own = holder.is.has(&address);
                    let lang =
                        if is_own { lang } else { tenant.language_at(&address).await?.unwrap_or(lang) };
                    let body = body(tenant, LetterKind::UserReminder, lang, account.clone(), finding).await?;
                    self.tell(tenant, &address, &body, finding, &format!("reminder-{}", times + 1)).await?;
                    done.reminded += 1;
                }
            }
            tenant.remind(finding.id, times + 1).await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        tenant: &mut Tenant<'_>,
        address: &str,
        body: &Body,
        finding: &Finding,
        what: &str,
    ) -> Result<(), StoreError> {
        // A finding that is taken up again is told anew, and so are its reminders.
        let told = finding.told.map_or(0, |told| told.0);
        let destination = blake3::hash(address.as_bytes()).to_hex();
        let short = destination.as_str().get(..16).unwrap_or_default();
        let thread = tenant.notices_of(finding.id).await?;
        let first = thread.into_iter().find(|notice| notice.destination == address);
        let body = Body { thread: first.map(|notice| notice.message), ..body.clone() };
        let new = NewNotice {
            channel: Channel::Mail,
            destination: address.to_owned(),
            message: format!("{}.{}.{what}.{told}.{short}", self.organisation.id, finding.reference),
            body: body.to_text(),
            due: self.rules.due(finding.is.severity, self.now),
            findings: vec![finding.id],
        };
        tenant.tell(&new, self.now).await.map(|_| ())
    }
}

async fn body(
    tenant: &mut Tenant<'_>,
    letter: LetterKind,
    lang: Lang,
    account: Option<String>,
    finding: &Finding,
) -> Result<Body, StoreError> {
    let source = tenant.source(&finding.is.source).await?;
    let source = source.unwrap_or_else(|| crate::finder::undescribed(&finding.is.source, finding.created));
    let items = vec![Item::of(finding, &source)];
    Ok(Body { account, items, ..Body::new(letter, lang) })
}

/// When the password was changed after the finding was made, where it is the directory's password.
fn changed_since(finding: &Finding, holder: &Holder, own: impl Fn(&str) -> bool) -> Option<Timestamp> {
    let concerns = finding.is.site.as_deref().is_none_or(own) && finding.is.secret.is_some();
    // Directories keep whole seconds.
    let since = finding.told.unwrap_or(finding.created).0 / 1_000;
    let changed = holder.is.password_changed.filter(|_| concerns && !holder.is.must_change)?;
    (changed.0 / 1_000 >= since).then_some(changed)
}
