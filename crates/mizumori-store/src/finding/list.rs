//! Findings by what they are, a page at a time.

use mizumori_core::{Severity, Timestamp};
use sqlx::any::AnyRow;

use super::{COLUMNS, Finding, FindingId, State, read};
use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::{Session, Tenant};

/// Which findings are meant; all, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What they are.
    pub states: Vec<State>,
    /// How bad they are at least.
    pub at_least: Option<Severity>,
    /// Their source.
    pub source: Option<String>,
    /// Their account's host.
    pub host: Option<String>,
    /// Whether they were there before their organisation was.
    pub backlog: Option<bool>,
    /// Only those that share no other one's fate.
    pub only_first: bool,
}

/// Some findings in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The findings, by their numbers.
    pub findings: Vec<Finding>,
    /// After which number the next page begins; none where there is no more.
    pub next: Option<FindingId>,
}

/// Findings of a severity that somebody still has to deal with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// How bad they are.
    pub severity: Severity,
    /// How many there are.
    pub findings: u64,
    /// Of how many nobody has been told.
    pub untold: u64,
}

impl Tenant<'_> {
    /// At most `most` findings after a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn findings(
        &mut self,
        filter: &Filter,
        after: Option<FindingId>,
        most: u32,
    ) -> Result<Page, StoreError> {
        let (wanted, words) = condition(filter);
        let text = format!("{COLUMNS} FROM finding WHERE {wanted} AND id > $5 ORDER BY id LIMIT $6");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(words.severity)
            .bind(words.source)
            .bind(words.host)
            .bind(after.map_or(0, |id| id.0))
            .bind(i64::from(most) + 1);
        let rows = self.session.all("list findings", statement).await?;
        let mut findings = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let more = findings.len() > most as usize;
        findings.truncate(most as usize);
        let next = findings.last().map(|last| last.id).filter(|_| more);
        Ok(Page { findings, next })
    }

    /// How many findings there are of each severity.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_findings(&mut self, filter: &Filter) -> Result<Vec<(Severity, u64)>, StoreError> {
        let (wanted, words) = condition(filter);
        let text = format!(
            "SELECT severity, COUNT(*) AS n FROM finding WHERE {wanted} GROUP BY severity ORDER BY severity"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(words.severity)
            .bind(words.source)
            .bind(words.host);
        let rows = self.session.all("count findings", statement).await?;
        rows.iter().map(counted).collect()
    }
}

impl Tenant<'_> {
    /// The findings whose tasks wait until a moment, the worst first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn findings_waiting(
        &mut self,
        until: Timestamp,
        most: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let text = format!("{COLUMNS} FROM finding WHERE {WAITING} ORDER BY severity DESC, id LIMIT $3");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(self.organisation.as_str())
            .bind(until.0)
            .bind(i64::from(most));
        let rows = self.session.all("list findings", statement).await?;
        rows.iter().map(read).collect()
    }

    /// How many of them there are of each severity.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_findings_waiting(
        &mut self,
        until: Timestamp,
    ) -> Result<Vec<(Severity, u64)>, StoreError> {
        let text = format!(
            "SELECT severity, COUNT(*) AS n FROM finding WHERE {WAITING} GROUP BY severity ORDER BY severity"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(until.0);
        let rows = self.session.all("count findings", statement).await?;
        rows.iter().map(counted).collect()
    }
}

/// What a finding is whose task waits until a moment.
const WAITING: &str = "organisation = $1 AND id IN (SELECT finding FROM task WHERE organisation = $1 AND state = 'waiting' \
                       AND due = $2)";

impl Session {
    /// What is open of all organisations, the least bad first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_findings(&mut self) -> Result<Vec<Open>, StoreError> {
        let states = State::ALL.into_iter().filter(|state| !state.is_settled());
        let words: Vec<_> = states.map(|state| format!("'{}'", state.as_str())).collect();
        let text = format!(
            "SELECT severity, COUNT(*) AS n, COUNT(CASE WHEN state = 'new' THEN 1 END) AS untold FROM finding \
             WHERE state IN ({}) GROUP BY severity ORDER BY severity",
            words.join(", ")
        );
        let rows = self.all("count findings", sqlx::query(sqlx::AssertSqlSafe(text))).await?;
        let open = |row: &AnyRow| {
            let count = |name| row.number(name).map(|number| u64::try_from(number).unwrap_or(0));
            Ok(Open { severity: severity(row)?, findings: count("n")?, untold: count("untold")? })
        };
        rows.iter().map(open).collect()
    }
}

fn counted(row: &AnyRow) -> Result<(Severity, u64), StoreError> {
    Ok((severity(row)?, u64::try_from(row.number("n")?).unwrap_or(0)))
}

fn severity(row: &AnyRow) -> Result<Severity, StoreError> {
    Severity::of(row.number("severity")?).ok_or(StoreError::Damaged { what: "severity" })
}

/// What is bound to a condition; what is not asked for is bound to what all have.
struct Words {
    severity: i64,
    source: String,
    host: String,
}

fn condition(filter: &Filter) -> (String, Words) {
    let mut text =
        "organisation = $1 AND severity >= $2 AND ($3 = '' OR source = $3) AND ($4 = '' OR host = $4)"
            .to_owned();
    if !filter.states.is_empty() {
        // Words of ours, none of anybody's.
        let words: Vec<_> = filter.states.iter().map(|state| format!("'{}'", state.as_str())).collect();
        text.push_str(&format!(" AND state IN ({})", words.join(", ")));
    }
    if let Some(backlog) = filter.backlog {
        text.push_str(if backlog { " AND backlog = 1" } else { " AND backlog = 0" });
    }
    if filter.only_first {
        text.push_str(" AND same_as IS NULL");
    }
    let words = Words {
        severity: filter.at_least.map_or(0, Severity::number),
        source: filter.source.clone().unwrap_or_default(),
        host: filter.host.clone().unwrap_or_default(),
    };
    (text, words)
}
