//! Splits dumps into records and pushes those that are wanted into a sink.
//!
//! [`Scan::run`] opens dumps (containers are `mizumori-read`'s matter), tells each member's encoding and format,
//! cuts what can be cut into pieces for all cores, and hands over what [`Sink`]s gathered. A [`Matcher`] tells
//! which records concern a watch list.
//!
//! Invariants: this crate performs no network access and writes nothing; it keeps no record after
//! [`Sink::record`] returns; both ways through it, *watched* and *all*, give the same records for what is
//! watched; and no input makes it panic, or take more memory than its limits say.

mod address;
mod engine;
mod format;
mod lines;
mod log_facts;
mod matching;
mod record;
mod secret;
mod sink;
mod source_map;
#[cfg(test)]
mod testing;
mod url;
mod witness;

pub use engine::{
    Dump, DumpPlace, Event, HandOver, MemberContext, MemberSource, Part, PieceSizes, Proceed, Progress, Scan,
    ScanError, Workshop,
};
pub use format::RecordLimits;
pub use log_facts::LogFacts;
pub use matching::{Look, Match, MatchedBy, Matcher, SiteMatch, Wanted};
pub use record::{Login, Origin, Record, Reject};
pub use secret::{Hint, SecretField};
pub use sink::Sink;
pub use source_map::{SourceMap, describes_sources};
pub use url::Url;
pub use witness::Witness;
