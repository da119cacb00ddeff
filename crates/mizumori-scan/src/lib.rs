//! Splits a dump into records and pushes them into a sink.

mod address;
mod format;
mod record;
mod secret;
#[cfg(test)]
mod testing;
mod url;

pub use format::RecordLimits;
pub use record::{Emit, Login, Record, Reject};
pub use secret::{SecretField, SecretKind};
pub use url::{Bare, Url};
