//! Sorted rows into a Parquet file, and what the log says of it.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{ArrayBuilder, BinaryBuilder, StringBuilder};
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, Date32Array, DictionaryArray, Int64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Schema, SchemaRef};
use mizumori_core::{Month, SourceIndex};
use parquet::arrow::ArrowWriter;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{LakeError, damaged};
use crate::merge::Sink;
use crate::rows::{Key, Leak, NO_SECRET, Row, Shared};
use crate::schema::{EXPOSURES, PAGE, writer_properties};

/// What the rows of a source say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// Its id.
    pub(crate) id: String,
    /// The ingest that brought it.
    pub(crate) ingest: String,
    /// Its place.
    pub(crate) place: String,
    /// The first day of its month, in days since 1970-01-01.
    pub(crate) month: Option<i32>,
}

/// What the log says of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// How many rows it has.
    pub(crate) rows: u64,
    /// The keys of the first and the last one.
    pub(crate) keys: Option<(Key, Key)>,
    lo: Option<(i64, i64)>,
    months: Option<(i32, i32)>,
    no_month: u64,
    /// Its sources, each with the ingest that brought it.
    pub(crate) sources: BTreeMap<String, String>,
    /// How many rows each source has.
    pub(crate) rows_of: BTreeMap<String, u64>,
    /// Where they lie.
    pub(crate) marks: Marks,
}

/// Where the rows of a file lie: upper halves of keys that begin a stretch of it, in their order, each with the rows of the stretch.
pub(crate) type Marks = Vec<(i64, u64)>;

/// Rows of a stretch, at least.
const STRETCH: u64 = 1 << 16;

impl Facts {
    /// Delta's statistics of a file (protocol, "Per-file Statistics").
    pub(crate) fn stats(&self) -> String {
        let (mut least, mut most, mut nulls) = (Map::new(), Map::new(), Map::new());
        let mut bounds = |name: &str, low: Value, high: Value| {
            least.insert(name.to_owned(), low);
            most.insert(name.to_owned(), high);
        };
        if let Some((first, last)) = self.keys {
            bounds("account_hi", first.hi.into(), last.hi.into());
        }
        if let Some((low, high)) = self.lo {
            bounds("account_lo", low.into(), high.into());
        }
        if let Some((low, high)) = self.months {
            bounds("month", date(low).into(), date(high).into());
        }
        nulls.insert("account_hi".to_owned(), 0.into());
        nulls.insert("account_lo".to_owned(), 0.into());
        nulls.insert("month".to_owned(), self.no_month.into());
        json!({"numRecords": self.rows, "minValues": least, "maxValues": most, "nullCount": nulls})
            .to_string()
    }
}

/// `YYYY-MM-DD` of a day counted from 1970-01-01.
fn date(days: i32) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The month of a day counted from 1970-01-01; `None` outside the years that a month can have.
pub(crate) fn month_of(days: i32) -> Option<Month> {
    let (year, month, _) = civil(days);
    Month::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?)
}

/// Year, month and day (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn civil(days: i32) -> (i64, i64, i64) {
    let days = days as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

/// The first day of a month, in days since 1970-01-01; the inverse of [`month_of`].
pub(crate) fn first_day(month: Month) -> i32 {
    let (year, month) = (i64::from(month.year()), i64::from(month.month()));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    i32::try_from(days).unwrap_or_default()
}

/// A file of rows of the sources `origins` while it is written.
pub(crate) struct FileWriter<'o, W: Write + Send> {
    writer: ArrowWriter<W>,
    origins: &'o [Origin],
    facts: Facts,
    /// Rows by source.
    rows_of: Vec<u64>,
}

impl<'o, W: Write + Send> FileWriter<'o, W> {
    /// Begins a file.
    pub(crate) fn new(out: W, origins: &'o [Origin]) -> Result<Self, LakeError> {
        let writer = ArrowWriter::try_new(out, Arc::clone(&EXPOSURES), Some(writer_properties()))?;
        Ok(Self { writer, origins, facts: Facts::default(), rows_of: vec![0; origins.len()] })
    }

    fn note(&mut self, rows: &[Row], shared: &Shared) -> Result<(), LakeError> {
        let facts = &mut self.facts;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
        match facts.marks.last_mut() {
            Some((_, stretch)) if *stretch < STRETCH => *stretch += rows.len() as u64,
            _ => facts.marks.push((first.hi, rows.len() as u64)),
        }
        facts.rows += rows.len() as u64;
        facts.keys = Some((facts.keys.map_or(first.key(), |(first, _)| first), last.key()));
        let mut months: Option<(i32, i32)> = facts.months;
        let (mut low, mut high) = facts.lo.unwrap_or((i64::MAX, i64::MIN));
        for row in rows {
            (low, high) = (low.min(row.lo), high.max(row.lo));
            let source = leak(shared, row)?.source;
            let origin = origin(self.origins, source)?;
            match origin.month {
                Some(month) => {
                    months =
                        Some(months.map_or((month, month), |(low, high)| (low.min(month), high.max(month))));
                }
                None => facts.no_month += 1,
            }
            if let Some(rows) = self.rows_of.get_mut(source.0) {
                *rows += 1;
            }
        }
        (facts.lo, facts.months) = (Some((low, high)), months);
        Ok(())
    }
}

