//! The loop: what is new in the lake becomes findings, exactly once; whose they are and what is to be done about them is judged by
//! rules that the administrator sees.
//!
//! [`Finder`] moves a lake's cursor, [`judge`] is what the rules say of a finding, and what is told is put into the store's outbox.
//! The lake itself is behind [`Leaks`].

mod accounts;
mod administrators;
mod announce;
mod body;
mod carried;
mod channels;
mod code_mail;
mod deadlines;
mod directories;
mod editions;
mod error;
mod exposure;
mod fate;
mod finder;
mod follow_up;
mod growing;
mod leaks;
pub mod letter;
mod neutralise;
mod neutraliser;
mod news;
mod proofs;
mod rate;
mod received;
mod rules;
mod secret_file;
mod sender;
mod served;
mod source_facts;
mod sync;
mod tidings;
mod timing;
mod verdict;

pub use announce::announce;
pub use body::{Body, Item, Until};
pub use carried::{Carried, take_carried, write_carried};
pub use channels::{ChannelSettings, Destination, Format, Naming, Service, syslog_server};
pub use code_mail::CodeMail;
pub use deadlines::Deadlines;
pub use directories::{Connected, DirectorySettings, Google, Graph, Keycloak, Ldap, Okta, OktaKey};
pub use editions::{DataKeys, Ended, KeysError, end, look_after_editions};
pub use error::MonitorError;
pub use finder::{Finder, Found};
pub use follow_up::{FollowedUp, follow_up};
pub use leaks::{Leaks, LeaksError, Receive, Title, Told, Wanted};
pub use neutralise::{
    Acting, Connect, Door, Order, Previewed, Refusal, Seen, Spared, Target, connect, make_tasks, neutralise,
    preview,
};
pub use neutraliser::{Neutralised, Neutraliser};
pub use news::{Many, News, One, tag_text};
pub use proofs::{Look, LookedAfter, Proofs, take_in};
pub use received::{Imported, LineFault, RECEIVED_COLUMNS, ReceivedList, import};
pub use rules::{
    Bounded, Described, Neutralising, RULES, Reminders, RuleError, Rules, Switch, in_words as rule_in_words,
};
pub use sender::{ChannelPost, Channels, MailPost, Post, Sender, Sent};
pub use served::Served;
pub use source_facts::{SourceFacts, differences};
pub use sync::{Manner, Patience, Reading, Shrinking, read_directories, read_directory, synchronise};
pub use timing::{Digest, QuietHours};
pub use verdict::{Audience, Verdict, judge};
