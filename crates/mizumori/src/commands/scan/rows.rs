//! Records as rows of text: formatted by the workers, numbered and written in the order of the input.

use std::io::{self, Write};
use std::sync::Arc;

use mizumori_core::{Seen, Tag, TagKey, TagSet, WatchList, domain};
use mizumori_read::MemberName;
use mizumori_scan::{
    Login, Match, MemberContext, MemberSource, Record, SecretField, Sink, Wanted, Witness, Workshop,
};

use super::{Secrets, csv, jsonl, table};
use crate::sources::Sources;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printer {
    Jsonl,
    Csv,
    Table,
}

/// How rows are made, and what they need to know.
#[derive(Clone)]
pub(super) struct Rows<'r> {
    pub(super) printer: Printer,
    pub(super) secrets: Secrets,
    pub(super) sources: &'r Sources,
    pub(super) watch: Option<&'r WatchList>,
    pub(super) wanted: Wanted,
    /// Present when each row is printed once: under it rows are told apart.
    pub(super) key: Option<TagKey>,
    /// Who sees the records too.
    pub(super) witness: Option<&'r dyn Witness>,
}

/// One record as it is shown. Every form prints these fields, in this order; the line number goes between the
/// file and the secret.
pub(super) struct Row<'a> {
    pub(super) account: Option<&'a str>,
    pub(super) login: Option<&'a str>,
    pub(super) domain: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    pub(super) watched: Option<&'a str>,
    pub(super) matched_by: Option<&'static str>,
    pub(super) organisation: Option<&'a str>,
    /// The fields `source`, `leaked` and `file`, which all rows of a member share, in the form's own writing.
    pub(super) origin: &'a [u8],
    pub(super) secret: &'a SecretField<'a>,
    pub(super) url: Option<&'a str>,
    pub(super) non_rfc: bool,
    pub(super) secrets: Secrets,
}

/// The rows of a piece.
pub(super) struct RowBatch<'r> {
    rows: Rows<'r>,
    origin: Vec<u8>,
    text: Vec<u8>,
    ends: Vec<RowEnd>,
    address: String,
    key: Vec<u8>,
    beside: Option<Box<dyn Sink + Send + 'r>>,
}

/// Where a row stands in the text of its batch, and what is not in the text yet.
struct RowEnd {
    start: usize,
    /// Where its line number belongs.
    number: usize,
    end: usize,
    line: u64,
    tag: Option<Tag>,
    is_finding: bool,
}

impl<'r> Workshop for Rows<'r> {
    type Batch = RowBatch<'r>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        self.sources.of_member(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> RowBatch<'r> {
        let mut origin = Vec::new();
        if let Some(source) = self.sources.list.get(member.source.index.0) {
            match self.printer {
                Printer::Jsonl => jsonl::push_origin(source, &member.name, &mut origin),
                Printer::Csv => csv::push_origin(source, &member.name, &mut origin),
                Printer::Table => table::push_origin(source, &member.name, &mut origin),
            }
        }
        RowBatch {
            rows: self.clone(),
            origin,
            text: Vec::new(),
            ends: Vec::new(),
            address: String::new(),
            key: Vec::new(),
            beside: self.witness.and_then(|witness| witness.batch(member.source.index)),
        }
    }
}

impl Sink for RowBatch<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        if let Some(beside) = &mut self.beside {
            beside.record(record, matched);
        }
        let watched = self.watched(matched);
        // An account of a domain outside of the dates in which somebody held it is nobody's.
        if watched.is_none() && self.rows.wanted == Wanted::Watched {
            return;
        }
        self.address.clear();
        let account = record.login.account();
        if let Some(account) = account {
            account.expose_into(&mut self.address);
        }
        let url = record.url.as_ref().map(|url| match self.rows.secrets {
            Secrets::Revealed => url.expose().to_owned(),
            Secrets::Masked => url.shown(),
        });
        let login = match &record.login {
            Login::Name(name) => Some(&**name),
            Login::Account(_) | Login::None => None,
        };
        let tag = self.rows.key.as_ref().map(|key| tag(key, &mut self.key, &self.address, login, record));
        let row = Row {
            account: account.map(|_| self.address.as_str()),
            login,
            domain: account.map(|account| domain::registrable(account.host())),
            host: account.map(mizumori_core::Account::host),
            watched: watched.as_ref().map(|watched| watched.name),
            matched_by: watched.as_ref().map(|watched| watched.by),
            organisation: watched.as_ref().map(|watched| watched.organisation),
            origin: &self.origin,
            secret: &record.secret,
            url: url.as_deref(),
            non_rfc: account.is_some_and(mizumori_core::Account::non_rfc),
            secrets: self.rows.secrets,
        };
        let start = self.text.len();
        let number = match self.rows.printer {
            Printer::Jsonl => jsonl::push(&row, &mut self.text),
            Printer::Csv => csv::push(&row, &mut self.text),
            Printer::Table => table::push(&row, &mut self.text),
        };
        let is_finding = watched.is_some();
        self.ends.push(RowEnd { start, number, end: self.text.len(), line: record.line, tag, is_finding });
    }

    fn settle(&mut self) {
        if let Some(mut beside) = self.beside.take() {
            beside.settle();
        }
    }

    fn weight(&self) -> usize {
        let beside = self.beside.as_ref().map_or(0, |beside| beside.weight());
        self.text.capacity() + self.ends.capacity() * size_of::<RowEnd>() + beside
    }
}

