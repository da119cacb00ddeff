//! The rules that an organisation has set: documents by their names. What they mean is the loop's matter.

use mizumori_core::Timestamp;

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Tenant;

/// A rule that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it says.
    pub document: String,
    /// When it was set.
    pub changed: Timestamp,
    /// Who set it.
    pub changed_by: String,
}

impl Tenant<'_> {
    /// Sets a rule, in the place of the one of that name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_rule(&mut self, rule: &Rule) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO rule (organisation, name, document, changed, changed_by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organisation, name) DO UPDATE SET document = excluded.document, changed = excluded.changed, \
             changed_by = excluded.changed_by",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(&*rule.name)
            .bind(&*rule.document)
            .bind(rule.changed.0)
            .bind(&*rule.changed_by);
        self.session.run("keep a rule", statement).await.map(|_| ())
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// When none of that name was set.
    pub async fn remove_rule(&mut self, name: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM rule WHERE organisation = $1 AND name = $2");
        match self.session.run("remove a rule", statement.bind(self.organisation.as_str()).bind(name)).await?
        {
            0 => Err(StoreError::Missing(format!("rule `{name}` that was set"))),
            _ => Ok(()),
        }
    }

    /// The rules that were set, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rules(&mut self) -> Result<Vec<Rule>, StoreError> {
        let statement = sqlx::query(
            "SELECT name, document, changed, changed_by FROM rule WHERE organisation = $1 ORDER BY name",
        )
        .bind(self.organisation.as_str());
        let rows = self.session.all("list rules", statement).await?;
        let rule = |row: &sqlx::any::AnyRow| {
            Ok(Rule {
                name: row.text("name")?,
                document: row.text("document")?,
                changed: row.time("changed")?,
                changed_by: row.text("changed_by")?,
            })
        };
        rows.iter().map(rule).collect()
    }
}
