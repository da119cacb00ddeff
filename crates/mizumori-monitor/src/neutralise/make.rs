//! Tasks of findings that are there already: nobody has any of them made without saying so.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_store::{Finding, Holder, NewTask, TaskState, Tenant};

use super::{Connect, preview};
use crate::error::MonitorError;
use crate::rules::{Neutralising, Rules};

/// What the rules' delays are counted in.
const MINUTE: Duration = Duration::from_secs(60);

/// Makes the tasks that [`preview()`] shows. Gives how many.
///
/// # Errors
/// When the store does not answer, or rules make no sense.
pub async fn make_tasks(
    tenant: &mut Tenant<'_>,
    connect: &Connect,
    now: Timestamp,
) -> Result<u64, MonitorError> {
    let rule = Rules::of(&tenant.rules().await?)?.neutralise;
    let mut made = 0;
    for seen in preview(tenant, connect).await? {
        if let (None, Some(holder)) = (seen.spared, seen.holder) {
            let new = task(&rule, &seen.finding, &holder, now);
            made += u64::from(tenant.add_task(&new, now).await?.is_some());
        }
    }
    Ok(made)
}

/// What is to be done for a finding as the rule says.
pub(crate) fn task(rule: &Neutralising, finding: &Finding, holder: &Holder, now: Timestamp) -> NewTask {
    NewTask {
        finding: finding.id,
        directory: holder.directory,
        entry: holder.is.entry.clone(),
        action: rule.action.as_str().to_owned(),
        state: if rule.dry_run { TaskState::Held } else { TaskState::Waiting },
        due: now.after(MINUTE * rule.delay_minutes),
    }
}
