//! Records become columns, inside the scan: nothing readable of an account or a secret leaves this module.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray, make_view,
};
use datafusion::arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use hashbrown::HashMap;
use mizumori_core::keys::TagLayers;
use mizumori_core::watch::Organisation;
use mizumori_core::{SecretKind, Source, SourceIndex, SourceKind, WatchList};
use mizumori_lake::words::{HostTags, Hosts};
use mizumori_lake::{day_of, log_folder};
use mizumori_read::MemberName;
use mizumori_scan::{Login, Match, MatchedBy, Matcher, MemberContext, MemberSource, Record, Sink, Workshop};

use crate::columns::Column;
use crate::dumps::FoundDumps;

/// Rows of a batch: what works on them wants batches that fit into a cache.
const BATCH: usize = 8192;

/// How records become columns.
pub(crate) struct Method<'g> {
    pub(crate) found: &'g FoundDumps,
    pub(crate) tags: &'g TagLayers,
    /// Says how a record concerns the watch list, where the scan looks for something else.
    pub(crate) judge: Option<&'g Matcher<'g>>,
    pub(crate) watch: Option<&'g WatchList>,
    /// The columns that are asked for, in their order.
    pub(crate) columns: &'g [Column],
    pub(crate) schema: &'g SchemaRef,
    /// Whether the rows of a source are asked for, by its place in the list.
    pub(crate) sources: &'g [bool],
}

impl Method<'_> {
    fn has(&self, column: Column) -> bool {
        self.columns.contains(&column)
    }

    /// The source of a member whose rows are asked for.
    fn wanted(&self, member: &MemberName) -> Option<MemberSource> {
        let source = self.found.source_of(member)?;
        self.is_wanted(source.index).then_some(source)
    }

    pub(crate) fn is_wanted(&self, source: SourceIndex) -> bool {
        self.sources.get(source.0).copied().unwrap_or(false)
    }
}

/// Makes the batches in which a scan gathers columns.
pub(crate) struct Gather<'g>(pub(crate) &'g Method<'g>);

impl<'g> Workshop for Gather<'g> {
    type Batch = Gathered<'g>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        self.0.wanted(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> Gathered<'g> {
        let method = self.0;
        let source = method.found.sources.get(member.source.index.0);
        let log = source
            .filter(|source| source.kind == SourceKind::StealerLog && method.has(Column::Log))
            .map(|source| method.tags.log(source.id.as_str(), log_folder(member.name.as_str())).0);
        Gathered {
            needs: Needs::of(method),
            method,
            member: member.source,
            source,
            log,
            rows: Rows::default(),
            tags: HostTags::default(),
            done: None,
        }
    }
}

/// What has to be worked out for each row.
struct Needs {
    hosts: bool,
    tags: bool,
    secrets: bool,
    kinds: bool,
    sites: bool,
    matches: bool,
}

impl Needs {
    fn of(method: &Method<'_>) -> Self {
        let any = |columns: &[Column]| columns.iter().any(|column| method.has(*column));
        let tags = any(&[Column::AccountHi, Column::AccountLo, Column::SecretTag]);
        Self {
            hosts: any(&[Column::Domain, Column::Host]),
            tags,
            secrets: any(&[Column::SecretTag]),
            kinds: any(&[Column::SecretKind]),
            sites: any(&[Column::Site]),
            matches: method.columns.iter().any(|column| column.is_of_watch()),
        }
    }
}

/// The rows of a piece, column by column; only those that are asked for are filled.
#[derive(Default)]
struct Rows {
    count: usize,
    hosts: Hosts,
    host: Vec<u32>,
    hi: Vec<i64>,
    lo: Vec<i64>,
    secret: Vec<Option<i64>>,
    kind: Vec<SecretKind>,
    sites: Hosts,
    site: Vec<Option<u32>>,
    matched: Vec<Option<Match>>,
}

/// The rows of a piece.
pub(crate) struct Gathered<'g> {
    method: &'g Method<'g>,
    needs: Needs,
    member: MemberSource,
    source: Option<&'g Source>,
    log: Option<i64>,
    rows: Rows,
    tags: HostTags,
    done: Option<Result<Vec<RecordBatch>, ArrowError>>,
}

impl Gathered<'_> {
    /// The rows, where there are some.
    pub(crate) fn take(self) -> Option<Result<Vec<RecordBatch>, ArrowError>> {
        self.done
    }
}

impl Sink for Gathered<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        let site = record.url.as_ref().and_then(|url| url.host());
        let host = match &record.login {
            Login::Account(account) => account.host(),
            // A user name says whose it is only together with the site.
            Login::Name(_) => {
                let Some(site) = site else { return };
                site
            }
            Login::None => return,
        };
        self.rows.count += 1;
        if self.needs.tags {
            let (number, at) = self.tags.number(&mut self.rows.hosts, host, self.method.tags);
            self.rows.host.push(number);
            let secret = (self.needs.secrets && record.secret.is_present()).then(|| record.secret.expose());
            let (tag, secret) = match &record.login {
                Login::Account(account) => self.method.tags.account_at(at, account, secret),
                Login::Name(name) => self.method.tags.login_at(at, name, host, secret),
                Login::None => return,
            };
            self.rows.hi.push(tag.hi);
            self.rows.lo.push(tag.lo);
            if self.needs.secrets {
                self.rows.secret.push(secret.map(|tag| tag.0));
            }
        } else if self.needs.hosts {
            self.rows.host.push(self.rows.hosts.number(host));
        }
        if self.needs.kinds {
            self.rows.kind.push(record.secret.kind());
        }
        if self.needs.sites {
            let site = site.map(|site| self.rows.sites.number(site));
            self.rows.site.push(site);
        }
        if self.needs.matches {
            let matched = match self.method.judge {
                Some(judge) => judge.find(record, self.member.time),
                None => matched.copied(),
            };
            self.rows.matched.push(matched);
        }
    }

    fn settle(&mut self) {
        if self.rows.count > 0 {
            let rows = std::mem::take(&mut self.rows);
            // Batches of their own, not parts of a long one: each would count as all of it.
            let starts = (0..rows.count).step_by(BATCH);
            let batches = starts.map(|at| self.columns(&rows, at..rows.count.min(at + BATCH)));
            self.done = Some(batches.collect());
        }
    }

    fn weight(&self) -> usize {
        let done = self.done.iter().flatten().flatten();
        self.rows.count * 64 + done.map(RecordBatch::get_array_memory_size).sum::<usize>()
    }
}

