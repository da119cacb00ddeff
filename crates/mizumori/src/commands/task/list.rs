//! `mizumori task list`: the latest tasks of an organisation.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use mizumori_store::{Finding, FindingId, OrganisationId, Task, TaskId, TaskState};
use serde_json::{Value, json};

use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, audit, organisation};

/// Show the latest tasks of an organisation, the last first
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// Only those of these states
    #[arg(long, value_enum, value_delimiter = ',')]
    state: Vec<State>,

    /// How many at most
    #[arg(long, value_name = "N", default_value = "100")]
    last: u32,

    /// Show the accounts too; that somebody looked at them stands in the audit log
    #[arg(long)]
    accounts: bool,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// Done when it is due
    Waiting,
    /// Waits for somebody's word: `task release`
    Held,
    /// Done
    Done,
    /// Given up
    Failed,
    /// Not to be done any more
    Cancelled,
}

impl From<State> for TaskState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Held => Self::Held,
            State::Done => Self::Done,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
        }
    }
}

/// Tasks, with what they are for and whom they hit.
struct Known {
    tasks: Vec<Task>,
    findings: BTreeMap<FindingId, Finding>,
    /// The accounts, where somebody wants to see them and a directory knows them.
    accounts: BTreeMap<TaskId, String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let states: Vec<_> = arguments.state.iter().copied().map(TaskState::from).collect();
    let known = opened.write(async |session| {
        organisation(session, id).await?;
        let mut tenant = session.tenant(id);
        let tasks = tenant.tasks(&states, arguments.last).await?;
        let (mut findings, mut accounts) = (BTreeMap::new(), BTreeMap::new());
        for task in &tasks {
            if let Some(finding) = tenant.finding_numbered(task.is.finding).await? {
                findings.insert(finding.id, finding);
            }
            if arguments.accounts
                && let Some(holder) = tenant.holder(task.is.directory, &task.is.entry).await?
                && let Some(address) = holder.is.addresses.first()
            {
                accounts.insert(task.id, address.address.clone());
            }
        }
        if arguments.accounts {
            let detail = format!("{} accounts", accounts.len());
            audit(session, Some(id), "task list", id.as_str(), &detail).await?;
        }
        Ok(Known { tasks, findings, accounts })
    })?;
    let titles =
        ["number", "made", "finding", "account", "action", "state", "due", "tried", "done", "detail"];
    show(arguments.format, titles, known.tasks.iter().map(|task| known.row(task)))
}

impl Known {
    fn row(&self, task: &Task) -> ([String; 10], Value) {
        let is = &task.is;
        let reference = self.findings.get(&is.finding).map(|finding| finding.reference.to_string());
        let account = self.accounts.get(&task.id);
        let due = (is.state == TaskState::Waiting).then(|| is.due.to_string());
        let [done, released, verified] =
            [task.done, task.released, task.verified].map(|at| at.map(|at| at.to_string()));
        let cells = [
            task.id.0.to_string(),
            task.created.to_string(),
            reference.clone().unwrap_or_default(),
            account.cloned().unwrap_or_default(),
            is.action.clone(),
            is.state.as_str().to_owned(),
            due.clone().unwrap_or_default(),
            task.attempts.to_string(),
            done.clone().unwrap_or_default(),
            task.detail.clone().unwrap_or_default(),
        ];
        let object = json!({
            "number": task.id.0,
            "made": task.created.to_string(),
            "finding": reference,
            "account": account,
            "action": is.action,
            "state": is.state.as_str(),
            "due": due,
            "released": released,
            "attempts": task.attempts,
            "done": done,
            "verified": verified,
            "detail": task.detail,
        });
        (cells, object)
    }
}
