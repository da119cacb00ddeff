//! `mizumori notice list`: the latest notices of an organisation.

use clap::{Args, ValueEnum};
use mizumori_store::{Notice, NoticeState, OrganisationId};
use serde_json::{Value, json};

use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, organisation};

/// Show the latest notices of an organisation, the last first
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// Only those of this state
    #[arg(long, value_enum)]
    state: Option<State>,

    /// How many at most
    #[arg(long, value_name = "N", default_value = "100")]
    last: u32,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// Not told yet
    Waiting,
    /// Accepted
    Sent,
    /// Given up
    Dead,
}

impl From<State> for NoticeState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Sent => Self::Sent,
            State::Dead => Self::Dead,
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    let notices = opened.read(async |session| {
        organisation(session, id).await?;
        Ok(session.tenant(id).notices(arguments.state.map(NoticeState::from), arguments.last).await?)
    })?;
    show(
        arguments.format,
        ["number", "made", "to", "channel", "letter", "state", "attempts", "due", "problem"],
        notices.iter().map(row),
    )
}

fn row(notice: &Notice) -> ([String; 9], Value) {
    // What a notice says is a document of whoever made it: what it does not have is not shown.
    let body: Value = serde_json::from_str(&notice.body).unwrap_or_default();
    let letter = body.get("letter").and_then(Value::as_str);
    let items = body.get("items").and_then(Value::as_array);
    let findings: Vec<_> = items.into_iter().flatten().filter_map(|item| item.get("reference")).collect();
    let due = (notice.state == NoticeState::Waiting).then(|| notice.due.to_string());
    let cells = [
        notice.id.0.to_string(),
        notice.created.to_string(),
        notice.destination.clone(),
        notice.channel.as_str().to_owned(),
        letter.unwrap_or_default().to_owned(),
        notice.state.as_str().to_owned(),
        notice.attempts.to_string(),
        due.clone().unwrap_or_default(),
        notice.problem.clone().unwrap_or_default(),
    ];
    let object = json!({
        "number": notice.id.0,
        "made": notice.created.to_string(),
        "to": notice.destination,
        "channel": notice.channel.as_str(),
        "letter": letter,
        "findings": findings,
        "message": notice.message,
        "state": notice.state.as_str(),
        "attempts": notice.attempts,
        "due": due,
        "done": notice.done.map(|done| done.to_string()),
        "problem": notice.problem,
    });
    (cells, object)
}
