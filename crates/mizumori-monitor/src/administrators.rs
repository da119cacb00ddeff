//! What the administrators of an organisation are told of the organisation itself, put into the outbox in the transaction of what it
//! tells of. Findings are [tidings](crate::tidings).

use mizumori_core::{Lang, Timestamp};
use mizumori_store::{Channel, Contact, NewNotice, StoreError, Tenant};

use crate::body::Body;

/// Tells each contact, in his language. Gives how many were not told of that occasion before: the organisation and the occasion make
/// the message ids, so that nobody hears of it twice.
pub(crate) async fn tell(
    tenant: &mut Tenant<'_>,
    occasion: &str,
    now: Timestamp,
    body: impl Fn(Lang) -> Body,
) -> Result<u64, StoreError> {
    let mut told = 0;
    for contact in tenant.contacts().await? {
        let new = NewNotice {
            channel: Channel::Mail,
            message: message(tenant, occasion, &contact),
            body: body(contact.language).to_text(),
            destination: contact.address,
            due: now,
            findings: Vec::new(),
        };
        told += u64::from(tenant.tell(&new, now).await?.is_some());
    }
    Ok(told)
}

/// Whether anybody was told of that occasion before; so it is where there is nobody to tell.
pub(crate) async fn were_told(tenant: &mut Tenant<'_>, occasion: &str) -> Result<bool, StoreError> {
    let contacts = tenant.contacts().await?;
    for contact in &contacts {
        let message = message(tenant, occasion, contact);
        if tenant.was_told(&message).await? {
            return Ok(true);
        }
    }
    Ok(contacts.is_empty())
}

/// An address does not stand in it.
fn message(tenant: &Tenant<'_>, occasion: &str, contact: &Contact) -> String {
    let destination = blake3::hash(contact.address.as_bytes()).to_hex();
    let short = destination.as_str().get(..16).unwrap_or_default();
    format!("{}.{occasion}.{short}", tenant.organisation())
}
