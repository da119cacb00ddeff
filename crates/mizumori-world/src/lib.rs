//! Synthetic worlds: dumps with known truth, for the demo, for tests and for benches.
//!
//! Every body is invented and every domain ends in a name that RFC 2606 or RFC 6761 reserves; nothing here comes from
//! a leak. The crate writes and does not read: it shares no code with what is tested by its worlds.

mod bench_domains;
mod combo;
pub mod demo;
pub mod encode;
mod error;
pub mod format;
mod noise;
pub mod pack;
mod random;

pub use bench_domains::watched_domains;
pub use combo::{ComboForm, ComboShape, ComboTotals, bench_watch_list, write_combo_list};
pub use demo::{SourceTruth, Truth, World, write_demo};
pub use error::WorldError;
pub use random::Random;
