//! The domains of organisations, and how it was proved that they are theirs.

use mizumori_core::proof::{Method, Outcome};
use mizumori_core::{DomainName, Timestamp};
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::{Session, Tenant};

/// Whether a domain is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DomainState {
    /// Nobody has proved it yet.
    Pending,
    /// Its holder has proved that it is his.
    Proved,
    /// The operator stands for it.
    Vouched,
    /// It was proved, and the proof was not found again for too long.
    Lapsed,
}

impl DomainState {
    const ALL: [Self; 4] = [Self::Pending, Self::Proved, Self::Vouched, Self::Lapsed];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Proved => "proved",
            Self::Vouched => "vouched",
            Self::Lapsed => "lapsed",
        }
    }

    /// Whether the domain's exposures are found for its organisation.
    pub const fn is_served(self) -> bool {
        matches!(self, Self::Proved | Self::Vouched)
    }
}

/// A domain of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Whose it is, or who says so.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: DomainName,
    /// Whether it is served.
    pub state: DomainState,
    /// How it was proved.
    pub method: Option<Method>,
    /// What the proof must hold. Only its holder and the operator see it.
    pub token: String,
    /// Since when it is here.
    pub added: Timestamp,
    /// When it was proved first.
    pub proved: Option<Timestamp>,
    /// When the proof was looked for last; of a code, when it was typed, until it is too old.
    pub checked: Option<Timestamp>,
    /// What that found.
    pub found: Option<Outcome>,
    /// Since when the proof is not found any more.
    pub failing_since: Option<Timestamp>,
    /// Since when it was said that it is not there, and not only that nobody can say.
    pub missing_since: Option<Timestamp>,
    /// Who stands for it.
    pub vouched_by: Option<String>,
    /// Up to which version of the lake what was there before has become findings; none while it has not.
    pub backlog_seen: Option<u64>,
}

const COLUMNS: &str = "SELECT organisation, name, state, method, token, added, proved, checked, found, failing_since, \
                       missing_since, vouched_by, backlog_seen FROM domain";

impl Domain {
    /// Whether what is below it is its organisation's as well, unless another one has it: not where the proof is a change of a web
    /// site.
    pub fn covers_subdomains(&self) -> bool {
        match self.state {
            DomainState::Vouched => true,
            DomainState::Proved => self.method.is_some_and(Method::covers_subdomains),
            DomainState::Pending | DomainState::Lapsed => false,
        }
    }
}

