//! `mizumori finding import`: a list that somebody sent becomes findings.

use std::path::PathBuf;

use clap::Args;
use mizumori_core::Month;
use mizumori_monitor::{Imported, ReceivedList, import};
use mizumori_store::{Access, OrganisationId};

use super::source::Facts;
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::store::{Opened, actor, allowed, now};
use crate::tidings;

/// So many lines that were left out are named.
const NAMED: usize = 20;

/// Make findings of a list that somebody sent: a coordination centre, the police, a partner
///
/// The list is a CSV file, in UTF-8 or Shift_JIS, whose first line names the columns: `address`, or `login` and `site`; and, where they
/// are known, `site`, `kind` (clear, hash, token, none) and `month`. Headings may be Japanese. A list with a column of passwords is
/// refused. Lines of domains that the organisation does not hold are left out. What is known already is not told again.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The list
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The id of the source that the list is; the same list again has the same id
    #[arg(long, value_name = "ID")]
    source: String,

    /// When it leaked, where a line does not say: YYYY-MM
    #[arg(long, value_name = "MONTH")]
    month: Option<Month>,

    #[command(flatten)]
    facts: Facts,

    #[command(flatten)]
    lake: LakeOptions,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config, opened: &Opened) -> Result<Outcome, Failure> {
    let (id, now) = (&arguments.organisation, now());
    opened.read(async |session| allowed(session, id, Access::Findings).await.map(drop))?;
    let is_to_come = |month: &Month| mizumori_core::Timestamp::start_of(*month) > now;
    if arguments.month.as_ref().is_some_and(is_to_come) {
        return Err(Failure::say("the month has not come yet"));
    }
    // Only who has the lake's keys can tell whose an account is.
    let (_, ring) = arguments.lake.open_with_keys(config)?;
    let list = ReceivedList::read(&arguments.file, &ring.tags(), arguments.month, now)?;
    let (source, facts) = (&arguments.source, arguments.facts.said());
    let done = opened.runtime.block_on(import(&opened.store, id, source, &facts, list, &actor(), now))?;
    tell(&done);
    Ok(if done.left_out.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn tell(done: &Imported) {
    let (findings, known, notices) = (grouped(done.findings), grouped(done.known), grouped(done.notices));
    tidings::say(&format!(
        "{findings} findings are new, {known} lines were known; {notices} notices wait to be sent"
    ));
    for (line, fault) in done.left_out.iter().take(NAMED) {
        tidings::warning(&format!("line {line} was left out: {fault}"));
    }
    let more = done.left_out.len().saturating_sub(NAMED);
    if more > 0 {
        tidings::warning(&format!("{} more lines were left out", grouped(more as u64)));
    }
    if done.foreign > 0 {
        tidings::hint(
            "what concerns others is for them: say so to whoever sent the list, and delete it here",
        );
    }
}
