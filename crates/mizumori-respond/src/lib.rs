//! Tells people and systems what was found: mail and what stands in it, webhooks, syslog, chats, exports.
//!
//! A transport is a plain value with settings that sends one thing once, and says by its [`Delivery`] what comes next. When
//! something is sent, how often it is tried and what is kept until then is the caller's: there is no store, no schedule and
//! no rule here. Whatever goes out carries a [`Tlp`], and nothing that goes out carries a secret.

pub mod chat;
mod delivery;
mod error;
pub mod event;
pub mod export;
pub mod letter;
pub mod mail;
mod plain;
pub mod syslog;
mod tlp;
pub mod webhook;

pub use delivery::Delivery;
pub use error::{RespondError, Result};
pub use tlp::Tlp;
