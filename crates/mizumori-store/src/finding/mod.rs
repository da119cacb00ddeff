//! Findings: exposures that somebody has to deal with, and what became of them.

mod keep;
mod list;
mod source;
mod state;

use mizumori_core::keys::{AccountTag, LogTag, SecretTag};
use mizumori_core::{Month, SecretKind, Severity, Timestamp};
use sqlx::any::AnyRow;

pub use list::{Filter, Open, Page};
pub use source::{FindingSource, Origin};
pub use state::State;

use crate::error::StoreError;
use crate::organisation::{OrganisationId, of_column};
use crate::reference::Reference;
use crate::row::Columns as _;

/// A finding's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(pub i64);

/// An exposure that is to become a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// The account.
    pub account: AccountTag,
    /// The secret beside it.
    pub secret: Option<SecretTag>,
    /// The site of the login.
    pub site: Option<String>,
    /// The source's id.
    pub source: String,
    /// The place where it was seen.
    pub place: String,
    /// The month.
    pub month: Option<Month>,
    /// The account's host.
    pub host: String,
    /// What kind of secret it is.
    pub kind: SecretKind,
    /// The stealer log, which is a machine.
    pub machine: Option<LogTag>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is from the beginning.
    pub state: State,
    /// Whether it was there before its organisation was, so that the administrator alone is told until he releases it.
    pub backlog: bool,
    /// An earlier finding of the same account and secret, whose fate it shares.
    pub same_as: Option<FindingId>,
    /// The version of the lake that brought it.
    pub version: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number.
    pub id: FindingId,
    /// What people call it by.
    pub reference: Reference,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What was found; its state is the present one.
    pub is: NewFinding,
    /// Which secret of the account it is: 0 is the first that was found, and so on; nothing without a secret.
    pub label: Option<u32>,
    /// When it was found.
    pub created: Timestamp,
    /// When its state changed last.
    pub changed: Timestamp,
    /// When it was dealt with.
    pub settled: Option<Timestamp>,
    /// When somebody was told.
    pub told: Option<Timestamp>,
    /// How often somebody was reminded.
    pub reminded: u32,
}

impl Finding {
    /// The letter by which people tell the passwords of an account apart: A to Z, then AA and so on.
    pub fn letter(&self) -> Option<String> {
        let mut number = self.label? + 1;
        let mut letters = Vec::new();
        while number > 0 {
            number -= 1;
            letters.push(char::from(b'A' + u8::try_from(number % 26).unwrap_or(0)));
            number /= 26;
        }
        Some(letters.into_iter().rev().collect())
    }
}

/// What became of an exposure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is a finding now.
    Kept(Box<Finding>),
    /// It was one already.
    Known,
}

/// A step of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub from: State,
    /// What it became.
    pub to: State,
    /// Who took it.
    pub who: String,
    /// Why.
    pub why: String,
}

const COLUMNS: &str = "SELECT id, reference, organisation, account_hi, account_lo, secret, site, source, place, month, host, \
                       kind, machine, label, state, severity, backlog, same_as, version, created, changed, settled, told, \
                       reminded";

fn read(row: &AnyRow) -> Result<Finding, StoreError> {
    let damaged = |what| StoreError::Damaged { what };
    let some_text = |text: String| (!text.is_empty()).then_some(text);
    Ok(Finding {
        id: FindingId(row.number("id")?),
        reference: row.word("reference", |word| word.parse().ok())?,
        organisation: of_column(row)?,
        is: NewFinding {
            account: AccountTag { hi: row.number("account_hi")?, lo: row.number("account_lo")? },
            secret: Some(row.number("secret")?).filter(|tag| *tag != 0).map(SecretTag),
            site: some_text(row.text("site")?),
            source: row.text("source")?,
            place: row.text("place")?,
            month: row.maybe_month("month")?,
            host: row.text("host")?,
            kind: row.word("kind", SecretKind::parse)?,
            machine: row.maybe_number("machine")?.map(LogTag),
            severity: Severity::of(row.number("severity")?).ok_or(damaged("severity"))?,
            state: row.word("state", State::of)?,
            backlog: row.flag("backlog")?,
            same_as: row.maybe_number("same_as")?.map(FindingId),
            version: u64::try_from(row.number("version")?).map_err(|_| damaged("version"))?,
        },
        label: Some(row.number("label")?)
            .filter(|label| *label >= 0)
            .and_then(|label| u32::try_from(label).ok()),
        created: row.time("created")?,
        changed: row.time("changed")?,
        settled: row.maybe_time("settled")?,
        told: row.maybe_time("told")?,
        reminded: u32::try_from(row.number("reminded")?).map_err(|_| damaged("reminded"))?,
    })
}
