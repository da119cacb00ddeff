//! The vocabulary that every other crate speaks: accounts, domains, watch lists, sources, months, tags, secrets.
//!
//! This crate performs no I/O: it parses text that it is given and never reads a file, a clock other than
//! through [`Clock`], or the network. The words are those of the README's glossary.

mod clock;
mod error;
mod month;
mod secret;

pub use clock::{Clock, FixedClock, SystemClock};
pub use error::ErrorClass;
pub use month::{LeakTime, Month, MonthError, PartialDate, Period};
pub use secret::Secret;
