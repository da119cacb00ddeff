//! What the administrators hear of it: that something could not be done, and that more waits than a day has room for.

use std::collections::BTreeMap;

use mizumori_core::{Severity, Timestamp};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Finding, FindingId, StoreError, TaskId, Tenant};

use crate::administrators::{self, Occasion};
use crate::body::{Body, Item};
use crate::finder::undescribed;

/// So many findings are named.
const NAMED: u32 = 50;

/// Tells that a task could not be done.
pub(super) async fn of_failure(
    tenant: &mut Tenant<'_>,
    task: TaskId,
    finding: &Finding,
    now: Timestamp,
) -> Result<(), StoreError> {
    let items = vec![item(tenant, finding).await?];
    let occasion = format!("task-{}", task.0);
    tell(tenant, LetterKind::AdminNotNeutralised, &occasion, items, Vec::new(), vec![finding.id], now).await
}

/// Tells that tasks wait until then; once, however many there come to be.
pub(super) async fn of_waiting(
    tenant: &mut Tenant<'_>,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let findings = tenant.findings_waiting(until, NAMED).await?;
    let counts = tenant.count_findings_waiting(until).await?;
    let mut items = Vec::with_capacity(findings.len());
    for finding in &findings {
        items.push(item(tenant, finding).await?);
    }
    let ids = findings.iter().map(|finding| finding.id).collect();
    let occasion = format!("tasks-until-{}", until.day());
    tell(tenant, LetterKind::AdminNeutraliseWaits, &occasion, items, counts, ids, now).await
}

async fn item(tenant: &mut Tenant<'_>, finding: &Finding) -> Result<Item, StoreError> {
    let source = tenant.source(&finding.is.source).await?;
    let source = source.unwrap_or_else(|| undescribed(&finding.is.source, finding.created));
    Ok(Item::of(finding, &source))
}

async fn tell(
    tenant: &mut Tenant<'_>,
    letter: LetterKind,
    occasion: &str,
    items: Vec<Item>,
    counts: Vec<(Severity, u64)>,
    findings: Vec<FindingId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let name = format!("{occasion}.{}", letter.as_str());
    let severity = items.iter().map(|item| item.severity).max().unwrap_or(Severity::Address);
    let occasion = Occasion { name: &name, severity, findings: &findings };
    let counts: BTreeMap<_, _> = counts.into_iter().collect();
    let body = |lang| Body { items: items.clone(), counts: counts.clone(), ..Body::new(letter, lang) };
    administrators::tell(tenant, occasion, now, body).await.map(|_| ())
}
