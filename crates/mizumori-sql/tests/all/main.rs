//! Questions, through the crate's public calls.

#[cfg(all(test, feature = "spread"))]
mod spread;
