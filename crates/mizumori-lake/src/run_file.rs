//! A file of sorted rows, read by key.
//!
//! Where a read is a request, there are few of them: one for the end of a file, which tells where everything lies, and one
//! for the pages of a row group that are needed, and for what lies between them. A small file is read at once.

use std::io;
use std::iter::repeat_n;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BinaryArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use bytes::{Buf, Bytes};
use mizumori_core::{SecretKind, SourceIndex};
use mizumori_read::ReadAt;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use crate::error::{LakeError, damaged};
use crate::rows::{Key, Leak, NO_SECRET, Row, Rows};
use crate::schema::{EXPOSURES, PAGE, column};

/// Finds the number of a source by its id; `None` drops its rows.
pub(crate) type SourceOf<'s> = dyn Fn(&str) -> Option<SourceIndex> + Sync + 's;

/// A file of sorted rows.
pub(crate) struct RunFile {
    name: String,
    at: Arc<dyn ReadAt>,
    metadata: ArrowReaderMetadata,
    reads: Reads,
    /// All of a small file.
    small: Option<Window>,
}

/// What a read costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Next to nothing: a page at a time.
    Cheap,
    /// A request to somewhere else: as few as there can be.
    Dear,
}

/// Bytes of the end of a file that are read at once.
const TAIL: u64 = 128 << 10;
/// In long files what tells where everything lies is at most so many times smaller than the file.
const TAIL_OF: u64 = 256;
/// Where reads are dear, a file is read at once that is not longer, in bytes.
const SMALL: u64 = 2 << 20;
/// Bytes that nobody wants and that are read rather than asking once more.
const GAP: u64 = 1 << 20;

/// A row group of a file, and where its rows lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Its number in the file.
    pub(crate) number: usize,
    /// The first and the last upper half of its accounts' tags.
    pub(crate) hi: (i64, i64),
    /// How many rows it has.
    pub(crate) rows: u64,
}

/// Where all rows are that are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    /// Their registrable domain.
    pub(crate) domain: &'a str,
    /// Their host.
    pub(crate) host: &'a str,
}

/// What is known of rows before they are read. Their columns are not decoded: dictionaries of hosts are long.
#[derive(Clone, Copy, Default)]
struct Known<'a> {
    hi: Option<i64>,
    at: Option<At<'a>>,
}

impl Known<'_> {
    /// The values of a column in `rows` rows, where they are known.
    fn column(&self, column: usize, rows: usize) -> Option<ArrayRef> {
        let text = |text: &str| Arc::new(StringArray::from_iter_values(repeat_n(text, rows))) as ArrayRef;
        match column {
            column::DOMAIN => Some(text(self.at?.domain)),
            column::HOST => Some(text(self.at?.host)),
            column::ACCOUNT_HI => Some(Arc::new(Int64Array::from_value(self.hi?, rows))),
            _ => None,
        }
    }

    /// The columns that are to be read.
    fn others(&self) -> impl Iterator<Item = usize> {
        (0..EXPOSURES.fields().len()).filter(|column| self.column(*column, 0).is_none())
    }

    /// A batch of the other columns, with those that are known.
    fn complete(&self, others: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let (mut others, rows) = (others.columns().iter(), others.num_rows());
        let columns = (0..EXPOSURES.fields().len())
            .map_while(|column| self.column(column, rows).or_else(|| others.next().cloned()));
        RecordBatch::try_new(Arc::clone(&EXPOSURES), columns.collect())
    }
}

/// Rows of a row group that stand together.
#[derive(Clone, Debug)]
struct Span {
    rows: Range<usize>,
    /// How many rows the group has.
    all: usize,
}

impl Span {
    fn selection(&self) -> RowSelection {
        let Range { start, end } = self.rows;
        RowSelection::from(vec![
            RowSelector::skip(start),
            RowSelector::select(end - start),
            RowSelector::skip(self.all - end),
        ])
    }
}

impl RunFile {
    /// Opens a file; `name` is for messages.
    pub(crate) fn open(name: &str, at: Arc<dyn ReadAt>, reads: Reads) -> Result<Self, LakeError> {
        let options = ArrowReaderOptions::new()
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .with_column_index_policy(PageIndexPolicy::Optional);
        let length = match reads {
            Reads::Cheap => TAIL,
            Reads::Dear if at.len() <= SMALL => SMALL,
            Reads::Dear => TAIL.max(at.len() / TAIL_OF),
        };
        let start = at.len().saturating_sub(length);
        let tail = Window::of(Arc::clone(&at), std::iter::once(start..at.len()).collect())?;
        let metadata = ArrowReaderMetadata::load(&tail, options)?;
        let small = (reads == Reads::Dear && start == 0).then_some(tail);
        Ok(Self { name: name.to_owned(), at, metadata, reads, small })
    }

