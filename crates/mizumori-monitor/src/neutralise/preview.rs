//! Whom rule `neutralise` would hit now, of the findings that are open: a dry run, which leaves everything as it is.

use std::collections::{BTreeMap, BTreeSet};

use mizumori_core::Timestamp;
use mizumori_directory::Action;
use mizumori_store::{DirectoryId, Filter, Finding, Holder, State, TaskState, Tenant};

use super::{Connect, Spared, Unable, able, choose};
use crate::accounts::Accounts;
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
/// found. What is there already, or was asked for before, is not done again; nor is what was done, unless the finding came or was found
/// again since.
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
    let done = tenant.last_done(rule.action.as_str()).await?;
    let states = State::ALL.into_iter().filter(|state| !state.is_settled()).collect();
    let filter = Filter { states, only_first: true, ..Filter::default() };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = tenant.findings(&filter, after, PAGE).await?;
        let accounts = page.findings.iter().map(|finding| finding.is.account).collect();
        let accounts = Accounts::ask(tenant, accounts).await?;
        for finding in page.findings {
            let holders = accounts.holders(finding.is.account);
            let spared = choose(&rule, &Unable::default(), &finding, holders).and_then(|holder| {
                if let Some(why) = cannot.get(&holder.directory) {
                    return Err(Spared::Cannot(why.clone()));
                }
                let account = (holder.directory, holder.is.entry.clone());
                if done.get(&account).is_some_and(|done| last_found(&finding, &accounts) <= *done) {
                    return Err(Spared::Once);
                }
                if once.insert(account) { Ok(()) } else { Err(Spared::Once) }
            });
            let spared = spared.err();
            let holder = if let [holder] = holders { Some(holder.clone()) } else { None };
            all.push(Previewed { finding, holder, spared });
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// When a finding was found last, in whichever leak: one that shares its fate says that its secret goes on spreading.
fn last_found(finding: &Finding, accounts: &Accounts) -> Timestamp {
    let copies = accounts.known(finding.is.account).iter().filter(|copy| copy.is.same_as == Some(finding.id));
    copies.map(|copy| copy.created).fold(finding.created, Timestamp::max)
}

/// Why a directory cannot do it.
fn cannot(document: &str, action: Action, connect: &Connect) -> Option<String> {
    match connect(document, &[]) {
        Err(error) => Some(in_words(&error)),
        Ok(directory) => able(&*directory, action).err().map(|refusal| refusal.to_string()),
    }
}
