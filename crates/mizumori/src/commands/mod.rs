//! The commands, one a file.

pub(crate) mod completions;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod doctor;
#[cfg(not(all(feature = "scan", feature = "demo")))]
pub(crate) mod not_built;
#[cfg(feature = "scan")]
pub(crate) mod scan;
#[cfg(feature = "survey")]
pub(crate) mod survey;