    /// Its row groups, in their order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group> {
        self.metadata.metadata().row_groups().iter().enumerate().map(|(number, group)| Group {
            number,
            hi: bounds(group).unwrap_or((i64::MIN, i64::MAX)),
            rows: u64::try_from(group.num_rows()).unwrap_or_default(),
        })
    }

    /// Appends the rows from the key `from` on and before `to`.
    pub(crate) fn load(
        &self,
        from: Key,
        to: Option<Key>,
        sources: &SourceOf<'_>,
        into: &mut Rows,
    ) -> Result<(), LakeError> {
        self.visit((from.hi, to.map_or(i64::MAX, |to| to.hi)), None, &mut |batch| {
            self.take(batch, from, to, sources, into)
        })
    }

    /// Hands over the batches in which rows may be whose upper half lies between the two, both included; all of those
    /// rows are `at` a host, where whoever asks knows it.
    pub(crate) fn visit(
        &self,
        hi: (i64, i64),
        at: Option<At<'_>>,
        visit: &mut dyn FnMut(&RecordBatch) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let failed = |error: ArrowError| damaged(&*self.name, error);
        for group in self.groups().filter(|group| group.hi.0 <= hi.1 && hi.0 <= group.hi.1) {
            let Some(mut rows) = self.pages(group.number, hi) else { continue };
            let is_narrow = rows.rows.len() <= 2 * PAGE;
            // Among many pages there are others' rows, of which nothing is known.
            let known =
                if is_narrow { Known { hi: (hi.0 == hi.1).then_some(hi.0), at } } else { Known::default() };
            let columns: Vec<_> = known.others().collect();
            let bytes = self.bytes(group.number, &rows, &columns)?;
            if is_narrow {
                let Some(few) = self.narrowed(group.number, rows, hi, &bytes)? else { continue };
                rows = few;
            }
            for batch in self.read(group.number, &rows, bytes, &columns)? {
                visit(&known.complete(&batch.map_err(failed)?).map_err(failed)?)?;
            }
        }
        Ok(())
    }

    /// The rows of a row group that stand in pages which may hold an upper half between the two; `None` for none of them.
    fn pages(&self, group: usize, hi: (i64, i64)) -> Option<Span> {
        let metadata = self.metadata.metadata();
        let all = usize::try_from(metadata.row_groups().get(group)?.num_rows()).ok()?;
        let index = metadata.column_index().and_then(|index| index.get(group)?.get(column::ACCOUNT_HI));
        let pages = metadata.offset_index().and_then(|index| index.get(group)?.get(column::ACCOUNT_HI));
        let (Some(ColumnIndexMetaData::INT64(index)), Some(pages)) = (index, pages) else {
            return Some(Span { rows: 0..all, all });
        };
        let first = index.max_values().partition_point(|max| *max < hi.0);
        let end = index.min_values().partition_point(|min| *min <= hi.1);
        let start_of = |page: usize| match pages.page_locations().get(page) {
            Some(page) => usize::try_from(page.first_row_index).unwrap_or(all).min(all),
            None => all,
        };
        let rows = start_of(first)..start_of(end);
        (!rows.is_empty()).then_some(Span { rows, all })
    }

    /// Of the rows of a page or two those whose upper half lies between the two; `None` for none of them. One column tells it, and
    /// most runs do not have an account that is looked up: then the others, with their dictionaries, are not decoded.
    fn narrowed(
        &self,
        group: usize,
        span: Span,
        hi: (i64, i64),
        bytes: &Window,
    ) -> Result<Option<Span>, LakeError> {
        let (mut before, mut inside) = (0, 0);
        for batch in self.read(group, &span, bytes.clone(), &[column::ACCOUNT_HI])? {
            let batch = batch.map_err(|error| damaged(&*self.name, error))?;
            let values = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
            let values = values.ok_or_else(|| damaged(&*self.name, "it has other columns"))?.values();
            let (first, end) = (
                values.partition_point(|value| *value < hi.0),
                values.partition_point(|value| *value <= hi.1),
            );
            before += if inside == 0 { first } else { 0 };
            inside += end - first;
        }
        let start = span.rows.start + before;
        Ok((inside > 0).then(|| Span { rows: start..start + inside, all: span.all }))
    }

    /// The bytes of a row group in which `rows` of `columns`, their keys, and the columns' dictionaries stand.
    fn wanted(
        &self,
        group: usize,
        facts: &RowGroupMetaData,
        rows: &RowSelection,
        columns: &[usize],
    ) -> Vec<Range<u64>> {
        let index = self.metadata.metadata().offset_index().and_then(|index| index.get(group));
        let mut ranges = Vec::new();
        for (at, column) in facts.columns().iter().enumerate() {
            if at != column::ACCOUNT_HI && !columns.contains(&at) {
                continue;
            }
            let (start, length) = column.byte_range();
            match index.and_then(|index| index.get(at)).map(OffsetIndexMetaData::page_locations) {
                Some(pages) if !pages.is_empty() => {
                    let first = pages.first().and_then(|page| u64::try_from(page.offset).ok());
                    // What stands before the first page is the dictionary.
                    ranges.extend(first.filter(|first| *first > start).map(|first| start..first));
                    ranges.extend(rows.scan_ranges(pages));
                }
                _ => ranges.push(start..start.saturating_add(length)),
            }
        }
        ranges
    }

    /// What is needed to read rows of a row group: at once, where reads are not cheap.
    fn bytes(&self, group: usize, rows: &Span, columns: &[usize]) -> Result<Window, LakeError> {
        Ok(match (&self.small, self.reads) {
            (Some(small), _) => small.clone(),
            (None, Reads::Cheap) => Window::of(Arc::clone(&self.at), Vec::new())?,
            (None, Reads::Dear) => {
                let groups = self.metadata.metadata().row_groups();
                let facts =
                    groups.get(group).ok_or_else(|| damaged(&*self.name, "a row group is missing"))?;
                let wanted = self.wanted(group, facts, &rows.selection(), columns);
                Window::of(Arc::clone(&self.at), joined(wanted, GAP))?
            }
        })
    }

    fn read(
        &self,
        group: usize,
        rows: &Span,
        bytes: Window,
        columns: &[usize],
    ) -> Result<ParquetRecordBatchReader, LakeError> {
        let schema = self.metadata.metadata().file_metadata().schema_descr();
        if schema.num_columns() != EXPOSURES.fields().len() {
            return Err(damaged(&*self.name, "it has other columns"));
        }
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, self.metadata.clone())
            .with_projection(ProjectionMask::leaves(schema, columns.iter().copied()))
            .with_row_groups(vec![group])
            .with_row_selection(rows.selection())
            .with_batch_size(PAGE)
            .build()?;
        Ok(reader)
    }

    fn take(
        &self,
        batch: &RecordBatch,
        from: Key,
        to: Option<Key>,
        sources: &SourceOf<'_>,
        into: &mut Rows,
    ) -> Result<(), LakeError> {
        let columns = Columns::of(batch).ok_or_else(|| damaged(&*self.name, "it has other columns"))?;
        let first = partition_point(batch.num_rows(), |row| columns.key(row) < from);
        let end =
            to.map_or(batch.num_rows(), |to| partition_point(batch.num_rows(), |row| columns.key(row) < to));
        for row in first..end {
            let Some(source) = sources(columns.source.value(row)) else { continue };
            let kind = columns.kind.value(row);
            let kind = SecretKind::parse(kind).ok_or_else(|| damaged(&*self.name, "an unknown kind"))?;
            let log = columns.log.is_valid(row).then(|| columns.log.value(row));
            let shared = &mut into.shared;
            let leak = shared.leak(Leak { source, kind, log });
            let site = shared.site(columns.site.is_valid(row).then(|| columns.site.value(row)));
            let host = shared.hosts.number(columns.host.value(row));
            let sealed =
                if columns.sealed.is_valid(row) { shared.seal(columns.sealed.value(row)) } else { 0 };
            let Key { hi, lo, secret } = columns.key(row);
            into.rows.push(Row { hi, lo, secret, leak, site, host, sealed });
        }
        Ok(())
    }
}

