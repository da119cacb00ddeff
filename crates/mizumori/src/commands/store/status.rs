//! `mizumori store status`: what is in a store, of all organisations.

use std::collections::BTreeMap;
use std::io::Write as _;

use clap::Args;
use mizumori_core::Timestamp;
use mizumori_store::{AuditHead, Dialect, DomainState, Open, OrganisationState, Waiting};
use serde_json::{Value, json};

use crate::columns;
use crate::outcome::Failure;
use crate::output::Output;
use crate::progress::grouped;
use crate::store::{Opened, now};

/// Show what is in the store, of all organisations
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// As one object
    #[arg(long)]
    json: bool,
}

/// What is in a store.
struct Status {
    database: &'static str,
    name: String,
    organisations: BTreeMap<&'static str, u64>,
    domains: BTreeMap<&'static str, u64>,
    findings: Vec<Open>,
    waiting: Waiting,
    head: AuditHead,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let status = Status::of(opened)?;
    let mut out = Output::open(None)?;
    if arguments.json {
        writeln!(out, "{}", status.object())?;
    } else {
        columns::write(&mut out, &status.rows())?;
    }
    out.finish()
}

impl Status {
    fn of(opened: &Opened) -> Result<Self, Failure> {
        let at = now();
        opened.read(async |session| {
            let organisations = session.organisations().await?;
            let domains = session.all_domains().await?;
            Ok(Self {
                database: match opened.store.dialect() {
                    Dialect::Sqlite => "SQLite",
                    Dialect::Postgres => "PostgreSQL",
                },
                name: opened.store.name().to_owned(),
                organisations: counted(
                    organisations.iter().map(|organisation| organisation.state_at(at).0),
                    OrganisationState::as_str,
                ),
                domains: counted(domains.iter().map(|domain| domain.state), DomainState::as_str),
                findings: session.open_findings().await?,
                waiting: session.waiting().await?,
                head: session.audit_head().await?,
            })
        })
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let row = |what: &str, is: String| [what.to_owned(), is];
        let open = self.findings.iter().map(|open| open.findings).sum();
        let mut rows = vec![
            row("store", format!("{} ({})", self.name, self.database)),
            row("organisations", in_words(&self.organisations)),
            row("domains", in_words(&self.domains)),
            row("findings that are open", grouped(open)),
        ];
        rows.extend(self.findings.iter().rev().map(|open| {
            let untold = match open.untold {
                0 => String::new(),
                some => format!(", {} of them told to nobody yet", grouped(some)),
            };
            row(&format!("  {}", open.severity.as_str()), format!("{}{untold}", grouped(open.findings)))
        }));
        let oldest = self.waiting.oldest.map_or_else(String::new, |at| format!(", the oldest since {at}"));
        rows.push(row("notices that wait", format!("{}{oldest}", grouped(self.waiting.notices))));
        rows.push(row("audit log", self.head.to_string()));
        rows
    }

    fn object(&self) -> Value {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|open| {
                json!({"severity": open.severity.as_str(), "open": open.findings, "untold": open.untold})
            })
            .collect();
        json!({
            "schema": 1,
            "store": self.name,
            "database": self.database,
            "organisations": self.organisations,
            "domains": self.domains,
            "findings": findings,
            "waiting": {
                "notices": self.waiting.notices,
                "oldest": self.waiting.oldest.as_ref().map(Timestamp::to_string),
            },
            "audit": self.head.to_string(),
        })
    }
}

fn counted<S>(states: impl Iterator<Item = S>, word: fn(S) -> &'static str) -> BTreeMap<&'static str, u64> {
    let mut counted = BTreeMap::new();
    for state in states {
        *counted.entry(word(state)).or_default() += 1;
    }
    counted
}

/// All, and how many of each state.
fn in_words(counted: &BTreeMap<&'static str, u64>) -> String {
    let all = grouped(counted.values().sum());
    if counted.is_empty() {
        return all;
    }
    let each: Vec<_> = counted.iter().map(|(state, count)| format!("{} {state}", grouped(*count))).collect();
    format!("{all} ({})", each.join(", "))
}
