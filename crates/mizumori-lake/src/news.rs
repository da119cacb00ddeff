//! The rows of some files that are not in others: one range of keys after the other, so that memory does not grow with the files.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use mizumori_core::Exposure;
use mizumori_core::keys::{AccountTag, LogTag, SecretTag};

use crate::error::{LakeError, damaged};
use crate::lake::Lake;
use crate::point::exposure;
use crate::run_file::{Columns, RunFile};

/// Rows of a range, roughly.
const RANGE: u64 = 1 << 17;

/// Files of the table of exposures, each with its bytes.
pub(crate) type Files = BTreeMap<String, u64>;

/// Files with their bytes, each with the sources whose rows in it are meant.
type OfSources = BTreeMap<String, (u64, BTreeSet<String>)>;

/// A file that is open, and the sources whose rows in it are meant.
type Open<'f> = (RunFile, &'f BTreeSet<String>);

/// What tells exposures apart.
type What = (AccountTag, Option<SecretTag>, String, Option<String>, Option<LogTag>);

/// What is new of some sources.
#[derive(Debug, Default)]
pub(crate) struct News {
    rows: OfSources,
    before: OfSources,
}

impl News {
    /// Adds a source, of which is new what stands in `rows` and not in `before`.
    pub(crate) fn add(&mut self, id: &str, rows: Files, before: Files) {
        for (files, into) in [(rows, &mut self.rows), (before, &mut self.before)] {
            for (path, bytes) in files {
                into.entry(path).or_insert((bytes, BTreeSet::new())).1.insert(id.to_owned());
            }
        }
    }

    /// Tells it, in parts: they follow one another in the order of the table, until `receive` breaks off.
    pub(crate) fn tell(
        &self,
        lake: &Lake,
        receive: &mut dyn FnMut(Vec<Exposure>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, LakeError> {
        let (rows, before) = (open(lake, &self.rows)?, open(lake, &self.before)?);
        let groups = rows.iter().chain(&before).flat_map(|(file, _)| file.groups());
        for range in ranges(groups.map(|group| (group.hi.0, group.rows)).collect()) {
            let mut known = HashSet::new();
            each(&before, range, &mut |exposure| {
                known.insert(what(&exposure));
            })?;
            let mut exposures = Vec::new();
            each(&rows, range, &mut |exposure| {
                if !known.contains(&what(&exposure)) {
                    exposures.push(exposure);
                }
            })?;
            exposures.sort_by_key(|exposure| (exposure.account, exposure.secret));
            if !exposures.is_empty() && receive(exposures).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn what(exposure: &Exposure) -> What {
    let Exposure { account, secret, source, site, log, .. } = exposure;
    (*account, *secret, source.clone(), site.clone(), *log)
}

fn open<'f>(lake: &Lake, files: &'f OfSources) -> Result<Vec<Open<'f>>, LakeError> {
    files.iter().map(|(path, (bytes, ids))| Ok((lake.open_run(path, *bytes)?, ids))).collect()
}

/// Ranges of upper halves, their ends included, which together cover all; `samples` are the first ones of stretches, with their
/// rows.
fn ranges(mut samples: Vec<(i64, u64)>) -> Vec<(i64, i64)> {
    samples.sort_unstable();
    let (mut starts, mut rows) = (vec![i64::MIN], 0);
    for (first, stretch) in samples {
        if rows >= RANGE && starts.last().is_some_and(|last| *last < first) {
            starts.push(first);
            rows = 0;
        }
        rows += stretch;
    }
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([i64::MAX]);
    starts.iter().copied().zip(ends).collect()
}

/// The rows of the sources whose upper half is from the first to the last.
fn each(files: &[Open<'_>], hi: (i64, i64), receive: &mut dyn FnMut(Exposure)) -> Result<(), LakeError> {
    for (file, ids) in files {
        file.visit(hi, None, &mut |batch| {
            let columns = Columns::of(batch).ok_or_else(|| damaged("a file", "it has other columns"))?;
            let values = columns.hi.values();
            let first = values.partition_point(|value| *value < hi.0);
            let end = values.partition_point(|value| *value <= hi.1);
            for row in (first..end).filter(|row| ids.contains(columns.source.value(*row))) {
                receive(exposure(&columns, row)?);
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_once() {
        for rows in [0, 1, RANGE / 3, RANGE, 5 * RANGE] {
            let samples = [7, -3, 7, i64::MIN, 2, 9, i64::MAX].map(|first| (first, rows)).to_vec();
            let ranges = ranges(samples);
            assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (i64::MIN, i64::MAX));
            assert!(ranges.iter().all(|(first, last)| first <= last));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{ranges:?}");
            assert_eq!(ranges.len() > 1, rows >= RANGE / 3);
        }
        assert_eq!(ranges(Vec::new()), [(i64::MIN, i64::MAX)]);
    }
}
