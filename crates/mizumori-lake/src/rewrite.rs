//! Files of the lake written anew: merged, and without what is to go.

use std::collections::BTreeMap;

use mizumori_core::SourceIndex;

use crate::error::LakeError;
use crate::ingest::{FILE_ROWS, ingest_id};
use crate::lake::Lake;
use crate::log::{Live, NewFile};
use crate::manifest::origin;
use crate::merge::{self, Cutting, Loaded, Runs, SharedBy};
use crate::rows::{Key, RowOf, Rows};
use crate::run_file::RunFile;
use crate::sorter::of_files;
use crate::write::Origin;

impl Lake {
    /// Merges `files` into new ones, with the rows of the sources that `keeps` names, without those that `is_kept` drops.
    pub(crate) fn rewrite(
        &self,
        files: &[&Live],
        keeps: &(dyn Fn(&str) -> bool + Sync),
        is_kept: &(dyn Fn(&RowOf<'_>) -> bool + Sync),
    ) -> Result<Vec<NewFile>, LakeError> {
        let mut ingests = BTreeMap::new();
        for file in files {
            ingests.extend(file.sources.iter().filter(|(id, _)| keeps(id)));
        }
        let mut origins = Vec::new();
        for (id, ingest) in &ingests {
            origins.push(origin(&self.manifest(id, ingest)?.source()?, ingest));
        }
        let files = files.iter().map(|file| self.run_file(file)).collect::<Result<Vec<_>, _>>()?;
        let merged = Merged { files, origins: &origins, is_kept };
        let cutting = Cutting { threads: cores(), file_rows: FILE_ROWS, progress: None };
        let written = merge::write(&merged, &origins, cutting, &|| self.new_file())?;
        let mut written = self.finish_files(written, &ingest_id()?)?;
        // A source of which no row is left stays known.
        if let Some((first, _)) = written.first_mut() {
            let all = ingests.iter().map(|(id, ingest)| ((*id).clone(), (*ingest).clone()));
            let named: BTreeMap<_, _> = all.collect();
            for (id, ingest) in named {
                first.sources.entry(id).or_insert(ingest);
            }
        }
        Ok(written.into_iter().map(|(file, _)| file).collect())
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

struct Merged<'m> {
    files: Vec<RunFile>,
    origins: &'m [Origin],
    is_kept: &'m (dyn Fn(&RowOf<'_>) -> bool + Sync),
}

impl Runs for Merged<'_> {
    fn samples(&self) -> Vec<(Key, u64)> {
        of_files(&self.files)
    }

    fn load(&self, from: Key, to: Option<Key>) -> Result<Loaded<'_>, LakeError> {
        let number = |id: &str| self.origins.iter().position(|origin| origin.id == id).map(SourceIndex);
        let mut rows = Rows::default();
        for file in &self.files {
            file.load(from, to, &number, &mut rows)?;
        }
        let Rows { mut rows, shared } = rows;
        rows.retain(|row| (self.is_kept)(&RowOf { row: *row, shared: &shared }));
        Ok(Loaded { rows, shared: SharedBy::Range(Box::new(shared)) })
    }
}
