//! Codes that were mailed to role addresses of domains, and how often somebody typed a wrong one. Codes themselves are not kept.

use mizumori_core::{DomainName, Timestamp};

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Tenant;

/// What is kept of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainCode {
    /// To which role of the domain it went.
    pub role: String,
    /// Its hash.
    pub hash: [u8; 32],
    /// When it was sent.
    pub sent: Timestamp,
    /// How often a wrong one was typed since.
    pub tries: u32,
}

impl Tenant<'_> {
    /// Keeps a code of a domain, in the place of the one before it.
    ///
    /// # Errors
    /// When the organisation does not have the domain.
    pub async fn keep_domain_code(&mut self, name: &DomainName, code: &DomainCode) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO domain_code (organisation, domain, role, hash, sent, tries) \
             SELECT organisation, name, $3, $4, $5, $6 FROM domain WHERE organisation = $1 AND name = $2 \
             ON CONFLICT (organisation, domain) DO UPDATE SET role = excluded.role, hash = excluded.hash, \
             sent = excluded.sent, tries = excluded.tries",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(name.as_str())
            .bind(&*code.role)
            .bind(code.hash.to_vec())
            .bind(code.sent.0)
            .bind(i64::from(code.tries));
        match self.session.run("keep a code", statement).await? {
            0 => Err(StoreError::Missing(format!("domain `{}`", name.as_str()))),
            _ => Ok(()),
        }
    }

    /// The code of a domain.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn domain_code(&mut self, name: &DomainName) -> Result<Option<DomainCode>, StoreError> {
        let statement = sqlx::query(
            "SELECT role, hash, sent, tries FROM domain_code WHERE organisation = $1 AND domain = $2",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(name.as_str());
        let Some(row) = self.session.one("find a code", statement).await? else { return Ok(None) };
        let hash = row.bytes("hash")?.try_into().map_err(|_| StoreError::Damaged { what: "hash" })?;
        let tries = u32::try_from(row.number("tries")?).map_err(|_| StoreError::Damaged { what: "tries" })?;
        Ok(Some(DomainCode { role: row.text("role")?, hash, sent: row.time("sent")?, tries }))
    }

    /// Takes the code of a domain away, where it has one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_domain_code(&mut self, name: &DomainName) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM domain_code WHERE organisation = $1 AND domain = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(name.as_str());
        self.session.run("drop a code", statement).await.map(|_| ())
    }
}
