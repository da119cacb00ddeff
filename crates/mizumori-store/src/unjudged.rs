//! Findings that wait to be judged: they came while the rules of their organisation made no sense. Nobody is told of them before, and
//! none is forgotten.

use crate::error::StoreError;
use crate::finding::{Finding, FindingId};
use crate::organisation::{OrganisationId, of_column};
use crate::row::Columns as _;
use crate::session::{Session, Tenant};

impl Tenant<'_> {
    /// Has a finding wait.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn leave_unjudged(&mut self, finding: FindingId) -> Result<(), StoreError> {
        // Only what is the organisation's own.
        let statement = sqlx::query(
            "INSERT INTO finding_unjudged (finding, organisation) SELECT id, organisation FROM finding \
             WHERE organisation = $1 AND id = $2 ON CONFLICT DO NOTHING",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(finding.0);
        self.session.run("leave a finding unjudged", statement).await.map(|_| ())
    }

    /// Takes at most `most` of those that wait, by their numbers. Who takes them judges them, in the same transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_unjudged(&mut self, most: u32) -> Result<Vec<Finding>, StoreError> {
        let statement = sqlx::query(
            "DELETE FROM finding_unjudged WHERE finding IN (SELECT finding FROM finding_unjudged WHERE organisation = $1 \
             ORDER BY finding LIMIT $2) RETURNING finding",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(i64::from(most));
        let rows = self.session.all("take unjudged findings", statement).await?;
        let ids = rows.iter().map(|row| row.number("finding").map(FindingId));
        self.findings_by(&ids.collect::<Result<Vec<_>, _>>()?).await
    }

    /// Has nothing of the backlog wait any more that is judged with it: what somebody has confirmed is not.
    pub(crate) async fn forget_unjudged_backlog(&mut self) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "DELETE FROM finding_unjudged WHERE organisation = $1 \
             AND finding IN (SELECT id FROM finding WHERE organisation = $1 AND backlog = 1 AND state <> 'confirmed')",
        );
        let statement = statement.bind(self.organisation.as_str());
        self.session.run("forget unjudged findings", statement).await.map(|_| ())
    }
}

impl Session {
    /// The organisations that have findings that wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organisations_with_unjudged(&mut self) -> Result<Vec<OrganisationId>, StoreError> {
        let statement =
            sqlx::query("SELECT DISTINCT organisation FROM finding_unjudged ORDER BY organisation");
        let rows = self.all("look for unjudged findings", statement).await?;
        rows.iter().map(of_column).collect()
    }
}
