//! What the store knows of accounts, asked for many at once: a statement an account would be most of the time that a first import takes.

use std::collections::{BTreeMap, BTreeSet};

use mizumori_core::keys::AccountTag;
use mizumori_store::{Finding, Holder, StoreError, Tenant};

/// What is known of some accounts of an organisation.
#[derive(Debug)]
pub(crate) struct Accounts {
    findings: BTreeMap<AccountTag, Vec<Finding>>,
    holders: BTreeMap<AccountTag, Vec<Holder>>,
}

impl Accounts {
    /// Asks for these.
    pub(crate) async fn ask(
        tenant: &mut Tenant<'_>,
        accounts: BTreeSet<AccountTag>,
    ) -> Result<Self, StoreError> {
        let accounts: Vec<_> = accounts.into_iter().collect();
        let findings = tenant.findings_of_each(&accounts).await?;
        Ok(Self { findings, holders: tenant.holders_of_each(&accounts).await? })
    }

    /// The findings of an account. They were asked for in advance once: what is done about them changes them, and whoever wants them
    /// after that asks again.
    pub(crate) async fn findings(
        &mut self,
        tenant: &mut Tenant<'_>,
        account: AccountTag,
    ) -> Result<Vec<Finding>, StoreError> {
        match self.findings.remove(&account) {
            Some(findings) => Ok(findings),
            None => tenant.findings_of(account).await,
        }
    }

    /// The findings of an account as they were when they were asked for, for whoever changes nothing about them.
    pub(crate) fn known(&self, account: AccountTag) -> &[Finding] {
        self.findings.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Whose an account is.
    pub(crate) fn holders(&self, account: AccountTag) -> &[Holder] {
        self.holders.get(&account).map_or(&[], Vec::as_slice)
    }
}
