//! Questions, through the crate's public calls.

#[cfg(feature = "spread")]
#[cfg(test)]
mod spread;