impl<W: Write + Send> Sink for FileWriter<'_, W> {
    type Done = (W, Facts);

    fn take(&mut self, rows: &[Row], shared: &Shared) -> Result<(), LakeError> {
        for rows in rows.chunks(PAGE) {
            self.note(rows, shared)?;
            let columns = columns(rows, shared, self.origins)?;
            let batch = RecordBatch::try_new(Arc::clone(&COLUMNS), columns);
            self.writer.write(&batch.map_err(|error| damaged("a batch of rows", error))?)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(W, Facts), LakeError> {
        let mut facts = self.facts;
        for (origin, rows) in self.origins.iter().zip(self.rows_of).filter(|(_, rows)| *rows > 0) {
            facts.sources.insert(origin.id.clone(), origin.ingest.clone());
            facts.rows_of.insert(origin.id.clone(), rows);
        }
        Ok((self.writer.into_inner()?, facts))
    }
}

fn leak<'s>(shared: &'s Shared, row: &Row) -> Result<&'s Leak, LakeError> {
    shared.leak_of(row).ok_or_else(|| damaged("a row", "it names a leak that is not there"))
}

fn origin(origins: &[Origin], source: SourceIndex) -> Result<&Origin, LakeError> {
    origins.get(source.0).ok_or_else(|| damaged("a row", "it names a source that is not there"))
}

/// A column of texts. Rows that follow each other nearly always have the same one, which is copied once for all of them.
struct Texts {
    values: StringBuilder,
    /// What the text of the last row is the text of.
    last: Option<u32>,
    keys: Vec<u32>,
}

impl Texts {
    fn for_rows(rows: usize) -> Self {
        Self { values: StringBuilder::new(), last: None, keys: Vec::with_capacity(rows) }
    }

    /// The text of the next row; rows of the same `number` have the same.
    fn push<'t>(&mut self, number: u32, text: impl FnOnce() -> &'t str) {
        if self.last != Some(number) {
            self.values.append_value(text());
            self.last = Some(number);
        }
        // Of a page, which is short.
        self.keys.push(self.values.len() as u32 - 1);
    }

    fn finish(mut self) -> ArrayRef {
        let keys = UInt32Array::from(self.keys);
        Arc::new(DictionaryArray::<UInt32Type>::new(keys, Arc::new(self.values.finish())))
    }
}

/// The rows as columns, in their order in [`EXPOSURES`].
fn columns(rows: &[Row], shared: &Shared, origins: &[Origin]) -> Result<Vec<ArrayRef>, LakeError> {
    let texts = || Texts::for_rows(rows.len());
    let (mut sources, mut places, mut domains, mut hosts, mut kinds) =
        (texts(), texts(), texts(), texts(), texts());
    let mut sites = StringBuilder::new();
    let mut months = Vec::with_capacity(rows.len());
    let mut logs = Vec::with_capacity(rows.len());
    let mut sealed = BinaryBuilder::new();
    for row in rows {
        let leak = leak(shared, row)?;
        let origin = origin(origins, leak.source)?;
        sources.push(row.leak, || &origin.id);
        places.push(row.leak, || &origin.place);
        months.push(origin.month);
        domains.push(row.host, || shared.hosts.domain(row.host));
        hosts.push(row.host, || shared.hosts.host(row.host));
        kinds.push(row.leak, || leak.kind.as_str());
        sites.append_option(shared.site_of(row));
        logs.push(leak.log);
        sealed.append_option(shared.sealed_of(row));
    }
    let integers =
        |of: fn(&Row) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(rows.iter().map(of))) };
    let secrets: Int64Array =
        rows.iter().map(|row| (row.secret != NO_SECRET).then_some(row.secret)).collect();
    Ok(vec![
        sources.finish(),
        places.finish(),
        Arc::new(Date32Array::from(months)),
        domains.finish(),
        hosts.finish(),
        integers(|row| row.hi),
        integers(|row| row.lo),
        Arc::new(secrets),
        kinds.finish(),
        Arc::new(sites.finish()),
        Arc::new(Int64Array::from(logs)),
        Arc::new(sealed.finish()),
    ])
}

/// How the columns of rows lie in memory: see [`Texts`]. In the file they are those of [`EXPOSURES`].
static COLUMNS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields = EXPOSURES.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 if !field.is_nullable() => {
            let kind = DataType::Dictionary(DataType::UInt32.into(), DataType::Utf8.into());
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_months() {
        for (year, month, days, text) in [
            (1970, 1, 0, "1970-01-01"),
            (2000, 3, 11_017, "2000-03-01"),
            (2024, 2, 19_754, "2024-02-01"),
            (2021, 12, 18_962, "2021-12-01"),
        ] {
            let month = Month::new(year, month).unwrap();
            assert_eq!((first_day(month), date(days)), (days, text.to_owned()));
            assert_eq!(month_of(days + 27), Some(month));
        }
    }
}
