//! What is new: the exposures that commits since a version brought, from the log.

use std::collections::BTreeSet;

use mizumori_core::keys::AccountTag;

use crate::error::{LakeError, damaged};
use crate::lake::Lake;
use crate::log::{Brought, Live};
use crate::manifest::stem;
use crate::point::{Exposure, exposure};
use crate::run_file::{Columns, RunFile};

/// Says of one commit what it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// The version of the commit.
    pub version: u64,
    /// The exposures, in the order of the table.
    pub exposures: Vec<Exposure>,
}

/// What tells exposures apart.
type What = (AccountTag, Option<i64>, String, Option<String>, Option<i64>);

fn what(exposure: &Exposure) -> What {
    let (secret, log) = (exposure.secret.map(|tag| tag.0), exposure.log.map(|tag| tag.0));
    (exposure.account, secret, exposure.source.clone(), exposure.site.clone(), log)
}

impl Lake {
    /// The exposures that came after `version`, commit by commit. Where a source was replaced, only what it did not have before
    /// is new; files that were merged or rewritten bring nothing.
    ///
    /// # Errors
    /// When the log does not reach back so far, or the lake cannot be read.
    pub fn since(&self, version: u64, receive: &mut dyn FnMut(New)) -> Result<(), LakeError> {
        for version in version + 1..=self.version()? {
            let Some(Brought { fresh, removed }) = self.wait(self.log.brought(version))? else { continue };
            let mut before = BTreeSet::new();
            let sources: BTreeSet<_> = fresh.iter().flat_map(|file| file.sources.keys()).collect();
            for file in removed.iter().filter(|file| file.sources.keys().any(|id| sources.contains(id))) {
                // What a vacuum has taken cannot be compared with: everything is new then.
                if let Some(file) = self.run_file_if_there(file)? {
                    each(&file, &mut |exposure| {
                        before.insert(what(&exposure));
                    })?;
                }
            }
            let mut exposures = Vec::new();
            let mut take = |exposure: Exposure| {
                if !before.contains(&what(&exposure)) {
                    exposures.push(exposure);
                }
            };
            let files: Option<Vec<_>> =
                fresh.iter().map(|file| self.run_file_if_there(file)).collect::<Result<_, _>>()?;
            match files {
                Some(files) => files.iter().try_for_each(|file| each(file, &mut take))?,
                None => self.moved(&fresh, &mut take)?,
            }
            receive(New { version, exposures });
        }
        Ok(())
    }

    /// The rows of an ingest of which files are gone, from where they were moved. What was replaced or forgotten since is
    /// not among them.
    fn moved(&self, fresh: &[Live], take: &mut dyn FnMut(Exposure)) -> Result<(), LakeError> {
        let of = |file: &Live| -> BTreeSet<(String, String)> {
            file.sources.iter().map(|(id, ingest)| (id.clone(), stem(ingest).to_owned())).collect()
        };
        let brought: BTreeSet<_> = fresh.iter().flat_map(of).collect();
        for live in self.log.live()? {
            let here: BTreeSet<_> =
                of(&live).into_iter().filter(|source| brought.contains(source)).map(|(id, _)| id).collect();
            if !here.is_empty() {
                each(&self.run_file(&live)?, &mut |exposure| {
                    if here.contains(&exposure.source) {
                        take(exposure);
                    }
                })?;
            }
        }
        Ok(())
    }
}

fn each(file: &RunFile, receive: &mut dyn FnMut(Exposure)) -> Result<(), LakeError> {
    file.visit((i64::MIN, i64::MAX), None, &mut |batch| {
        let columns = Columns::of(batch).ok_or_else(|| damaged("a file", "it has other columns"))?;
        (0..batch.num_rows()).try_for_each(|row| {
            receive(exposure(&columns, row)?);
            Ok(())
        })
    })
}
