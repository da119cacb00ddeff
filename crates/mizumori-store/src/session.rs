//! A transaction, and what an organisation sees in it.

use std::collections::BTreeMap;

use futures::{Stream, TryStreamExt as _};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Transaction};

use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::organisation::OrganisationId;

/// A statement with what was bound to it.
pub(crate) type Statement<'q> = Query<'q, Any, AnyArguments>;

/// A transaction: of what it read nothing changes meanwhile, and what it wrote is there for others when it is committed, or not
/// at all.
#[derive(Debug)]
pub struct Session {
    transaction: Transaction<'static, Any>,
    pub(crate) dialect: Dialect,
    /// Organisations of which it is known whether they have channels.
    pub(crate) heard: BTreeMap<OrganisationId, bool>,
}

impl Session {
    pub(crate) const fn new(transaction: Transaction<'static, Any>, dialect: Dialect) -> Self {
        Self { transaction, dialect, heard: BTreeMap::new() }
    }

    /// Lets others see what it wrote.
    ///
    /// # Errors
    /// When the database refuses; then nothing was written.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await.map_err(failed("commit"))
    }

    /// What an organisation sees.
    pub const fn tenant<'s>(&'s mut self, organisation: &'s OrganisationId) -> Tenant<'s> {
        Tenant { session: self, organisation }
    }

    pub(crate) async fn run(
        &mut self,
        what: &'static str,
        statement: Statement<'_>,
    ) -> Result<u64, StoreError> {
        let done = statement.execute(&mut *self.transaction).await.map_err(failed(what))?;
        Ok(done.rows_affected())
    }

    pub(crate) async fn one(
        &mut self,
        what: &'static str,
        statement: Statement<'_>,
    ) -> Result<Option<AnyRow>, StoreError> {
        statement.fetch_optional(&mut *self.transaction).await.map_err(failed(what))
    }

    pub(crate) async fn all(
        &mut self,
        what: &'static str,
        statement: Statement<'_>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        statement.fetch_all(&mut *self.transaction).await.map_err(failed(what))
    }

    /// Row after row, for which there need not be room at once.
    pub(crate) fn each<'s, 'q: 's>(
        &'s mut self,
        what: &'static str,
        statement: Statement<'q>,
    ) -> impl Stream<Item = Result<AnyRow, StoreError>> + Unpin + use<'s, 'q> {
        statement.fetch(&mut *self.transaction).map_err(failed(what))
    }

    /// Runs several statements without values.
    pub(crate) async fn script(&mut self, what: &'static str, text: String) -> Result<(), StoreError> {
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.transaction).await.map_err(failed(what))?;
        Ok(())
    }
}

/// What an organisation sees: every statement asks for its rows only.
#[derive(Debug)]
pub struct Tenant<'s> {
    pub(crate) session: &'s mut Session,
    pub(crate) organisation: &'s OrganisationId,
}

impl Tenant<'_> {
    /// Whose it is.
    pub const fn organisation(&self) -> &OrganisationId {
        self.organisation
    }
}

pub(crate) fn failed(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| StoreError::Statement { what, cause: error.into() }
}