/// The columns of a batch, typed.
pub(crate) struct Columns<'b> {
    pub(crate) source: &'b StringArray,
    pub(crate) place: &'b StringArray,
    pub(crate) month: &'b Date32Array,
    pub(crate) domain: &'b StringArray,
    pub(crate) host: &'b StringArray,
    pub(crate) hi: &'b Int64Array,
    pub(crate) lo: &'b Int64Array,
    pub(crate) secret: &'b Int64Array,
    pub(crate) kind: &'b StringArray,
    pub(crate) site: &'b StringArray,
    pub(crate) log: &'b Int64Array,
    pub(crate) sealed: &'b BinaryArray,
}

impl<'b> Columns<'b> {
    /// The columns of `batch`; `None` when it has others.
    pub(crate) fn of(batch: &'b RecordBatch) -> Option<Self> {
        let column = |at: usize| batch.columns().get(at);
        let text = |at: usize| column(at)?.as_string_opt::<i32>();
        let integer = |at: usize| column(at)?.as_primitive_opt::<Int64Type>();
        Some(Self {
            source: text(column::SOURCE)?,
            place: text(column::PLACE)?,
            month: column(column::MONTH)?.as_primitive_opt::<Date32Type>()?,
            domain: text(column::DOMAIN)?,
            host: text(column::HOST)?,
            hi: integer(column::ACCOUNT_HI)?,
            lo: integer(column::ACCOUNT_LO)?,
            secret: integer(column::SECRET_TAG)?,
            kind: text(column::SECRET_KIND)?,
            site: text(column::SITE)?,
            log: integer(column::LOG)?,
            sealed: column(column::SEALED)?.as_binary_opt::<i32>()?,
        })
    }

