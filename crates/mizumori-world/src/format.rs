//! The formats that leaks come in, one writer a module.
//!
//! A writer turns records into text; [`crate::encode`] turns the text into bytes and [`crate::pack`] the bytes into
//! containers. Writers escape as the programs do that make such files, and no more: what is not escaped there is
//! not escaped here.

mod csv;
mod json;
mod ldif;
mod list;
mod sql;
mod stealer;
mod text;
mod vcard;

pub use csv::{Column, Csv, Quoting};
pub use json::{Json, JsonShape};
pub use ldif::Ldif;
pub use list::{FieldOrder, List};
pub use sql::{Escaping, SqlCopy, SqlInsert};
pub use stealer::{Stealer, StealerFamily};
pub use text::Prose;
pub use vcard::Vcard;

/// What a writer is given for one line, row or block. Fields that a format has no place for are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The account or user name.
    pub login: &'a str,
    /// The password or hash as the dump shows it; `NULL` becomes the format's own null where it has one.
    pub secret: &'a str,
    /// Where the login belongs to.
    pub url: &'a str,
    /// A person's name, in any script.
    pub name: &'a str,
    /// A second address of the same person, often empty.
    pub other: &'a str,
}

/// A writer of one format. `begin` and `end` are called once, `record` in between.
pub trait Format {
    /// Appends what stands before the first record.
    fn begin(&mut self, out: &mut String);
    /// Appends one record.
    fn record(&mut self, record: &Record<'_>, out: &mut String);
    /// Appends what stands after the last record.
    fn end(&mut self, out: &mut String);
}

/// Writes all `records` in one go: what a golden test needs.
pub fn write_all<'a>(format: &mut dyn Format, records: impl IntoIterator<Item = Record<'a>>) -> String {
    let mut out = String::new();
    format.begin(&mut out);
    for record in records {
        format.record(&record, &mut out);
    }
    format.end(&mut out);
    out
}

#[cfg(test)]
pub(crate) const SAMPLE: [Record<'static>; 2] = [
    Record {
        login: "tanaka@suigen.example",
        secret: "a:b;c,\"d|e'f\\",
        url: "https://shop.test/login",
        name: "田中 \"T\"",
        other: "t@kite.example.com",
    },
    Record { login: "noda@post.test", secret: "NULL", url: "https://post.test/", name: "Noda", other: "" },
];
