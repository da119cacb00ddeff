//! Mail: what one is, how it is signed, and the server that it is handed to.
//!
//! A [`MailServer`] hands a [`Mail`] to a relay that the operator names; it looks up no other servers, keeps no queue, and
//! reads no mail that comes back.

mod address;
mod dkim;
mod message;
mod server;
mod session;
mod settings;
mod write;

pub(crate) use address::one_line;
pub use address::{MailAddress, MessageId};
pub use dkim::DkimKey;
pub use message::Mail;
pub use server::MailServer;
pub use settings::{Login, MailSettings, Security};
