//! The columns of dumps as a table.
//!
//! There is none in which an account, a user name or a secret could be read: they are there as keyed tags, as in a lake.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// A column of dumps as a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// The id of the source.
    Source,
    /// Where the source was seen.
    Place,
    /// The first day of the month in which it leaked; null when that is unknown.
    Month,
    /// The registrable domain of the account, or of the site of a login that is none.
    Domain,
    /// The host of the same.
    Host,
    /// The upper half of the account's tag.
    AccountHi,
    /// The lower half.
    AccountLo,
    /// The tag of account and secret; null without a secret.
    SecretTag,
    /// clear, hash, token or none.
    SecretKind,
    /// The registrable domain of the login's site.
    Site,
    /// The tag of a stealer log's folder.
    Log,
    /// The category that it concerns.
    Category,
    /// The organisation that it concerns.
    Organisation,
    /// The entry of the watch list that says so.
    Watched,
    /// account, site or both.
    MatchedBy,
}

/// All columns, in their order.
pub(crate) const COLUMNS: [Column; 15] = [
    Column::Source,
    Column::Place,
    Column::Month,
    Column::Domain,
    Column::Host,
    Column::AccountHi,
    Column::AccountLo,
    Column::SecretTag,
    Column::SecretKind,
    Column::Site,
    Column::Log,
    Column::Category,
    Column::Organisation,
    Column::Watched,
    Column::MatchedBy,
];

impl Column {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Place => "place",
            Self::Month => "month",
            Self::Domain => "domain",
            Self::Host => "host",
            Self::AccountHi => "account_hi",
            Self::AccountLo => "account_lo",
            Self::SecretTag => "secret_tag",
            Self::SecretKind => "secret_kind",
            Self::Site => "site",
            Self::Log => "log",
            Self::Category => "category",
            Self::Organisation => "organisation",
            Self::Watched => "watched",
            Self::MatchedBy => "matched_by",
        }
    }

    /// Whether rows of one source all have the same value in it.
    pub(crate) const fn is_of_source(self) -> bool {
        matches!(self, Self::Source | Self::Place | Self::Month)
    }

    /// Whether it has a value only in rows that concern the watch list.
    pub(crate) const fn is_of_watch(self) -> bool {
        matches!(self, Self::Category | Self::Organisation | Self::Watched | Self::MatchedBy)
    }

    fn field(self) -> Field {
        let (kind, nullable) = match self {
            Self::Source | Self::Place | Self::Domain | Self::Host | Self::SecretKind => {
                (DataType::Utf8View, false)
            }
            Self::Site | Self::Category | Self::Organisation | Self::Watched | Self::MatchedBy => {
                (DataType::Utf8View, true)
            }
            Self::Month => (DataType::Date32, true),
            Self::AccountHi | Self::AccountLo => (DataType::Int64, false),
            Self::SecretTag | Self::Log => (DataType::Int64, true),
        };
        Field::new(self.name(), kind, nullable)
    }
}

/// The columns as Arrow has them.
pub(crate) static DUMP_SCHEMA: LazyLock<SchemaRef> =
    LazyLock::new(|| Arc::new(Schema::new(COLUMNS.map(Column::field).to_vec())));
