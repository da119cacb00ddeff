//! Changes that other commits may come before: what is decided is decided again, until it is committed on what it was
//! decided by.

use std::collections::BTreeSet;

use crate::error::LakeError;
use crate::lake::Lake;
use crate::log::{Change, Committed, Log};

/// How often a commit is tried.
const TRIES: usize = 30;

impl Lake {
    /// Tries a change of `exposures` until no other commit comes first, and shows what is there then. Gives the version of the
    /// commit; `None` when there is nothing to do.
    pub(crate) fn contend(
        &mut self,
        mut plan: impl FnMut(&Self) -> Result<Option<Change>, LakeError>,
    ) -> Result<Option<u64>, LakeError> {
        let committed = self.contend_for(|lake| {
            lake.refresh()?;
            lake.check_still()?;
            let change = lake.current(&mut plan)?;
            Ok(change.map(|change| (lake.log.clone(), change)))
        })?;
        committed
            .map(|log| {
                self.log = log;
                self.version()
            })
            .transpose()
    }

    /// Tries a change of a table until no other commit comes first. `plan` reads the table's log and says what is to be done; the log
    /// comes back as the commit left it.
    pub(crate) fn contend_for(
        &mut self,
        mut plan: impl FnMut(&mut Self) -> Result<Option<(Log, Change)>, LakeError>,
    ) -> Result<Option<Log>, LakeError> {
        let mut sources = BTreeSet::new();
        for _ in 0..TRIES {
            let Some((mut log, change)) = plan(self)? else { return Ok(None) };
            match self.wait(log.commit(&change))? {
                Committed::Done => return Ok(Some(log)),
                Committed::Lost => self.wait(log.discard(&change.rewritten)),
                Committed::Failed(error) => {
                    // Elsewhere than in a folder it may be done still. What nothing names goes with a vacuum.
                    if self.place.is_local() {
                        self.wait(log.discard(&change.rewritten));
                    }
                    return Err(error);
                }
            }
            sources = change.moves().cloned().collect();
        }
        Err(LakeError::Raced(sources.into_iter().collect::<Vec<_>>().join(", ")))
    }
}
