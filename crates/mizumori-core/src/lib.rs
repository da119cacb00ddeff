//! The vocabulary that every other crate speaks: accounts, domains, watch lists, sources, months, tags, secrets.
//!
//! This crate performs no I/O: it parses text that it is given and never reads a file, a clock other than
//! through [`Clock`], or the network. The words are those of the README's glossary.

mod account;
mod carriers;
mod clock;
pub mod document;
pub mod domain;
mod error;
mod exposure;
mod grouped;
mod groups;
pub mod keys;
mod month;
mod names;
pub mod proof;
pub mod rest;
mod rough_hash;
mod secret;
mod seen_hosts;
mod severity;
pub mod source;
mod tag;
mod tag_set;
mod timestamp;
pub mod watch;

pub use account::{Account, LocalPart, MAX_LOCAL};
pub use carriers::is_carrier;
pub use clock::{Clock, FixedClock, SystemClock};
pub use domain::DomainName;
pub use error::ErrorClass;
pub use exposure::Exposure;
pub use grouped::grouped;
pub use groups::{Groups, is_same_name};
pub use month::{LeakTime, Month, MonthError, PartialDate, Period};
pub use names::{Lang, Names};
pub use rough_hash::rough_hash;
pub use secret::{Secret, SecretKind};
pub use severity::Severity;
pub use source::{Source, SourceId, SourceIndex, SourceKind};
pub use tag::{Tag, TagKey};
pub use tag_set::{Seen, TagSet};
pub use timestamp::Timestamp;
pub use watch::WatchList;
