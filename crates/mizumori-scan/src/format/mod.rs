//! The formats that dumps come in: each turns text into records.
//!
//! Line formats know nothing but one line; stateful formats read a member from its start. Which format a member
//! has is fixed from its first bytes: see [`detect`].

mod bounded_fields;
mod column;
mod column_name;
mod csv;
mod detect;
mod json;
mod key_cache;
mod ldif;
mod list;
mod physical_line;
mod row;
mod sql;
mod stealer;
mod transfer;
mod vcard;
mod window;

use std::io::BufRead;

use csv::CsvLayout;
pub(crate) use detect::detect;
use list::{ListLayout, Order};

use crate::lines::SitePlaces;
use crate::record::Emit;
use crate::url::Bare;

/// The format of a member.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// One line tells everything: such a member may be split at any line end.
    Lines(LineFormat),
    /// What a line means depends on the lines before it.
    Stateful(StatefulFormat),
}

/// A format whose records are single lines.
#[derive(Clone, Debug)]
pub(crate) enum LineFormat {
    /// Separated logins and secrets.
    List(ListLayout),
    /// Columns, hardly any quotes.
    Csv(CsvLayout),
    /// A JSON value a line.
    JsonLines,
    /// Text in which addresses merely occur.
    Text,
}

/// A format that is read from a member's start.
#[derive(Clone, Debug)]
pub(crate) enum StatefulFormat {
    /// Columns, with quoted fields.
    QuotedCsv(CsvLayout),
    /// SQL statements.
    Sql(sql::SqlDialect),
    /// A JSON document.
    Json,
    /// Blocks of a stealer log.
    Stealer,
    /// LDIF.
    Ldif,
    /// vCards.
    Vcard,
}

impl LineFormat {
    /// Reads one line, without its line feed.
    pub(crate) fn line(&self, number: u64, line: &[u8], limits: &RecordLimits, out: &mut dyn Emit) {
        match self {
            Self::List(layout) => list::line(layout, number, line, out),
            Self::Csv(layout) => csv::line(layout, number, line, limits, out),
            Self::JsonLines => json::line(number, line, limits, out),
            Self::Text => list::text_line(number, line, out),
        }
    }

    /// Where hosts of sites may stand.
    pub(crate) fn sites(&self) -> SitePlaces {
        match self {
            Self::List(layout) => match layout.order {
                Order::LoginFirst | Order::SecretFirst => SitePlaces::BehindScheme,
                Order::UrlFirst => SitePlaces::AtLineStart,
                Order::UrlLast => SitePlaces::Anywhere,
            },
            Self::Csv(layout) if layout.bare == Bare::Refuse => SitePlaces::BehindScheme,
            Self::Csv(_) | Self::JsonLines => SitePlaces::Anywhere,
            Self::Text => SitePlaces::None,
        }
    }

    /// Whether a backslash may stand for an at-sign, a dot or a slash.
    pub(crate) const fn has_escapes(&self) -> bool {
        matches!(self, Self::JsonLines)
    }
}

impl StatefulFormat {
    /// Reads a member to its end.
    pub(crate) fn scan(&self, text: &mut dyn BufRead, limits: &RecordLimits, out: &mut dyn Emit) {
        match self {
            Self::QuotedCsv(layout) => csv::scan(layout, text, limits, out),
            Self::Sql(dialect) => sql::scan(dialect, text, limits, out),
            Self::Json => json::scan(text, limits, out),
            Self::Stealer => stealer::scan(text, limits, out),
            Self::Ldif => ldif::scan(text, limits, out),
            Self::Vcard => vcard::scan(text, limits, out),
        }
    }
}
/// Bounds on what one record may take. What is longer is reported as [`Reject::TooLong`](crate::Reject::TooLong)
/// and skipped.
#[derive(Clone, Copy, Debug)]
pub struct RecordLimits {
    /// Longest line, in bytes of UTF-8, of a line format; what is longer is read in pieces.
    pub line_bytes: usize,
    /// Longest field whose value is kept, in bytes.
    pub field_bytes: usize,
    /// Most fields a record.
    pub fields: usize,
    /// Most bytes that all fields of a record may take together.
    pub record_bytes: usize,
}

impl Default for RecordLimits {
    fn default() -> Self {
        Self { line_bytes: 16 << 20, field_bytes: 1 << 20, fields: 4096, record_bytes: 16 << 20 }
    }
}
