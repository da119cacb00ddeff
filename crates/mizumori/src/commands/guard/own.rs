//! `guard check --account`: whether a password leaked with this very account, as a lake knows it.

use std::collections::{BTreeSet, HashMap};

use mizumori_core::keys::KeyRing;
use mizumori_core::{Account, Exposure, LocalPart, Secret, SecretKind};
use mizumori_guard::{Salted, spellings};

use crate::commands::lookup::opened;
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::Failure;
use crate::progress::grouped;
use crate::tidings;

/// What leaked with an account.
pub(super) struct Own {
    account: Account<'static>,
    exposures: Vec<Exposure>,
    ring: KeyRing,
}

impl Own {
    /// Looks up what leaked with an account.
    pub(super) fn look_up(account: &str, lake: &LakeOptions, config: &Config) -> Result<Self, Failure> {
        let account = Account::parse(account, LocalPart::Column).map(Account::into_owned);
        let account = account
            .ok_or_else(|| Failure::say("this is no account").hint("write --account taro@suigen.example"))?;
        let (mut lake, ring) = lake.open_with_keys(config)?;
        let tags = ring.tags();
        let exposures = lake.current(|lake| lake.points()?.account(&tags, &account))?;
        Ok(Self { account, exposures, ring })
    }

    /// In how many exposures of the account the password stands.
    pub(super) fn exposures_of(&self, password: &Secret<Vec<u8>>) -> u64 {
        let tags = self.ring.tags();
        let host = tags.host(self.account.host());
        let known: BTreeSet<_> = spellings(password)
            .iter()
            .filter_map(|text| tags.account_at(host, &self.account, Some(text.expose())).1)
            .collect();
        let (mut salted, mut compared) = (Salted::default(), HashMap::new());
        let mut is_of = |exposure: &Exposure| {
            if exposure.secret.is_some_and(|tag| known.contains(&tag)) {
                return true;
            }
            if exposure.kind != SecretKind::Hash {
                return false;
            }
            let Some(Ok(sealed)) = opened(exposure, &self.ring) else { return false };
            // Many sources have the same hash: it is computed once.
            let mut compare = || salted.is_of(sealed.secret.expose(), password);
            match exposure.secret {
                Some(tag) => *compared.entry(tag).or_insert_with(compare),
                None => compare(),
            }
        };
        let found = self.exposures.iter().filter(|exposure| is_of(exposure)).count() as u64;
        let reasons = [
            (salted.skipped(), "it would take too long, or too much memory"),
            (salted.unknown(), "how they were made is not known"),
        ];
        for (hashes, why) in reasons.into_iter().filter(|(hashes, _)| *hashes > 0) {
            let hashes = grouped(hashes);
            tidings::warning(&format!(
                "{hashes} hashes that leaked with the account were not compared: {why}"
            ));
        }
        found
    }
}