    /// The key of a row.
    pub(crate) fn key(&self, row: usize) -> Key {
        let secret = if self.secret.is_valid(row) { self.secret.value(row) } else { NO_SECRET };
        Key { hi: self.hi.value(row), lo: self.lo.value(row), secret }
    }
}

/// The first of `rows` rows for which `is_before` is no more.
fn partition_point(rows: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// The least and the greatest upper half of a row group.
fn bounds(group: &RowGroupMetaData) -> Option<(i64, i64)> {
    match group.columns().get(column::ACCOUNT_HI)?.statistics()? {
        Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
        _ => None,
    }
}

fn read(at: &dyn ReadAt, start: u64, length: usize) -> Result<Vec<u8>, io::Error> {
    let mut bytes = vec![0; length];
    at.read_exact_at(start, &mut bytes)?;
    Ok(bytes)
}

/// Ranges in order, as one where no more than `gap` lies between them.
fn joined(mut ranges: Vec<Range<u64>>, gap: u64) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(gap) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The bytes of a file, some of which have been read at once.
#[derive(Clone)]
struct Window {
    /// Where each part begins, and the part.
    parts: Vec<(u64, Bytes)>,
    at: Arc<dyn ReadAt>,
}

impl Window {
    /// Reads the ranges, all at the same time.
    fn of(at: Arc<dyn ReadAt>, ranges: Vec<Range<u64>>) -> Result<Self, LakeError> {
        let part = |range: &Range<u64>| {
            // What a damaged footer claims is not believed.
            let length = range.end.min(at.len()).saturating_sub(range.start);
            let bytes = read(&*at, range.start, usize::try_from(length).map_err(io::Error::other)?)?;
            Ok::<_, io::Error>((range.start, bytes.into()))
        };
        let parts: Result<Vec<_>, _> = match &*ranges {
            [] => Ok(Vec::new()),
            [one] => part(one).map(|part| vec![part]),
            many => std::thread::scope(|scope| {
                let parts: Vec<_> = many.iter().map(|range| scope.spawn(|| part(range))).collect();
                let join = |part: std::thread::ScopedJoinHandle<'_, _>| {
                    part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                parts.into_iter().map(join).collect()
            }),
        };
        Ok(Self { parts: parts?, at })
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.at.len()
    }
}

impl ChunkReader for Window {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        // Only headers of pages are read this way, and only where there is no index of pages.
        let rest = self.at.len().saturating_sub(start).min(1 << 16);
        Ok(self.get_bytes(start, usize::try_from(rest).unwrap_or_default())?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let inside = self.parts.iter().find_map(|(first, bytes)| {
            let from = usize::try_from(start.checked_sub(*first)?).ok()?;
            let end = from.checked_add(length).filter(|end| *end <= bytes.len())?;
            Some(bytes.slice(from..end))
        });
        if let Some(bytes) = inside {
            return Ok(bytes);
        }
        let left = self.at.len().saturating_sub(start);
        if length as u64 > left {
            return Err(ParquetError::EOF(format!("{length} bytes are wanted at {start}, {left} are there")));
        }
        Ok(read(&*self.at, start, length)?.into())
    }
}
