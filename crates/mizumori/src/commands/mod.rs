//! The commands, one a file.

#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod completions;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod doctor;
#[cfg(feature = "guard")]
pub(crate) mod guard;
#[cfg(feature = "lake")]
pub(crate) mod ingest;
#[cfg(feature = "lake")]
pub(crate) mod lake;
#[cfg(feature = "lake")]
pub(crate) mod lookup;
#[cfg(feature = "lake")]
pub(crate) mod new;
#[cfg(not(all(
    feature = "scan",
    feature = "guard",
    feature = "demo",
    feature = "sql",
    feature = "cluster"
)))]
pub(crate) mod not_built;
#[cfg(feature = "scan")]
pub(crate) mod scan;
#[cfg(feature = "sql")]
pub(crate) mod sql;
#[cfg(feature = "survey")]
pub(crate) mod survey;
