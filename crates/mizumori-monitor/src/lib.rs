//! The loop: what is new in the lake becomes findings, exactly once; whose they are and what is to be done about them is judged by
//! rules that the administrator sees.
//!
//! [`Finder`] moves a lake's cursor, [`judge`] is what the rules say of a finding, and what is told is put into the store's outbox.
//! The lake itself is behind [`Leaks`].

mod administrators;
mod body;
mod code_mail;
mod directories;
mod editions;
mod error;
mod exposure;
mod fate;
mod finder;
mod follow_up;
mod leaks;
pub mod letter;
mod proofs;
mod rate;
mod rules;
mod sender;
mod served;
mod sync;
mod tidings;
mod verdict;

pub use body::{Body, Item, Until};
pub use code_mail::CodeMail;
pub use directories::{Connected, DirectorySettings, Ldap};
pub use editions::{DataKeys, Ended, KeysError, end, look_after_editions};
pub use error::MonitorError;
pub use finder::{Finder, Found};
pub use follow_up::{FollowedUp, follow_up};
pub use leaks::{Leaks, LeaksError, Receive, Title, Told, Wanted};
pub use proofs::{Look, LookedAfter, Proofs, take_in};
pub use rules::{Bounded, Described, RULES, Reminders, RuleError, Rules, Switch};
pub use sender::{MailPost, Sender, Sent};
pub use served::Served;
pub use sync::{Reading, Shrinking, synchronise};
pub use verdict::{Audience, Verdict, judge};
