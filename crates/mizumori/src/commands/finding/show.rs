//! `mizumori finding show`: one finding, and everything that became of it.

use std::io::Write as _;

use clap::Args;
use mizumori_monitor::Deadlines;
use mizumori_store::{Finding, FindingSource, Holder, Notice, OrganisationId, Reference, Step};
use serde_json::json;

use super::list::object;
use crate::columns;
use crate::deadlines;
use crate::outcome::Failure;
use crate::output::Output;
use crate::show::Form;
use crate::store::{Opened, audit};

/// Show one finding, and everything that became of it
///
/// Whose account it is comes from the directory; that somebody looked is written into the audit log.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The finding's reference
    #[arg(value_name = "REFERENCE")]
    reference: Reference,

    /// The form
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Everything that is known of a finding.
struct Known {
    finding: Finding,
    source: Option<FindingSource>,
    holders: Vec<Holder>,
    steps: Vec<Step>,
    notices: Vec<Notice>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let known = opened.write(async |session| {
        let finding = super::finding(session, id, &arguments.reference).await?;
        audit(session, Some(id), "finding show", arguments.reference.as_str(), "").await?;
        let mut tenant = session.tenant(id);
        Ok(Known {
            source: tenant.source(&finding.is.source).await?,
            holders: tenant.holders_of(finding.is.account).await?,
            steps: tenant.steps(finding.is.same_as.unwrap_or(finding.id)).await?,
            notices: tenant.notices_of(finding.is.same_as.unwrap_or(finding.id)).await?,
            finding,
        })
    })?;
    let mut out = Output::open(None)?;
    match arguments.format {
        Form::Jsonl => writeln!(out, "{}", known.object())?,
        Form::Table => known.write(&mut out)?,
    }
    out.finish()?;
    Ok(())
}

impl Known {
    /// The account's address, where a directory knows it.
    fn account(&self) -> Option<&str> {
        let mut addresses = self.holders.iter().flat_map(|holder| &holder.is.addresses);
        let account = addresses.find(|address| address.account == self.finding.is.account)?;
        Some(&account.address)
    }

    fn write(&self, out: &mut Output) -> Result<(), Failure> {
        let is = &self.finding.is;
        let text = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
        let mut rows = vec![
            ["reference".to_owned(), self.finding.reference.to_string()],
            ["account".to_owned(), self.account().map_or_else(|| format!("of {}", is.host), str::to_owned)],
            ["severity".to_owned(), is.severity.as_str().to_owned()],
            ["state".to_owned(), is.state.as_str().to_owned()],
            ["source".to_owned(), self.source.as_ref().map_or(&is.source, |source| &source.title).clone()],
            ["seen at".to_owned(), is.place.clone()],
            ["leaked".to_owned(), text(is.month.map(|month| month.to_string()).as_deref())],
            ["found".to_owned(), self.finding.created.to_string()],
        ];
        if let Some(site) = &is.site {
            rows.push(["site".to_owned(), site.clone()]);
        }
        if let Some(letter) = self.finding.letter() {
            rows.push(["password".to_owned(), letter]);
        }
        if let [holder] = &self.holders[..] {
            let enabled = if holder.is.enabled { "enabled" } else { "disabled" };
            let privileged = if holder.is.privileged { ", privileged" } else { "" };
            rows.push(["entry".to_owned(), format!("{enabled}{privileged}")]);
            let changed = holder.is.password_changed.map(|at| at.to_string());
            rows.push(["changed at".to_owned(), text(changed.as_deref())]);
        }
        rows.extend(self.source_rows());
        columns::write(out, &rows)?;
        for (title, rows) in [("\nsteps", self.step_rows()), ("\nnotices", self.notice_rows())] {
            if !rows.is_empty() {
                writeln!(out, "{title}")?;
                columns::write(out, &rows)?;
            }
        }
        Ok(())
    }

    /// Who sent its source, and until when it is to be reported.
    fn source_rows(&self) -> Vec<[String; 2]> {
        let Some(source) = &self.source else { return Vec::new() };
        let number =
            source.reference.as_ref().map_or_else(String::new, |number| format!(", number {number}"));
        let sent = source.sender.as_ref().map(|sender| ("sent by", format!("{sender}{number}")));
        let report = Deadlines::of(source).map(|dates| {
            ("to report", format!("{} (a reminder, no legal advice)", deadlines::in_words(&dates)))
        });
        sent.into_iter().chain(report).map(|(name, text)| [name.to_owned(), text]).collect()
    }

    fn step_rows(&self) -> Vec<[String; 4]> {
        let row = |step: &Step| {
            [step.at.to_string(), step.to.as_str().to_owned(), step.who.clone(), step.why.clone()]
        };
        self.steps.iter().map(row).collect()
    }

    fn notice_rows(&self) -> Vec<[String; 4]> {
        let row = |notice: &Notice| {
            [
                notice.done.unwrap_or(notice.created).to_string(),
                notice.state.as_str().to_owned(),
                notice.destination.clone(),
                notice.problem.clone().unwrap_or_default(),
            ]
        };
        self.notices.iter().map(row).collect()
    }

    fn object(&self) -> serde_json::Value {
        let mut whole = object(&self.finding, self.source.as_ref());
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                json!({"at": step.at.to_string(), "from": step.from.as_str(), "to": step.to.as_str(), "who": step.who, "why": step.why})
            })
            .collect();
        let notices: Vec<_> = self
            .notices
            .iter()
            .map(|notice| {
                json!({"channel": notice.channel.as_str(), "to": notice.destination, "state": notice.state.as_str(),
                       "done": notice.done.map(|done| done.to_string()), "problem": notice.problem})
            })
            .collect();
        if let Some(object) = whole.as_object_mut() {
            object.insert("account".to_owned(), self.account().into());
            object
                .insert("title".to_owned(), self.source.as_ref().map(|source| source.title.as_str()).into());
            object.insert("steps".to_owned(), steps.into());
            object.insert("notices".to_owned(), notices.into());
        }
        whole
    }
}
