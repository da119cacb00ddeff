//! Findings that are carried into a network which nothing leads to: a document of lines, written here and taken there.
//!
//! The document is JSON, a line each: what it is and its version; then each organisation, followed by its sources and its findings, each
//! with the steps that it took. No secret and no account is in it: an account is its tag, so that where the lake's keys are the same the
//! directories there know whose it is. People of directories are not in it either.
//!
//! What is taken goes the loop's way: a finding that is there is not made again, one that shares a secret shares the fate, and the rules
//! of the network where it comes decide who is told. It keeps the reference that it has, where nobody there has that. One that was settled
//! here comes settled, and settles what is open there; what was done there is never undone from here. An organisation that is not there is
//! added; one that may have no findings now gets none.

mod document;
mod take;
mod write;

pub use take::{Carried, take_carried};
pub use write::write_carried;

/// What the first line says it is.
const KIND: &str = "mizumori findings";
/// The version that is written; those before it are read as well.
const VERSION: u32 = 2;
