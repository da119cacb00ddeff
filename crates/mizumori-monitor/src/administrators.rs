//! What the administrators of an organisation are told of the organisation itself and of what is done for it, put into the outbox in the
//! transaction of what it tells of. New findings are [tidings](crate::tidings).

use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_store::{Channel, Contact, FindingId, NewNotice, Notice, NoticeState, StoreError, Tenant};

use crate::body::Body;
use crate::rules::Rules;

/// What is told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'o> {
    /// It makes the message ids, with the organisation: nobody hears of it twice.
    pub(crate) name: &'o str,
    /// How bad it is: quiet hours keep what is less than they say.
    pub(crate) severity: Severity,
    /// Which findings it is about.
    pub(crate) findings: &'o [FindingId],
}

impl<'o> Occasion<'o> {
    /// Something about no finding.
    pub(crate) const fn new(name: &'o str) -> Self {
        Self { name, severity: Severity::Address, findings: &[] }
    }
}

/// Tells each contact, in his language. Gives how many were not told of that occasion before.
pub(crate) async fn tell(
    tenant: &mut Tenant<'_>,
    occasion: Occasion<'_>,
    now: Timestamp,
    body: impl Fn(Lang) -> Body,
) -> Result<u64, StoreError> {
    // Rules that make no sense keep nothing back.
    let due = Rules::of(&tenant.rules().await?).map_or(now, |rules| rules.due(occasion.severity, now));
    let mut told = 0;
    for contact in tenant.contacts().await? {
        let new = NewNotice {
            channel: Channel::Mail,
            message: message(tenant, occasion.name, &contact),
            body: body(contact.language).to_text(),
            destination: contact.address,
            due,
            findings: occasion.findings.to_vec(),
        };
        told += u64::from(tenant.tell(&new, now).await?.is_some());
    }
    Ok(told)
}

/// What became of the letters of an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// There is nobody to tell.
    ToNobody,
    /// None was written.
    Unwritten,
    /// None of them was accepted by a mail server.
    Unsent,
    /// When the first of them was.
    Sent(Timestamp),
}

/// What became of the letters of an occasion to those who are contacts now.
pub(crate) async fn letters(tenant: &mut Tenant<'_>, occasion: &str) -> Result<Letters, StoreError> {
    let written = written(tenant, occasion).await?;
    let sent = written.iter().flatten().filter(|notice| notice.state == NoticeState::Sent);
    Ok(match sent.filter_map(|notice| notice.done).min() {
        Some(first) => Letters::Sent(first),
        None if written.is_empty() => Letters::ToNobody,
        None if written.iter().flatten().next().is_none() => Letters::Unwritten,
        None => Letters::Unsent,
    })
}

/// Gives the letters of an occasion up that nobody has sent: what they say is not so any more.
pub(crate) async fn withdraw(
    tenant: &mut Tenant<'_>,
    occasion: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for notice in written(tenant, occasion).await?.into_iter().flatten() {
        tenant.withdraw(notice.id, "a later letter takes its place", now).await?;
    }
    Ok(())
}

/// The letter of an occasion to each contact, where it was written.
async fn written(tenant: &mut Tenant<'_>, occasion: &str) -> Result<Vec<Option<Notice>>, StoreError> {
    let mut written = Vec::new();
    for contact in tenant.contacts().await? {
        let message = message(tenant, occasion, &contact);
        written.push(tenant.notice_called(&message).await?);
    }
    Ok(written)
}

/// An address does not stand in it.
fn message(tenant: &Tenant<'_>, occasion: &str, contact: &Contact) -> String {
    let destination = blake3::hash(contact.address.as_bytes()).to_hex();
    let short = destination.as_str().get(..16).unwrap_or_default();
    format!("{}.{occasion}.{short}", tenant.organisation())
}
