//! Object stores as lakes and dumps use them: one way to open them, one way to tell what is wrong with them.

mod bucket;
mod durable;
mod open;
mod read_ahead;
mod told;
mod trouble;

pub use bucket::{Below, Buckets, Description, FoundObject, PathUrl};
pub(crate) use durable::{Durable, unfinished};
pub(crate) use open::{Patience, open};
pub use trouble::{StoreError, Trouble};
