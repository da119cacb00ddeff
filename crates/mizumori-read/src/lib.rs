//! Bytes out of files, containers and encodings, over a synchronous [`ReadAt`].
//!
//! A [`Reader`] walks one top-level input (a file, or a stream such as standard input), opens every container in
//! it by its content, nested to any depth within [`Limits`], and hands each member that is no container itself
//! to a [`Visitor`]. What cannot be read is reported through [`Visitor::unreadable`], never dropped in silence.
//! [`Charset`] and [`Decoder`] turn a member's bytes into UTF-8.
//!
//! Invariants: this crate knows nothing of records and formats, performs no network access, never writes a
//! member to disk under its name, and puts nothing on disk in clear: what must go to a temporary file is
//! encrypted under a key in memory ([`Spool`]). Memory is bounded by [`Limits`], never by what an input claims.

mod charset;
mod codec;
mod container;
mod fault;
mod find;
mod limits;
mod meter;
mod name;
mod read_at;
mod reader;
mod sniff;
mod spool;
mod unreadable;
mod visit;
mod walk;

pub use charset::{Charset, Decoder, Detection};
pub use limits::Limits;
pub use name::MemberName;
pub use read_at::{Bytes, FileAt, ReadAt, ReadAtCursor, Section};
pub use reader::Reader;
pub use spool::{EncryptedFile, Spool, SpoolWriter};
pub use unreadable::{Format, LimitKind, Unreadable};
pub use visit::{Body, Flow, Input, VisitError, Visitor};
