//! The loop: what is new in the lake becomes findings, exactly once; whose they are and what is to be done about them is judged by
//! rules that the administrator sees.
//!
//! [`Finder`] moves a lake's cursor, [`judge`] is what the rules say of a finding, and what is told is put into the store's outbox.
//! The lake itself is behind [`Leaks`].

mod error;
mod exposure;
mod fate;
mod finder;
mod leaks;
mod rules;
mod served;
mod tidings;
mod verdict;

pub use error::MonitorError;
pub use finder::{Finder, Found};
pub use leaks::{Leaks, LeaksError, Receive, Told, Wanted};
pub use rules::{Bounded, Described, RULES, RuleError, Rules, Switch};
pub use served::Served;
pub use tidings::{Body, Item, Letter};
pub use verdict::{Audience, Verdict, judge};
