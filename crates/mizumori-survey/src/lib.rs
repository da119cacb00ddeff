//! The counting method and the report: from exposures to a published table, in Japanese and English.
//!
//! [`Count`] counts exposures by the published method: the distinct account, place and month. It keeps accounts
//! in memory only, as tags under a key of its own, and hands out a [`Report`] that has months and counts and
//! nothing else. [`render`] shows a report as JSON, table, CSV, Markdown and self-contained HTML.
//!
//! This crate reads no dumps and no files, knows no clock, and prints nothing.

mod branches;
mod count;
mod countermeasures;
mod disclosure;
mod document;
mod error;
pub mod incidents;
pub mod model;
mod observe;
pub mod rank;
pub mod render;
mod scene;
mod sentences;
mod words;

pub use count::{
    AskedPeriod, Count, Counted, HasSecret, InputFacts, NoTally, SourceIndex, Tally, folded_place,
};
pub use countermeasures::Countermeasures;
pub use error::SurveyError;
pub use incidents::Incident;
pub use model::Report;
pub use observe::{Observer, Observers};
pub use render::{Detail, View};
