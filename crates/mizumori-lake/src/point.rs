//! Questions about one account or one domain, answered from the pages that can hold it.
//!
//! There is no plan and no query: the log's bounds name the files, footers and page indexes (which stay in memory) the pages. Of each
//! run one column of a page is decoded, and of the others the rows that it names.

use std::sync::OnceLock;

use arrow_array::{Array, RecordBatch};
use mizumori_core::domain::registrable;
use mizumori_core::keys::{AccountTag, DomainRange, LogTag, SecretTag, TagLayers};
use mizumori_core::{Account, Exposure, SecretKind};

use crate::error::{LakeError, damaged};
use crate::lake::Lake;
use crate::log::Live;
use crate::run_file::{At, Columns, RunFile};
use crate::write::month_of;

/// Files of an object store that are asked at the same time.
const AT_ONCE: usize = 16;

/// Reads exposures of accounts and domains from one version of a lake. What it has learned of files stays in memory.
pub struct PointReader<'l> {
    lake: &'l Lake,
    files: Vec<(Live, OnceLock<RunFile>)>,
}

impl Lake {
    /// A reader of this version.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn points(&self) -> Result<PointReader<'_>, LakeError> {
        let files = self.log.live()?.into_iter().map(|file| (file, OnceLock::new())).collect();
        Ok(PointReader { lake: self, files })
    }
}

impl PointReader<'_> {
    /// The exposures of an account, whose tag is made with the lake's `tags`, in the order of the lake's files.
    ///
    /// # Errors
    /// When a file of the lake cannot be read.
    pub fn account(&self, tags: &TagLayers, account: &Account<'_>) -> Result<Vec<Exposure>, LakeError> {
        let tag = tags.account(account);
        let at = At { domain: registrable(account.host()), host: account.host() };
        let mut found = Vec::new();
        self.each((tag.hi, tag.hi), Some(at), &mut |columns, row| {
            if columns.lo.value(row) == tag.lo {
                found.push(exposure(columns, row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The exposures of all accounts of a domain and of the hosts below it.
    ///
    /// # Errors
    /// When a file of the lake cannot be read.
    pub fn domain(&self, range: DomainRange) -> Result<Vec<Exposure>, LakeError> {
        let mut found = Vec::new();
        self.each((range.first, range.last), None, &mut |columns, row| {
            found.push(exposure(columns, row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Visits the rows whose upper half lies between the two, both included; all of those rows are `at` a host, where whoever
    /// asks knows it.
    pub(crate) fn each(
        &self,
        hi: (i64, i64),
        at: Option<At<'_>>,
        visit: &mut dyn FnMut(&Columns<'_>, usize) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let asked: Vec<_> = self.files.iter().filter(|(live, _)| live.may_hold(hi.0, hi.1)).collect();
        let mut rows_of = |live: &Live, batch: &RecordBatch| {
            let columns = Columns::of(batch).ok_or_else(|| damaged(&*live.path, "it has other columns"))?;
            let values = columns.hi.values();
            let first = values.partition_point(|value| *value < hi.0);
            let end = values.partition_point(|value| *value <= hi.1);
            (first..end).try_for_each(|row| visit(&columns, row))
        };
        if self.lake.place.is_local() || asked.len() < 2 {
            return asked
                .into_iter()
                .try_for_each(|file| self.open(file)?.visit(hi, at, &mut |batch| rows_of(&file.0, batch)));
        }
        // Files that are elsewhere are asked at the same time, and answer in their order.
        for some in asked.chunks(AT_ONCE) {
            let answers: Vec<_> = std::thread::scope(|scope| {
                let asked: Vec<_> =
                    some.iter().map(|file| scope.spawn(|| self.batches(file, hi, at))).collect();
                let join = |answer: std::thread::ScopedJoinHandle<'_, _>| {
                    answer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                asked.into_iter().map(join).collect()
            });
            for ((live, _), batches) in some.iter().zip(answers) {
                let batches: Vec<RecordBatch> = batches?;
                batches.iter().try_for_each(|batch| rows_of(live, batch))?;
            }
        }
        Ok(())
    }

    fn open<'f>(&self, (live, opened): &'f (Live, OnceLock<RunFile>)) -> Result<&'f RunFile, LakeError> {
        if let Some(file) = opened.get() {
            return Ok(file);
        }
        let file = self.lake.run_file(live)?;
        Ok(opened.get_or_init(|| file))
    }

    fn batches(
        &self,
        file: &(Live, OnceLock<RunFile>),
        hi: (i64, i64),
        at: Option<At<'_>>,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let mut batches = Vec::new();
        self.open(file)?.visit(hi, at, &mut |batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
        Ok(batches)
    }
}

pub(crate) fn exposure(columns: &Columns<'_>, row: usize) -> Result<Exposure, LakeError> {
    let kind = SecretKind::parse(columns.kind.value(row));
    Ok(Exposure {
        source: columns.source.value(row).to_owned(),
        place: columns.place.value(row).to_owned(),
        month: columns.month.is_valid(row).then(|| month_of(columns.month.value(row))).flatten(),
        domain: columns.domain.value(row).to_owned(),
        host: columns.host.value(row).to_owned(),
        account: AccountTag { hi: columns.hi.value(row), lo: columns.lo.value(row) },
        secret: columns.secret.is_valid(row).then(|| SecretTag(columns.secret.value(row))),
        kind: kind.ok_or_else(|| damaged("a row", "its secret is of an unknown kind"))?,
        site: columns.site.is_valid(row).then(|| columns.site.value(row).to_owned()),
        log: columns.log.is_valid(row).then(|| LogTag(columns.log.value(row))),
        sealed: columns.sealed.is_valid(row).then(|| columns.sealed.value(row).to_vec()),
    })
}
