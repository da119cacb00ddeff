//! Whom rule `neutralise` would hit now, of the findings that are open: a dry run, which leaves everything as it is.

use std::collections::{BTreeMap, BTreeSet};

use mizumori_directory::Action;
use mizumori_store::{DirectoryId, Filter, Finding, Holder, State, TaskState, Tenant};

use super::{Connect, Spared, Unable, able, choose};
use crate::error::{MonitorError, in_words};
use crate::rules::Rules;

/// So many findings are looked at in one go.
const PAGE: u32 = 1_000;

/// A finding, and whether it would have something done.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The finding.
    pub finding: Finding,
    /// The entry that has its account, where it is one.
    pub holder: Option<Holder>,
    /// Why nothing would be done.
    pub spared: Option<Spared>,
}

/// Looks at every open finding of an organisation as the rule is set now, whether it is on or not, in the order in which they were
/// found. What is there already, or was asked for before, is not done again.
///
/// # Errors
/// When the store does not answer, or rules make no sense.
pub async fn preview(tenant: &mut Tenant<'_>, connect: &Connect) -> Result<Vec<Previewed>, MonitorError> {
    let rule = Rules::of(&tenant.rules().await?)?.neutralise;
    let directories = tenant.directories().await?;
    let cannot: BTreeMap<_, _> = directories
        .iter()
        .filter_map(|directory| Some((directory.id, cannot(&directory.document, rule.action, connect)?)))
        .collect();
    let mut once: BTreeSet<(DirectoryId, String)> = BTreeSet::new();
    for task in tenant.tasks(&TaskState::OPEN, u32::MAX).await? {
        if task.is.action == rule.action.as_str() {
            once.insert((task.is.directory, task.is.entry));
        }
    }
    let states = State::ALL.into_iter().filter(|state| !state.is_settled()).collect();
    let filter = Filter { states, only_first: true, ..Filter::default() };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = tenant.findings(&filter, after, PAGE).await?;
        for finding in page.findings {
            let holders = tenant.holders_of(finding.is.account).await?;
            let spared = choose(&rule, &Unable::default(), &finding, &holders).and_then(|holder| {
                if let Some(why) = cannot.get(&holder.directory) {
                    return Err(Spared::Cannot(why.clone()));
                }
                let is_first = once.insert((holder.directory, holder.is.entry.clone()));
                if is_first { Ok(()) } else { Err(Spared::Once) }
            });
            let spared = spared.err();
            let holder = <[Holder; 1]>::try_from(holders).ok().map(|[holder]| holder);
            all.push(Previewed { finding, holder, spared });
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// Why a directory cannot do it.
fn cannot(document: &str, action: Action, connect: &Connect) -> Option<String> {
    match connect(document, &[]) {
        Err(error) => Some(in_words(&error)),
        Ok(directory) => able(&*directory, action).err().map(|refusal| refusal.to_string()),
    }
}
