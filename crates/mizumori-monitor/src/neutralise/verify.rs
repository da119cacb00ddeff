//! Whether what was done to accounts is so: what their directories said when they were read afterwards.

use std::collections::BTreeMap;

use mizumori_core::Timestamp;
use mizumori_directory::Action;
use mizumori_store::{OrganisationId, Store, Task};

use crate::error::MonitorError;

/// Looks at the tasks of an organisation that were done, and keeps what their directories show of it.
pub(crate) async fn verify(
    store: &Store,
    organisation: &OrganisationId,
    now: Timestamp,
) -> Result<(), MonitorError> {
    let mut session = store.read().await?;
    let mut tenant = session.tenant(organisation);
    let tasks = tenant.unverified_tasks().await?;
    let directories = tenant.directories().await?;
    let synced: BTreeMap<_, _> =
        directories.iter().map(|directory| (directory.id, directory.synced)).collect();
    let mut seen = Vec::new();
    for task in tasks {
        let is_seen = match synced.get(&task.is.directory) {
            None => Some(("its directory was removed", true)),
            Some(Some(synced)) if Some(*synced) > task.done => {
                let holder = tenant.holder(task.is.directory, &task.is.entry).await?;
                Some(holder.map_or(("the entry is gone", true), |holder| shown(&task, &holder.is)))
            }
            // It was not read since.
            Some(_) => None,
        };
        if let Some((words, is_over)) = is_seen
            && (is_over || task.detail.as_deref() != Some(words))
        {
            seen.push((task.id, words, is_over.then_some(now)));
        }
    }
    drop(session);
    if seen.is_empty() {
        return Ok(());
    }
    let mut session = store.write().await?;
    let mut tenant = session.tenant(organisation);
    for (task, words, verified) in seen {
        tenant.verify_task(task, words, verified).await?;
    }
    session.commit().await?;
    Ok(())
}

/// What a directory shows of a task, and whether that is all there is to be seen.
fn shown(task: &Task, holder: &mizumori_store::NewHolder) -> (&'static str, bool) {
    // Directories keep whole seconds.
    let is_changed = holder
        .password_changed
        .is_some_and(|at| task.done.is_some_and(|done| at.0 / 1_000 >= done.0 / 1_000));
    match Action::parse(&task.is.action) {
        _ if !holder.enabled => ("the directory shows that the account is disabled", true),
        Some(Action::ForceChange) if is_changed && !holder.must_change => {
            ("the directory shows that the password was changed", true)
        }
        Some(Action::ForceChange) if holder.must_change => {
            ("the directory shows that a change is asked for", false)
        }
        Some(Action::EndSessions) => ("done; no directory shows sessions", true),
        Some(Action::ForceChange | Action::Disable) | None => ("the directory does not show it", false),
    }
}
