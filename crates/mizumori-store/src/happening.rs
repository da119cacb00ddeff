//! What happened to findings, until it has become notices for an organisation's channels.
//!
//! It is written where a finding is written, by whoever does so: nobody can forget to tell channels. An organisation without
//! channels, or whose edition has them no more, has none of it.

use std::collections::{BTreeMap, BTreeSet};

use mizumori_core::{Severity, Timestamp};
use sqlx::any::AnyRow;

use crate::access::Access;
use crate::error::StoreError;
use crate::finding::{Finding, FindingId, State};
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::{Session, Tenant};

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It was made.
    Created,
    /// It took a step.
    Stepped,
    /// It turned out to be worse.
    Worse,
}

/// Something that happened to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Its number: a later one is greater.
    pub id: i64,
    /// The finding, as it is now.
    pub finding: Finding,
    /// What happened.
    pub what: What,
    /// When.
    pub at: Timestamp,
    /// What the finding was then.
    pub state: State,
    /// How bad it was then.
    pub severity: Severity,
}

/// Findings that were there before their organisation was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// The number of the first thing that happened to one of them.
    pub first: i64,
    /// How many of each severity came, and are open.
    pub counts: BTreeMap<Severity, u64>,
}

impl What {
    const ALL: [Self; 3] = [Self::Created, Self::Stepped, Self::Worse];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Stepped => "stepped",
            Self::Worse => "worse",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == word)
    }
}

impl Tenant<'_> {
    /// Writes down that something happened to a finding, as it is now.
    pub(crate) async fn happened(
        &mut self,
        finding: FindingId,
        what: What,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.is_heard().await? {
            return Ok(());
        }
        let statement = sqlx::query(
            "INSERT INTO finding_event (organisation, finding, at, what, state, severity) \
             SELECT organisation, id, $3, $4, state, severity FROM finding WHERE organisation = $1 AND id = $2",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(finding.0).bind(now.0).bind(what.as_str());
        self.session.run("write down what happened", statement).await.map(|_| ())
    }

    /// Writes down that what is open of the backlog is news now.
    pub(crate) async fn backlog_happened(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if !self.is_heard().await? {
            return Ok(());
        }
        let statement = sqlx::query(
            "INSERT INTO finding_event (organisation, finding, at, what, state, severity) \
             SELECT organisation, id, $2, 'created', state, severity FROM finding WHERE organisation = $1 AND backlog = 1 \
             AND same_as IS NULL AND state IN ('new', 'notified', 'confirmed')",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(now.0);
        self.session.run("write down what happened", statement).await.map(|_| ())
    }

    /// Whether there is anybody to hear of it, and he may. A transaction asks once, for it may write a hundred thousand findings.
    async fn is_heard(&mut self) -> Result<bool, StoreError> {
        if let Some(is_heard) = self.session.heard.get(self.organisation) {
            return Ok(*is_heard);
        }
        let statement = sqlx::query("SELECT 1 AS n FROM channel WHERE organisation = $1 LIMIT 1");
        let statement = statement.bind(self.organisation.as_str());
        let is_there = self.session.one("look for channels", statement).await?.is_some();
        let is_heard = is_there && self.may(Access::Systems).await?;
        self.session.heard.insert(self.organisation.clone(), is_heard);
        Ok(is_heard)
    }

    /// Whether the organisation may use something now. With an edition that is gone it may not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn may(&mut self, what: Access) -> Result<bool, StoreError> {
        let Some(organisation) = self.session.organisation(self.organisation).await? else {
            return Ok(false);
        };
        match self.session.edition(&organisation.edition).await {
            Ok(edition) => Ok(edition.may(&organisation, what).is_ok()),
            Err(StoreError::Missing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes at most `most` of what happened to findings, finding by finding, each in its order, and what else happened to the last of
    /// them, so that nobody hears of one twice. Who takes it tells it, in the same transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_happenings(&mut self, most: u32) -> Result<Vec<Happening>, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM finding_event WHERE id IN (SELECT id FROM finding_event WHERE organisation = $1 \
             ORDER BY finding, id LIMIT $2) RETURNING id, finding, at, what, state, severity",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(i64::from(most));
        let mut rows = self.session.all("take what happened", statement).await?;
        let last = rows.iter().map(|row| row.number("finding")).collect::<Result<Vec<_>, _>>()?;
        if let Some(last) = last.into_iter().max() {
            let statement = sqlx::query(
                "DELETE FROM finding_event WHERE organisation = $1 AND finding = $2 \
                 RETURNING id, finding, at, what, state, severity",
            );
            let statement = statement.bind(self.organisation.as_str()).bind(last);
            rows.extend(self.session.all("take what happened", statement).await?);
        }
        let mut ids = rows.iter().map(|row| row.number("finding")).collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        let ids: Vec<_> = ids.into_iter().map(FindingId).collect();
        let findings: BTreeMap<_, _> =
            self.findings_by(&ids).await?.into_iter().map(|finding| (finding.id, finding)).collect();
        let mut happenings = Vec::with_capacity(rows.len());
        for row in &rows {
            // One whose finding is gone goes with it.
            if let Some(finding) = findings.get(&FindingId(row.number("finding")?)) {
                happenings.push(read(row, finding)?);
            }
        }
        happenings.sort_by_key(|happening| (happening.finding.id, happening.id));
        Ok(happenings)
    }

    /// Takes everything that happened to findings of the backlog: what came and is open, counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_backlog(&mut self) -> Result<Backlog, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM finding_event WHERE organisation = $1 AND EXISTS (SELECT 1 FROM finding \
             WHERE finding.id = finding_event.finding AND backlog = 1) RETURNING id, finding, what, state, severity",
        );
        let statement = statement.bind(self.organisation.as_str());
        let rows = self.session.all("take what happened", statement).await?;
        // What each was at last, and whether it came just now.
        let mut last = BTreeMap::<i64, (i64, State, Severity)>::new();
        let mut came = BTreeSet::new();
        for row in &rows {
            let (id, finding) = (row.number("id")?, row.number("finding")?);
            if row.word("what", What::of)? == What::Created {
                came.insert(finding);
            }
            let now = (id, row.word("state", State::of)?, severity(row)?);
            let known = last.entry(finding).or_insert(now);
            if known.0 < id {
                *known = now;
            }
        }
        let mut backlog = Backlog { first: i64::MAX, counts: BTreeMap::new() };
        for (finding, (id, state, severity)) in last {
            if came.contains(&finding) && !state.is_settled() {
                backlog.first = backlog.first.min(id);
                *backlog.counts.entry(severity).or_default() += 1;
            }
        }
        Ok(backlog)
    }
}

impl Session {
    /// The organisations to whose findings something happened that has not become notices.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisations_with_happenings(&mut self) -> Result<Vec<OrganisationId>, StoreError> {
        let statement = sqlx::query("SELECT DISTINCT organisation FROM finding_event ORDER BY organisation");
        let rows = self.all("look for what happened", statement).await?;
        rows.iter().map(of_column).collect()
    }
}

fn read(row: &AnyRow, finding: &Finding) -> Result<Happening, StoreError> {
    Ok(Happening {
        id: row.number("id")?,
        finding: finding.clone(),
        what: row.word("what", What::of)?,
        at: row.time("at")?,
        state: row.word("state", State::of)?,
        severity: severity(row)?,
    })
}

fn severity(row: &AnyRow) -> Result<Severity, StoreError> {
    Severity::of(row.number("severity")?).ok_or(StoreError::Damaged { what: "severity" })
}
