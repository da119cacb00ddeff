//! Files of the lake written anew: merged, and without what is to go.

use std::collections::BTreeMap;

use crate::error::LakeError;
use crate::ingest::FILE_ROWS;
use crate::lake::Lake;
use crate::log::{Live, NewFile};
use crate::manifest::origin;
use crate::merge::{self, RunFiles};
use crate::rows::RowOf;

impl Lake {
    /// Merges `files` into new ones, with the rows of the sources that `keeps` names, without those that `is_kept` drops. Of whom was
    /// forgotten nothing is written again, should it have come back after all.
    pub(crate) fn rewrite(
        &self,
        files: &[&Live],
        keeps: &(dyn Fn(&str) -> bool + Sync),
        is_kept: &(dyn Fn(&RowOf<'_>) -> bool + Sync),
    ) -> Result<Vec<NewFile>, LakeError> {
        // Where an ingest came in halves, a file of the first is one of the whole from now on.
        let all = self.ingests()?;
        let mut ingests = BTreeMap::new();
        for id in files.iter().flat_map(|file| file.sources.keys()).filter(|id| keeps(id)) {
            ingests.extend(all.get_key_value(id));
        }
        let mut origins = Vec::new();
        for (id, ingest) in &ingests {
            origins.push(origin(&self.manifest(id, ingest)?.source()?, ingest));
        }
        let files = files.iter().map(|file| self.run_file(file)).collect::<Result<Vec<_>, _>>()?;
        let kept_out = self.suppressed()?;
        let is_kept = |row: &RowOf<'_>| is_kept(row) && !kept_out.contains(&(row.row.hi, row.row.lo));
        let merged = RunFiles::new(&files, &origins, &is_kept);
        let written = merge::write(&merged, self.merging.cutting(FILE_ROWS), &|| self.new_file(&origins))?;
        let mut written = self.finish_files(written)?;
        // A source of which no row is left stays known.
        if let Some(first) = written.first_mut() {
            for (id, ingest) in ingests {
                first.file.sources.entry(id.clone()).or_insert_with(|| ingest.clone());
            }
        }
        Ok(written.into_iter().map(|written| written.file).collect())
    }
}