impl Gathered<'_> {
    /// Some of the rows, as they are asked for.
    fn columns(&self, rows: &Rows, part: Range<usize>) -> Result<RecordBatch, ArrowError> {
        let options = RecordBatchOptions::new().with_row_count(Some(part.len()));
        let columns = self.method.columns.iter().map(|column| self.column(*column, rows, part.clone()));
        let columns = columns.collect::<Result<_, _>>()?;
        RecordBatch::try_new_with_options(Arc::clone(self.method.schema), columns, &options)
    }

    fn column(&self, column: Column, rows: &Rows, part: Range<usize>) -> Result<ArrayRef, ArrowError> {
        let count = part.len();
        let source = |text: fn(&Source) -> &str| repeated(self.source.map_or("", text), count);
        let matched = || of(&rows.matched, &part).iter().map(Option::as_ref);
        Ok(match column {
            Column::Source => source(|source| source.id.as_str())?,
            Column::Place => source(|source| source.place.as_str())?,
            Column::Month => {
                let day = day_of(self.member.time);
                let nulls = day.is_none().then(|| NullBuffer::new_null(count));
                Arc::new(Date32Array::try_new(vec![day.unwrap_or(0); count].into(), nulls)?)
            }
            Column::Host => named(&rows.hosts, of(&rows.host, &part), Hosts::host)?,
            Column::Domain => named(&rows.hosts, of(&rows.host, &part), Hosts::domain)?,
            Column::AccountHi => Arc::new(Int64Array::from(of(&rows.hi, &part).to_vec())),
            Column::AccountLo => Arc::new(Int64Array::from(of(&rows.lo, &part).to_vec())),
            Column::SecretTag => Arc::new(Int64Array::from(of(&rows.secret, &part).to_vec())),
            Column::SecretKind => texts(of(&rows.kind, &part).iter().map(|kind| Some(kind.as_str()))),
            Column::Site => {
                texts(of(&rows.site, &part).iter().map(|site| site.map(|number| rows.sites.domain(number))))
            }
            Column::Log => Arc::new(Int64Array::from(vec![self.log; count])),
            Column::Category => texts(matched().map(|matched| self.category(matched))),
            Column::Organisation => {
                texts(matched().map(|matched| self.organisation(matched).map(|of| &*of.id)))
            }
            Column::Watched => texts(matched().map(|matched| self.watched(matched))),
            Column::MatchedBy => texts(matched().map(|matched| matched?.by().map(MatchedBy::as_str))),
        })
    }

    fn organisation(&self, matched: Option<&Match>) -> Option<&Organisation> {
        let watch = self.method.watch?;
        watch.organisations.get(matched?.organisation(watch)?.0)
    }

    fn category(&self, matched: Option<&Match>) -> Option<&str> {
        let category = self.organisation(matched)?.category;
        Some(&self.method.watch?.categories.get(category.0)?.id)
    }

    fn watched(&self, matched: Option<&Match>) -> Option<&str> {
        Some(matched?.watched(self.method.watch?)?.as_str())
    }
}

/// A column that says the same in every row.
fn repeated(text: &str, count: usize) -> Result<ArrayRef, ArrowError> {
    let views = vec![make_view(text.as_bytes(), 0, 0); count];
    let buffer = Buffer::from(text.as_bytes());
    Ok(Arc::new(StringViewArray::try_new(ScalarBuffer::from(views), vec![buffer], None)?))
}

/// A column of hosts, or of what of a host `text` says: each text stands once in memory, whatever names it.
fn named(
    hosts: &Hosts,
    numbers: &[u32],
    text: for<'h> fn(&'h Hosts, u32) -> &'h str,
) -> Result<ArrayRef, ArrowError> {
    let mut bytes = Vec::new();
    let mut known = HashMap::new();
    let views = numbers.iter().map(|number| {
        *known.entry(*number).or_insert_with(|| {
            let word = text(hosts, *number).as_bytes();
            // Rows of one batch have nowhere near as much text as an offset has room for.
            let view = make_view(word, 0, bytes.len() as u32);
            bytes.extend_from_slice(word);
            view
        })
    });
    let views: Vec<_> = views.collect();
    Ok(Arc::new(StringViewArray::try_new(ScalarBuffer::from(views), vec![Buffer::from(bytes)], None)?))
}

/// A part of what stands for rows.
fn of<'r, T>(values: &'r [T], part: &Range<usize>) -> &'r [T] {
    values.get(part.clone()).unwrap_or_default()
}

fn texts<'t>(texts: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(texts.collect::<StringViewArray>())
}
