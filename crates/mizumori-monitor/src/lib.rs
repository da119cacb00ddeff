//! The loop: what is new in the lake becomes findings, exactly once; whose they are and what is to be done about them is judged by
//! rules that the administrator sees.
//!
//! [`Finder`] moves a lake's cursor, [`judge`] is what the rules say of a finding, and what is told is put into the store's outbox.
//! The lake itself is behind [`Leaks`].

mod body;
mod deadlines;
mod directories;
mod error;
mod exposure;
mod fate;
mod finder;
mod follow_up;
mod leaks;
pub mod letter;
mod rate;
mod received;
mod rules;
mod sender;
mod served;
mod source_facts;
mod sync;
mod tidings;
mod verdict;

pub use body::{Body, Item};
pub use deadlines::Deadlines;
pub use directories::{Connected, DirectorySettings, Ldap};
pub use error::MonitorError;
pub use finder::{Finder, Found};
pub use follow_up::{FollowedUp, follow_up};
pub use leaks::{Leaks, LeaksError, Receive, Title, Told, Wanted};
pub use received::{Imported, LineFault, RECEIVED_COLUMNS, ReceivedList, import};
pub use rules::{Bounded, Described, RULES, Reminders, RuleError, Rules, Switch};
pub use sender::{MailPost, Sender, Sent};
pub use served::Served;
pub use source_facts::{SourceFacts, differences};
pub use sync::{Reading, Shrinking, synchronise};
pub use verdict::{Audience, Verdict, judge};
