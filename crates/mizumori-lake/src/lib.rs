//! Every exposure kept, and found in milliseconds.
//!
//! A [`Lake`] is a Delta table of exposures in a folder or on an object store, sorted by keyed tags: an account is a point in
//! it and a domain a range. A second table holds counts, of those of whom nothing else may be kept. [`Lake::ingest`] fills it from dumps, [`Lake::points`] answers questions, [`Lake::survey`]
//! counts by the published method, [`Lake::since`] tells what is new.
//!
//! Invariants: no account and no secret stands readable in a lake, in an error or in a temporary file; what is committed is
//! never lost or doubled, whatever ends a piece of work and whoever else writes. Keys are the caller's matter: nothing here
//! reads or keeps one.

mod background;
mod beside;
mod contend;
mod cores;
mod counts;
mod decide;
mod described;
mod digest;
mod error;
mod fill;
mod forget;
mod gather;
mod ingest;
mod lake;
mod log;
mod logs;
mod maintain;
mod manifest;
mod merge;
mod method;
mod news;
mod place;
mod point;
mod renew;
mod retain;
mod rewrite;
mod rows;
mod run_file;
mod schema;
mod since;
mod sorter;
mod spill;
mod spread;
mod store;
mod stored;
mod survey;
mod table;
mod tally;
mod tally_bytes;
mod upload;
pub mod words;
mod write;

pub use background::Background;
pub use beside::{Beside, BesideError};
pub use described::Described;
pub use digest::FileFacts;
pub use error::LakeError;
pub use fill::{Filled, Runner, ThisMachine, Work, Written};
pub use forget::{Forget, Forgotten};
pub use gather::{MemberSources, log_folder};
pub use lake::Lake;
pub use maintain::{MOST_FILES, MOST_RUNS, Optimized, Status};
pub use manifest::day_of;
pub use merge::Merging;
pub use method::{Commits, Ingest, Ingested, Keep, Material, Missing, Refused, SourceIngested, WhatHappened};
pub use place::Place;
pub use point::PointReader;
pub use renew::Renewed;
pub use retain::{Expired, Retention};
pub use since::{New, Untold};
pub use spread::{FillOrder, MergeOrder, Run, Spread};
pub use store::{Below, Buckets, Description, FoundObject, PathUrl, StoreError, Trouble};
pub use survey::SurveyOf;
pub use table::{Table, TableFile, Tables};
