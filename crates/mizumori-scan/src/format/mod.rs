//! The formats that dumps come in: each turns text into records.

mod bounded_fields;
mod column;
mod csv;
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
