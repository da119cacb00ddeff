//! Notices that grow until they are due: a digest is one notice, which says more with every finding that waits for it.

use mizumori_core::Timestamp;
use mizumori_store::{NewNotice, StoreError, Tenant};

/// So many notices of one name there are at most: more than one only where somebody was sending it already.
const MOST: u32 = 1_000;

/// Adds to the notice of a message id, or makes it. `joined` gives what both say, or nothing where that cannot be. Whether there
/// is one notice more now.
pub(crate) async fn tell(
    tenant: &mut Tenant<'_>,
    new: &NewNotice,
    joined: impl Fn(&str) -> Option<String>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    for number in 0..MOST {
        let message = match number {
            0 => new.message.clone(),
            _ => format!("{}-{number}", new.message),
        };
        if let Some(notice) = tenant.growing(&message, now).await?
            && let Some(body) = joined(&notice.body)
        {
            tenant.grow(notice.id, &body, &new.findings).await?;
            return Ok(false);
        }
        if tenant.tell(&NewNotice { message, ..new.clone() }, now).await?.is_some() {
            return Ok(true);
        }
    }
    Err(StoreError::Changed("the digest"))
}
