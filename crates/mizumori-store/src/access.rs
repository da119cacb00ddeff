//! Editions: what an organisation may use, and how much of it. They are data: an operator may make others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mizumori_core::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::organisation::{Organisation, OrganisationState};
use crate::row::Columns as _;
use crate::session::Session;

/// How long what is there can be read after an evaluation.
const READING: Duration = Duration::from_hours(30 * 24);

/// An edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Calendar months that it runs; for good where there are none.
    pub months: Option<u32>,
    /// How many domains an organisation may have.
    pub domains: Option<u64>,
    /// How many entries of its directories are looked at.
    pub holders: Option<u64>,
    /// What it may use.
    pub functions: BTreeSet<Access>,
}

/// What may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Findings, and their notices by mail.
    Findings,
    /// Directories.
    Directories,
    /// Notices to systems: webhooks, syslog, chats.
    Systems,
    /// Changes that are forced in directories.
    Neutralise,
    /// The reveal of a secret in clear.
    Reveal,
    /// Exports and bundles.
    Exports,
}

/// What was asked for is more than the edition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// Something that is not in it.
    #[error("this edition does not have that")]
    Function(Access),
    /// One domain too many.
    #[error("this edition has {0} domains at most")]
    Domains(u64),
    /// The evaluation is over.
    #[error("the evaluation is over: what is there can be read until it ends")]
    ReadOnly,
}

impl Access {
    /// All of it.
    pub const ALL: [Self; 6] =
        [Self::Findings, Self::Directories, Self::Systems, Self::Neutralise, Self::Reveal, Self::Exports];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Directories => "directories",
            Self::Systems => "systems",
            Self::Neutralise => "neutralise",
            Self::Reveal => "reveal",
            Self::Exports => "exports",
        }
    }

    /// What a word is for.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.as_str() == word)
    }
}

impl Edition {
    /// The editions that are built in, by their names.
    pub const BUILT_IN: [&'static str; 2] = [Self::EVALUATION, Self::FULL];
    /// The name of the edition that has everything.
    pub const FULL: &'static str = "full";
    /// That of the one that ends by itself.
    pub const EVALUATION: &'static str = "evaluation";

    /// An edition that is built in.
    pub fn built_in(name: &str) -> Option<Self> {
        use Access::{Directories, Findings};
        match name {
            Self::FULL => {
                Some(Self { months: None, domains: None, holders: None, functions: Access::ALL.into() })
            }
            Self::EVALUATION => Some(Self {
                months: Some(2),
                domains: Some(2),
                holders: Some(1_000),
                functions: [Findings, Directories].into(),
            }),
            _ => None,
        }
    }

    /// When it ends for who begins now.
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        self.months.map(|months| now.months_later(months))
    }

    /// Whether an organisation may use something now.
    ///
    /// # Errors
    /// What keeps it from it.
    pub fn may(&self, organisation: &Organisation, what: Access) -> Result<(), Limit> {
        if organisation.state != OrganisationState::Served {
            return Err(Limit::ReadOnly);
        }
        if self.functions.contains(&what) { Ok(()) } else { Err(Limit::Function(what)) }
    }

    /// Whether it may have one domain more than `have`.
    ///
    /// # Errors
    /// When it may not.
    pub fn may_add_domain(&self, have: u64) -> Result<(), Limit> {
        match self.domains {
            Some(most) if have >= most => Err(Limit::Domains(most)),
            _ => Ok(()),
        }
    }
}

impl Organisation {
    /// What it is at a moment: an evaluation that has ended can be read for thirty days, and then is over.
    pub fn state_at(&self, now: Timestamp) -> (OrganisationState, Option<Timestamp>) {
        let ended = self.ends.filter(|ends| *ends <= now);
        match (self.state, ended) {
            (OrganisationState::Served, Some(ends)) => {
                Self { state: OrganisationState::ReadOnly, ends: Some(ends.after(READING)), ..self.clone() }
                    .state_at(now)
            }
            (OrganisationState::ReadOnly, Some(_)) => (OrganisationState::Ended, None),
            (state, _) => (state, self.ends),
        }
    }
}

impl Session {
    /// An edition: one that was set, else the built-in one of that name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn edition(&mut self, name: &str) -> Result<Edition, StoreError> {
        let statement = sqlx::query("SELECT document FROM edition WHERE name = $1").bind(name);
        match self.one("find an edition", statement).await? {
            Some(row) => read(&row),
            None => Edition::built_in(name).ok_or_else(|| StoreError::Missing(format!("edition `{name}`"))),
        }
    }

    /// All editions, set or built in, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn editions(&mut self) -> Result<BTreeMap<String, Edition>, StoreError> {
        let built_in = Edition::BUILT_IN.into_iter();
        let mut editions: BTreeMap<_, _> =
            built_in.filter_map(|name| Some((name.to_owned(), Edition::built_in(name)?))).collect();
        for row in self.all("list editions", sqlx::query("SELECT name, document FROM edition")).await? {
            editions.insert(row.text("name")?, read(&row)?);
        }
        Ok(editions)
    }

    /// Sets an edition.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_edition(&mut self, name: &str, edition: &Edition) -> Result<(), StoreError> {
        let document = serde_json::to_string(edition).map_err(|_| StoreError::Damaged { what: "edition" })?;
        let statement = sqlx::query(
            "INSERT INTO edition (name, document) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
             SET document = excluded.document",
        );
        self.run("keep an edition", statement.bind(name).bind(document)).await.map(|_| ())
    }
}

fn read(row: &AnyRow) -> Result<Edition, StoreError> {
    serde_json::from_str(&row.text("document")?).map_err(|_| StoreError::Damaged { what: "edition" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_documents() {
        for access in Access::ALL {
            assert_eq!(Access::of(access.as_str()), Some(access));
            assert_eq!(serde_json::to_value(access).unwrap(), access.as_str());
        }
        assert!(Edition::BUILT_IN.iter().all(|name| Edition::built_in(name).is_some()));
    }
}
