//! The survey of a lake: the same method and the same report as over dumps, from the rows of the watched domains alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::Array;
use mizumori_core::keys::{AccountTag, KeyRing};
use mizumori_core::{SourceIndex, WatchList};
use mizumori_survey::model::Unreadable;
use mizumori_survey::{AskedPeriod, Count, Counted, HasSecret, InputFacts, Report};

use crate::cores::on_cores;
use crate::counts::CountRow;
use crate::error::{LakeError, damaged};
use crate::lake::Lake;

/// What a survey of a lake is asked.
pub struct SurveyOf<'s> {
    /// The watch list.
    pub watch: Arc<WatchList>,
    /// The period.
    pub asked: AskedPeriod,
    /// The program that asks, with its version.
    pub by: &'s str,
    /// Cores.
    pub threads: usize,
}

impl Lake {
    /// Counts the leaked accounts of a watch list.
    ///
    /// What the report says of the input are the sums of the ingests; the exposures are those that the lake keeps, each once a
    /// source. Of what is kept as counts, exposures without a secret and those that a source has twice are not known.
    ///
    /// # Errors
    /// When the keys are not the lake's, the period ends before it begins, or the lake cannot be read.
    pub fn survey(&self, ring: &KeyRing, of: &SurveyOf<'_>) -> Result<Report, LakeError> {
        self.check_keys(ring)?;
        let (mut sources, mut numbers, mut runs) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let (mut counted, live) = (Vec::new(), self.live_counts()?);
        for (id, ingest, manifest) in self.manifests()? {
            numbers.insert(id, SourceIndex(sources.len()));
            sources.push(manifest.source()?);
            counted
                .push(manifest.counts.as_ref().map_or(Ok(Vec::new()), |_| self.counts_of(&manifest, &live))?);
            let run = if manifest.run.id.is_empty() { ingest } else { manifest.run.id.clone() };
            runs.insert(run, manifest.run);
        }
        let times: Vec<_> = sources.iter().map(mizumori_core::Source::time).collect();
        let mut count = Count::new(Arc::clone(&of.watch), sources, of.asked)?;
        for (at, (rows, time)) in counted.iter().zip(&times).enumerate() {
            for CountRow { host, n, again } in rows {
                if let Some(found) = of.watch.find(host, *time) {
                    count.add(SourceIndex(at), host, found, Counted { accounts: *n, again: *again });
                }
            }
        }
        let empty = count.tally();
        let count = Mutex::new(count);
        let points = self.points()?;
        let ranges = ranges(&of.watch, ring);
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let work = || {
            let mut tally = empty.begin();
            while let Some(range) = ranges.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = points.each(*range, None, &mut |columns, row| {
                    let account = AccountTag { hi: columns.hi.value(row), lo: columns.lo.value(row) };
                    if account.is_login() {
                        return Ok(());
                    }
                    let host = columns.host.value(row);
                    let id = columns.source.value(row);
                    let source = *numbers.get(id).ok_or_else(|| {
                        damaged("a row", format!("the log does not know its source `{id}`"))
                    })?;
                    let time = times.get(source.0).copied().unwrap_or(mizumori_core::LeakTime::Unknown);
                    if let Some(found) = of.watch.find(host, time) {
                        let secret =
                            if columns.secret.is_valid(row) { HasSecret::Yes } else { HasSecret::No };
                        tally.observe_tagged(source, host, account, found, secret);
                    }
                    Ok(())
                });
                if let Err(error) = outcome {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    next.store(ranges.len(), Ordering::Relaxed);
                }
                if tally.is_full() {
                    count.lock().unwrap_or_else(PoisonError::into_inner).merge(tally.take());
                }
            }
            count.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        };
        on_cores(of.threads, ranges.len(), work);
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut input = InputFacts { complete: true, ..InputFacts::default() };
        // Several runs may have met the same.
        let mut unreadable = BTreeSet::new();
        for run in runs.into_values() {
            input.files += run.files;
            input.bytes += run.bytes;
            input.lines += run.lines;
            input.addresses += run.addresses;
            input.rejected += run.rejected;
            unreadable.extend(run.unreadable);
        }
        input.unreadable = unreadable.into_iter().map(|(file, why)| Unreadable { file, why }).collect();
        let count = count.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(count.finish(of.by, input))
    }
}

/// Where the rows of the watched domains lie. Accounts below a public suffix lie everywhere.
fn ranges(watch: &WatchList, ring: &KeyRing) -> Vec<(i64, i64)> {
    if watch.domains.iter().any(|domain| domain.suffix) {
        // In parts, so that every core has work.
        let part = |at: i64| i64::MIN + (at << 58);
        return (0..64).map(|at| (part(at), part(at) + ((1 << 58) - 1))).collect();
    }
    let tags = ring.tags();
    let ranges: BTreeSet<_> = watch
        .domains
        .iter()
        .map(|domain| {
            let range = tags.domain(domain.name.as_str());
            (range.first, range.last)
        })
        .collect();
    ranges.into_iter().collect()
}