impl Tenant<'_> {
    /// Adds a domain that nobody has proved.
    ///
    /// # Errors
    /// When the organisation has it already, or there is no such organisation.
    pub async fn add_domain(
        &mut self,
        name: &DomainName,
        token: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO domain (organisation, name, state, token, added) SELECT id, $2, 'pending', $3, $4 \
             FROM organisation WHERE id = $1 ON CONFLICT DO NOTHING",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(name.as_str()).bind(token).bind(now.0);
        match self.session.run("add a domain", statement).await? {
            0 => Err(match self.session.organisation(self.organisation).await? {
                None => StoreError::Missing(format!("organisation `{}`", self.organisation)),
                Some(_) => StoreError::There(format!("a domain `{}`", name.as_str())),
            }),
            _ => Ok(()),
        }
    }

    /// Keeps what became of a domain.
    ///
    /// # Errors
    /// When the organisation does not have it, or another one holds it already.
    pub async fn change_domain(&mut self, new: &Domain) -> Result<(), StoreError> {
        if new.state.is_served() {
            let other = self.session.holder_of(&new.name).await?;
            if other.is_some_and(|other| other != *self.organisation) {
                return Err(StoreError::There(format!("another holder of `{}`", new.name.as_str())));
            }
            // What is sealed for it from now on is this one's: those who had it before have no say in its keys any more.
            let before = sqlx::query("DELETE FROM domain_left WHERE name = $1 AND organisation <> $2");
            let before = before.bind(new.name.as_str()).bind(self.organisation.as_str());
            self.session.run("change a domain", before).await?;
        }
        let statement = sqlx::query(
            "UPDATE domain SET state = $3, method = $4, token = $5, proved = $6, checked = $7, failing_since = $8, \
             vouched_by = $9, backlog_seen = $10, found = $11, missing_since = $12 WHERE organisation = $1 AND name = $2",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(new.name.as_str())
            .bind(new.state.as_str())
            .bind(new.method.map(Method::as_str))
            .bind(&*new.token)
            .bind(new.proved.map(|at| at.0))
            .bind(new.checked.map(|at| at.0))
            .bind(new.failing_since.map(|at| at.0))
            .bind(new.vouched_by.as_deref())
            .bind(new.backlog_seen.and_then(|version| i64::try_from(version).ok()))
            .bind(new.found.map(Outcome::as_str))
            .bind(new.missing_since.map(|at| at.0));
        match self.session.run("change a domain", statement).await? {
            0 => Err(StoreError::Missing(format!("domain `{}`", new.name.as_str()))),
            _ => Ok(()),
        }
    }

    /// Keeps what a look for the proof of `before` found. Gives whether `before` still stood: of two who look at once one keeps it,
    /// and what somebody decided meanwhile stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_look(&mut self, before: &Domain, after: &Domain) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE domain SET state = $3, checked = $4, found = $5, failing_since = $6, missing_since = $7, \
             backlog_seen = CASE WHEN $3 = state THEN backlog_seen ELSE NULL END WHERE organisation = $1 AND name = $2 \
             AND state = $8 AND token = $9 AND COALESCE(method, '') = $10 AND COALESCE(checked, 0) = $11",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(before.name.as_str())
            .bind(after.state.as_str())
            .bind(after.checked.map(|at| at.0))
            .bind(after.found.map(Outcome::as_str))
            .bind(after.failing_since.map(|at| at.0))
            .bind(after.missing_since.map(|at| at.0))
            .bind(before.state.as_str())
            .bind(&*before.token)
            .bind(before.method.map_or("", Method::as_str))
            .bind(before.checked.map_or(0, |at| at.0));
        Ok(self.session.run("keep a look for a proof", statement).await? > 0)
    }

    /// Keeps up to which version of the lake what was there of a domain before it was served has become findings; of one that is
    /// not served any more nothing is kept.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn see_backlog(&mut self, name: &DomainName, version: u64) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE domain SET backlog_seen = $3 WHERE organisation = $1 AND name = $2 AND state IN ('proved', 'vouched')",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(name.as_str())
            .bind(i64::try_from(version).unwrap_or(i64::MAX));
        self.session.run("keep a domain's backlog", statement).await.map(|_| ())
    }

    /// Takes a domain away. Its findings stay; that it was here is remembered where it was shown to be the organisation's.
    ///
    /// # Errors
    /// When the organisation does not have it.
    pub async fn remove_domain(&mut self, name: &DomainName) -> Result<(), StoreError> {
        let left = sqlx::query(
            "INSERT INTO domain_left (organisation, name) SELECT organisation, name FROM domain \
             WHERE organisation = $1 AND name = $2 AND state <> 'pending' ON CONFLICT DO NOTHING",
        );
        let left = left.bind(self.organisation.as_str()).bind(name.as_str());
        self.session.run("remember a domain that left", left).await?;
        let statement = sqlx::query("DELETE FROM domain WHERE organisation = $1 AND name = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(name.as_str());
        match self.session.run("remove a domain", statement).await? {
            0 => Err(StoreError::Missing(format!("domain `{}`", name.as_str()))),
            _ => Ok(()),
        }
    }

    /// Domains that were shown to be the organisation's and were taken away, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn domains_that_left(&mut self) -> Result<Vec<DomainName>, StoreError> {
        let statement = sqlx::query("SELECT name FROM domain_left WHERE organisation = $1 ORDER BY name");
        let statement = statement.bind(self.organisation.as_str());
        let rows = self.session.all("list domains that left", statement).await?;
        rows.iter().map(|row| row.word("name", DomainName::parse)).collect()
    }

    /// The organisation's domains, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn domains(&mut self) -> Result<Vec<Domain>, StoreError> {
        let text = format!("{COLUMNS} WHERE organisation = $1 ORDER BY name");
        let statement = sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str());
        let rows = self.session.all("list domains", statement).await?;
        rows.iter().map(read).collect()
    }

    /// A domain of the organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn domain(&mut self, name: &DomainName) -> Result<Option<Domain>, StoreError> {
        let text = format!("{COLUMNS} WHERE organisation = $1 AND name = $2");
        let statement =
            sqlx::query(sqlx::AssertSqlSafe(text)).bind(self.organisation.as_str()).bind(name.as_str());
        let row = self.session.one("find a domain", statement).await?;
        row.as_ref().map(read).transpose()
    }
}

impl Session {
    /// The domains of all organisations, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_domains(&mut self) -> Result<Vec<Domain>, StoreError> {
        let statement = sqlx::query(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY name, organisation")));
        let rows = self.all("list domains", statement).await?;
        rows.iter().map(read).collect()
    }

    async fn holder_of(&mut self, name: &DomainName) -> Result<Option<OrganisationId>, StoreError> {
        let statement =
            sqlx::query("SELECT organisation FROM domain WHERE name = $1 AND state IN ('proved', 'vouched')")
                .bind(name.as_str());
        let row = self.one("find a domain's holder", statement).await?;
        row.as_ref().map(of_column).transpose()
    }
}

fn read(row: &AnyRow) -> Result<Domain, StoreError> {
    Ok(Domain {
        organisation: of_column(row)?,
        name: row.word("name", DomainName::parse)?,
        state: row.word("state", |word| DomainState::ALL.into_iter().find(|state| state.as_str() == word))?,
        method: row
            .maybe_text("method")?
            .map(|word| Method::parse(&word).ok_or(StoreError::Damaged { what: "method" }))
            .transpose()?,
        token: row.text("token")?,
        added: row.time("added")?,
        proved: row.maybe_time("proved")?,
        checked: row.maybe_time("checked")?,
        found: row
            .maybe_text("found")?
            .map(|word| Outcome::parse(&word).ok_or(StoreError::Damaged { what: "found" }))
            .transpose()?,
        failing_since: row.maybe_time("failing_since")?,
        missing_since: row.maybe_time("missing_since")?,
        vouched_by: row.maybe_text("vouched_by")?,
        backlog_seen: row.maybe_number("backlog_seen")?.and_then(|version| u64::try_from(version).ok()),
    })
}
