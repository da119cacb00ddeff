//! The columns of the tables, and how those of `exposures` are written.
//!
//! Its rows are sorted by account and secret, so that an account is a point and a domain a range. Hashes do not
//! compress: they are written as they are, the account's upper half as differences, and everything else, which says the same
//! for long stretches, under a dictionary.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// Rows of a row group: small enough that one read takes the pages of all columns around an account.
pub(crate) const ROW_GROUP: usize = 1 << 17;
/// Rows of a page.
pub(crate) const PAGE: usize = 4096;

/// The places of the columns.
pub(crate) mod column {
    pub(crate) const SOURCE: usize = 0;
    pub(crate) const PLACE: usize = 1;
    pub(crate) const MONTH: usize = 2;
    pub(crate) const DOMAIN: usize = 3;
    pub(crate) const HOST: usize = 4;
    pub(crate) const ACCOUNT_HI: usize = 5;
    pub(crate) const ACCOUNT_LO: usize = 6;
    pub(crate) const SECRET_TAG: usize = 7;
    pub(crate) const SECRET_KIND: usize = 8;
    pub(crate) const SITE: usize = 9;
    pub(crate) const LOG: usize = 10;
    pub(crate) const SEALED: usize = 11;
}

/// A column: its name, what it holds, and whether that may be missing.
type Described = (&'static str, DataType, bool);

/// Where rows are from: the first columns of every table.
const ORIGIN: [Described; 5] = [
    ("source", DataType::Utf8, false),
    ("place", DataType::Utf8, false),
    ("month", DataType::Date32, true),
    ("domain", DataType::Utf8, false),
    ("host", DataType::Utf8, false),
];

/// The table `exposures`.
pub(crate) static EXPOSURES: LazyLock<SchemaRef> = LazyLock::new(|| {
    with_origin([
        ("account_hi", DataType::Int64, false),
        ("account_lo", DataType::Int64, false),
        ("secret_tag", DataType::Int64, true),
        ("secret_kind", DataType::Utf8, false),
        ("site", DataType::Utf8, true),
        ("log", DataType::Int64, true),
        ("sealed", DataType::Binary, true),
    ])
});

/// The table `counts`.
pub(crate) static COUNTS: LazyLock<SchemaRef> =
    LazyLock::new(|| with_origin([("n", DataType::Int64, false), ("again", DataType::Int64, false)]));

fn with_origin<const N: usize>(others: [Described; N]) -> SchemaRef {
    let columns = ORIGIN.into_iter().chain(others);
    let fields = columns.map(|(name, kind, nullable)| Field::new(name, kind, nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// How a file of `exposures` is written.
pub(crate) fn writer_properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_data_page_row_count_limit(PAGE)
        .set_write_batch_size(PAGE)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("mizumori ", env!("CARGO_PKG_VERSION")).to_owned());
    for name in ["account_hi", "account_lo", "secret_tag"] {
        let path = ColumnPath::from(name);
        let encoding = if name == "account_hi" { Encoding::DELTA_BINARY_PACKED } else { Encoding::PLAIN };
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path.clone(), encoding)
            .set_column_compression(path, Compression::UNCOMPRESSED);
    }
    // They repeat themselves for long stretches: packing them gains nothing, and unpacking them is a good part of a look-up. Of the
    // hosts of one domain that is not so.
    for name in ["domain", "secret_kind"] {
        properties = properties.set_column_compression(ColumnPath::from(name), Compression::UNCOMPRESSED);
    }
    // Rows are sorted by a hash of the domain: every row group has texts from one end of the alphabet to the other.
    for name in ["domain", "host", "secret_kind", "site", "sealed"] {
        properties =
            properties.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::None);
    }
    // So do these, but for lakes of many sources: there some packing gains a little, as long as it costs next to nothing.
    for name in ["source", "place", "month", "site", "log"] {
        properties = properties.set_column_compression(ColumnPath::from(name), Compression::SNAPPY);
    }
    let sealed = ColumnPath::from("sealed");
    properties = properties
        .set_column_dictionary_enabled(sealed.clone(), false)
        .set_column_compression(sealed, Compression::UNCOMPRESSED)
        // A look-up goes by the upper half alone: the pages of other columns need no bounds.
        .set_column_statistics_enabled(ColumnPath::from("account_hi"), EnabledStatistics::Page);
    properties.build()
}