/// What of the watch list a record concerns.
struct Watched<'w> {
    name: &'w str,
    organisation: &'w str,
    by: &'static str,
}

impl<'r> RowBatch<'r> {
    fn watched(&self, matched: Option<&Match>) -> Option<Watched<'r>> {
        let (watch, matched) = (self.rows.watch?, matched?);
        let organisation = watch.organisations.get(matched.organisation(watch)?.0)?;
        let name = matched.watched(watch)?.as_str();
        Some(Watched { name, organisation: &organisation.id, by: matched.by()?.as_str() })
    }
}

/// What tells a row from others: account or login, secret and URL.
fn tag(key: &TagKey, buffer: &mut Vec<u8>, address: &str, login: Option<&str>, record: &Record<'_>) -> Tag {
    buffer.clear();
    let url = record.url.as_ref().map_or("", |url| url.expose());
    for field in [address, login.unwrap_or_default(), record.secret.expose(), url] {
        // The length first: no field can be mistaken for a part of another.
        buffer.extend_from_slice(&(field.len() as u32).to_le_bytes());
        buffer.extend_from_slice(field.as_bytes());
    }
    key.bytes(buffer)
}

/// Writes batches in their order.
pub(super) struct RowWriter<'w, W> {
    out: &'w mut W,
    seen: Option<TagSet>,
    /// Which rows of a batch were seen before.
    again: Vec<bool>,
    table: Option<table::Layout>,
    printed: u64,
    findings: u64,
}

impl Rows<'_> {
    /// Begins to write: what stands above the first row.
    pub(super) fn writer<'w, W: Write>(&self, out: &'w mut W) -> io::Result<RowWriter<'w, W>> {
        if self.printer == Printer::Csv {
            out.write_all(csv::header(self.secrets).as_bytes())?;
        }
        let table = (self.printer == Printer::Table).then(table::Layout::default);
        let seen = self.key.as_ref().map(|_| TagSet::new());
        Ok(RowWriter { out, seen, again: Vec::new(), table, printed: 0, findings: 0 })
    }
}

impl<W: Write> RowWriter<'_, W> {
    /// Writes a batch whose member has `lines_before` lines before it.
    pub(super) fn write(&mut self, mut batch: RowBatch<'_>, lines_before: u64) -> io::Result<()> {
        // An object of a JSON document is understood when it ends: what is inside of it comes first, and stands
        // behind it.
        if !batch.ends.is_sorted_by_key(|row| row.line) {
            batch.ends.sort_by_key(|row| row.line);
        }
        self.compare(&batch.ends);
        for (row, again) in batch.ends.iter().zip(&self.again) {
            if *again {
                continue;
            }
            let (before, after) =
                (batch.text.get(row.start..row.number), batch.text.get(row.number..row.end));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let line = row.line + lines_before;
            match &mut self.table {
                Some(layout) => layout.row(before, line, after, self.out)?,
                None => {
                    self.out.write_all(before)?;
                    self.out.write_all(Digits::of(line).as_bytes())?;
                    self.out.write_all(after)?;
                }
            }
            self.printed += 1;
            self.findings += u64::from(row.is_finding);
        }
        Ok(())
    }

    /// Finds out which `rows` were seen before: all of a batch at once, for the set looks tags up in its own order.
    fn compare(&mut self, rows: &[RowEnd]) {
        self.again.clear();
        self.again.resize(rows.len(), false);
        let Some(seen) = &mut self.seen else { return };
        let again = &mut self.again;
        let mut told = |number: u32, seen| {
            if seen == Seen::Again
                && let Some(again) = again.get_mut(number as usize)
            {
                *again = true;
            }
        };
        for (number, tag) in (0..).zip(rows.iter().map(|row| row.tag)) {
            if let Some(tag) = tag {
                seen.add(tag, number, &mut told);
            }
        }
        seen.settle(&mut told);
    }

    /// Ends: how many rows were printed, and how many of them concern the watch list.
    pub(super) fn finish(mut self) -> io::Result<(u64, u64)> {
        if let Some(layout) = self.table.take() {
            layout.finish(self.out)?;
        }
        Ok((self.printed, self.findings))
    }
}

/// A number in digits, without the machinery of `fmt`, which cost a tenth of the time of a list of all accounts.
pub(super) struct Digits {
    digits: [u8; 20],
    start: usize,
}

impl Digits {
    pub(super) fn of(mut number: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            start = at;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_fmt_writes_them() {
        for number in [0, 9, 10, 12345, u64::MAX] {
            assert_eq!(Digits::of(number).as_bytes(), number.to_string().as_bytes());
        }
    }
}
