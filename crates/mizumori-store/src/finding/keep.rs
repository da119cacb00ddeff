//! Findings are kept once, and take steps.

use std::collections::BTreeMap;

use mizumori_core::keys::AccountTag;
use mizumori_core::{Severity, Timestamp};

use super::{COLUMNS, Finding, FindingId, NewFinding, Recorded, State, Step, read};
use crate::account::{ASKED_AT_ONCE, asked};
use crate::error::StoreError;
use crate::happening::What;
use crate::reference::Reference;
use crate::row::Columns as _;
use crate::session::Tenant;

impl Tenant<'_> {
    /// Keeps a finding, unless there is one of this account, secret, site and source.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record(&mut self, new: &NewFinding, now: Timestamp) -> Result<Recorded, StoreError> {
        let earlier = self.findings_of(new.account).await?;
        self.record_after(new, &earlier, None, now).await
    }

    /// The same for whoever knows the earlier findings of the account; under the reference that it has elsewhere, or under another
    /// where that is taken.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record_after(
        &mut self,
        new: &NewFinding,
        earlier: &[Finding],
        reference: Option<&Reference>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        self.record_since(new, earlier, reference, now, now).await
    }

    /// The same of what comes settled, and has been since then.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record_since(
        &mut self,
        new: &NewFinding,
        earlier: &[Finding],
        reference: Option<&Reference>,
        settled: Timestamp,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let reference = match reference {
            Some(reference) if !self.is_taken(reference).await? => reference.clone(),
            _ => Reference::draw()?,
        };
        let label = label(new, earlier);
        let settled = new.state.is_settled().then_some(settled);
        let statement = sqlx::query(
            "INSERT INTO finding (reference, organisation, account_hi, account_lo, secret, site, source, place, month, host, \
             kind, machine, label, state, severity, backlog, same_as, version, created, changed, settled, reminded) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20, 0) \
             ON CONFLICT (organisation, account_hi, account_lo, secret, site, source) DO NOTHING RETURNING id",
        );
        let statement = statement
            .bind(reference.as_str())
            .bind(self.organisation.as_str())
            .bind(new.account.hi)
            .bind(new.account.lo)
            .bind(new.secret.map_or(0, |tag| tag.0))
            .bind(new.site.as_deref().unwrap_or_default())
            .bind(&*new.source)
            .bind(&*new.place)
            .bind(new.month.map(|month| month.to_string()))
            .bind(&*new.host)
            .bind(new.kind.as_str())
            .bind(new.machine.map(|tag| tag.0))
            .bind(label.map_or(-1, i64::from))
            .bind(new.state.as_str())
            .bind(new.severity.number())
            .bind(i64::from(new.backlog))
            .bind(new.same_as.map(|id| id.0))
            .bind(i64::try_from(new.version).unwrap_or(i64::MAX))
            .bind(now.0)
            .bind(settled.map(|at| at.0));
        let Some(row) = self.session.one("keep a finding", statement).await? else {
            return Ok(Recorded::Known);
        };
        let id = FindingId(row.number("id")?);
        // Of what shares another one's fate nobody is told.
        if new.same_as.is_none() {
            self.happened(id, What::Created, now).await?;
        }
        Ok(Recorded::Kept(Box::new(Finding {
            id,
            reference,
            organisation: self.organisation.clone(),
            is: new.clone(),
            label,
            created: now,
            changed: now,
            settled,
            told: None,
            reminded: 0,
        })))
    }

    /// Whether anybody has a finding of that reference: they are unique among all organisations.
    async fn is_taken(&mut self, reference: &Reference) -> Result<bool, StoreError> {
        let statement =
            sqlx::query("SELECT 1 AS n FROM finding WHERE reference = $1").bind(reference.as_str());
        Ok(self.session.one("find a finding", statement).await?.is_some())
    }

    /// The findings of an account, in the order in which they were found.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn findings_of(&mut self, account: AccountTag) -> Result<Vec<Finding>, StoreError> {
        Ok(self.findings_of_each(&[account]).await?.remove(&account).unwrap_or_default())
    }

    /// The findings of each of some accounts, in the order in which they were found; of an account without any, none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn findings_of_each(
        &mut self,
        accounts: &[AccountTag],
    ) -> Result<BTreeMap<AccountTag, Vec<Finding>>, StoreError> {
        let mut findings: BTreeMap<_, _> = accounts.iter().map(|account| (*account, Vec::new())).collect();
        for accounts in accounts.chunks(ASKED_AT_ONCE) {
            let text = format!(
                "{} {COLUMNS} FROM asked CROSS JOIN finding WHERE organisation = $1 AND account_hi = hi AND account_lo = lo",
                asked(accounts)
            );
            let statement = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(accounts.len() == 1);
            let rows =
                self.session.all("find accounts' findings", statement.bind(self.organisation.as_str()));
            for row in &rows.await? {
                let finding = read(row)?;
                findings.entry(finding.is.account).or_insert_with(Vec::new).push(finding);
            }
        }
        // Sorted here: asked for in order, the database would go through all findings in their order and look for each among these.
        findings.values_mut().for_each(|theirs| theirs.sort_by_key(|finding| finding.id));
        Ok(findings)
    }

    /// The findings of these numbers, by their numbers.
    pub(crate) async fn findings_by(&mut self, ids: &[FindingId]) -> Result<Vec<Finding>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // Numbers of ours, none of anybody's.
        let ids: Vec<_> = ids.iter().map(|id| id.0.to_string()).collect();
        let text = format!(
            "{COLUMNS} FROM finding WHERE organisation = $1 AND id IN ({}) ORDER BY id",
            ids.join(", ")
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str());
        let rows = self.session.all("find findings", statement).await?;
        rows.iter().map(read).collect()
    }

    /// The finding of a reference number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finding(&mut self, reference: &Reference) -> Result<Option<Finding>, StoreError> {
        let text = format!("{COLUMNS} FROM finding WHERE organisation = $1 AND reference = $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let statement = statement.bind(self.organisation.as_str()).bind(reference.as_str());
        let row = self.session.one("find a finding", statement).await?;
        row.as_ref().map(read).transpose()
    }

    /// The finding of a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finding_numbered(&mut self, id: FindingId) -> Result<Option<Finding>, StoreError> {
        let text = format!("{COLUMNS} FROM finding WHERE organisation = $1 AND id = $2");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let row =
            self.session.one("find a finding", statement.bind(self.organisation.as_str()).bind(id.0)).await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes a step, which is written down; whoever shares its fate takes it too.
    ///
    /// # Errors
    /// When the finding cannot take it, or is no longer what it was.
    pub async fn step(
        &mut self,
        finding: &Finding,
        to: State,
        who: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<Finding, StoreError> {
        self.step_since(finding, to, who, why, now, now).await
    }

    /// The same of what was settled elsewhere, and has been since then. What is settled already stays so since it was.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub async fn step_since(
        &mut self,
        finding: &Finding,
        to: State,
        who: &str,
        why: &str,
        settled: Timestamp,
        now: Timestamp,
    ) -> Result<Finding, StoreError> {
        let from = finding.is.state;
        if !from.may_become(to) {
            return Err(StoreError::NoSuchStep { from: from.as_str(), to: to.as_str() });
        }
        let settled = to.is_settled().then(|| finding.settled.unwrap_or(settled));
        // Not with OR: then SQLite would look at every finding of the state.
        let statement = sqlx::query(
            "UPDATE finding SET state = $4, changed = $5, settled = $6, told = CASE WHEN $4 = 'notified' THEN $5 ELSE told END, \
             reminded = CASE WHEN $4 = 'notified' THEN 0 ELSE reminded END WHERE organisation = $1 AND state = $3 \
             AND id IN (SELECT $2 UNION ALL SELECT id FROM finding WHERE same_as = $2)",
        );
        let first = finding.is.same_as.unwrap_or(finding.id);
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(first.0)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(now.0)
            .bind(settled.map(|at| at.0));
        if self.session.run("take a step", statement).await? == 0 {
            return Err(StoreError::Changed("the finding"));
        }
        let written = Step { at: now, from, to, who: who.to_owned(), why: why.to_owned() };
        self.write_step(first, &written).await?;
        self.happened(first, What::Stepped, now).await?;
        let mut taken = finding.clone();
        taken.is.state = to;
        (taken.changed, taken.settled) = (now, settled);
        if to == State::Notified {
            (taken.told, taken.reminded) = (Some(now), 0);
        }
        Ok(taken)
    }

    /// Keeps steps that a finding has taken elsewhere. They change nothing of what it is here.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_history(&mut self, finding: FindingId, steps: &[Step]) -> Result<(), StoreError> {
        for step in steps {
            self.write_step(finding, step).await?;
        }
        Ok(())
    }

    async fn write_step(&mut self, finding: FindingId, step: &Step) -> Result<(), StoreError> {
        let written = sqlx::query(
            "INSERT INTO finding_step (organisation, finding, at, from_state, to_state, who, why) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let written = written
            .bind(self.organisation.as_str())
            .bind(finding.0)
            .bind(step.at.0)
            .bind(step.from.as_str())
            .bind(step.to.as_str())
            .bind(&*step.who)
            .bind(&*step.why);
        self.session.run("write a step down", written).await.map(|_| ())
    }

    /// Makes a finding as bad as it has turned out to be; it never gets better.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn worsen(
        &mut self,
        finding: FindingId,
        to: Severity,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE finding SET severity = $3 WHERE organisation = $1 AND id = $2 AND severity < $3",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(finding.0).bind(to.number());
        match self.session.run("worsen a finding", statement).await? {
            0 => Ok(()),
            _ => self.happened(finding, What::Worse, now).await,
        }
    }

    /// Keeps that somebody was reminded of a finding, for the how-manieth time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remind(&mut self, finding: FindingId, times: u32) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE finding SET reminded = $3 WHERE organisation = $1 AND id = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(finding.0).bind(i64::from(times));
        self.session.run("keep a reminder", statement).await.map(|_| ())
    }

    /// Lets people be told of what was there before their organisation was: who does so has judged it, and nothing of it waits to be
    /// judged any more. Gives how many findings.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_backlog(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.backlog_happened(now).await?;
        self.forget_unjudged_backlog().await?;
        let statement = sqlx::query("UPDATE finding SET backlog = 0 WHERE organisation = $1 AND backlog = 1");
        self.session.run("release the backlog", statement.bind(self.organisation.as_str())).await
    }

    /// The steps of a finding, the first first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn steps(&mut self, finding: FindingId) -> Result<Vec<Step>, StoreError> {
        let statement = sqlx::query(
            "SELECT at, from_state, to_state, who, why FROM finding_step WHERE organisation = $1 AND finding = $2 \
             ORDER BY id",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(finding.0);
        let rows = self.session.all("list steps", statement).await?;
        let step = |row: &sqlx::any::AnyRow| {
            Ok(Step {
                at: row.time("at")?,
                from: row.word("from_state", State::of)?,
                to: row.word("to_state", State::of)?,
                who: row.text("who")?,
                why: row.text("why")?,
            })
        };
        rows.iter().map(step).collect()
    }
}

/// That of the same secret where it was found before, else the next.
fn label(new: &NewFinding, earlier: &[Finding]) -> Option<u32> {
    let secret = new.secret?;
    let own = earlier.iter().filter(|finding| finding.is.secret == Some(secret));
    let next =
        earlier.iter().filter_map(|finding| finding.label).max().map_or(0, |last| last.saturating_add(1));
    Some(own.filter_map(|finding| finding.label).max().unwrap_or(next))
}
