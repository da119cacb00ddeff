//! Every exposure kept, and found in milliseconds.
//!
//! A [`Lake`] is a Delta table of exposures in a folder or on an object store, sorted by keyed tags: an account is a point in
//! it and a domain a range. [`Lake::ingest`] fills it from dumps, [`Lake::points`] answers questions, [`Lake::survey`]
//! counts by the published method, [`Lake::since`] tells what is new.
//!
//! Invariants: no account and no secret stands readable in a lake, in an error or in a temporary file; what is committed is
//! never lost or doubled, whatever ends a piece of work and whoever else writes. Keys are the caller's matter: nothing here
//! reads or keeps one.

mod error;
mod gather;
mod ingest;
mod lake;
mod log;
mod maintain;
mod manifest;
mod merge;
mod place;
mod point;
mod rewrite;
mod rows;
mod run_file;
mod schema;
mod since;
mod sorter;
mod store;
mod stored;
mod survey;
mod upload;
mod words;
mod write;

pub use error::LakeError;
pub use gather::MemberSources;
pub use ingest::{Ingest, Ingested, Material, SourceIngested, WhatHappened};
pub use lake::Lake;
pub use maintain::{Forget, Forgotten, MOST_FILES, MOST_RUNS, Optimized, Status};
pub use place::Place;
pub use point::{Exposure, PointReader};
pub use since::New;
pub use store::{Below, Buckets, Description, FoundObject, PathUrl, StoreError, Trouble};
pub use survey::SurveyOf;
