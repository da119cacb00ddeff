//! The commands, seen from outside: exit code, standard output, standard error.

#[cfg(feature = "lake")]
mod buckets;
#[cfg(feature = "serve")]
mod clients;
#[cfg(feature = "cluster")]
mod cluster;
mod demo;
mod doctor;
#[cfg(feature = "lake")]
mod follow;
#[cfg(feature = "guard")]
mod guard;
#[cfg(feature = "guard")]
mod guard_check;
#[cfg(all(feature = "guard", feature = "lake"))]
mod guard_dumps;
#[cfg(all(feature = "guard", feature = "lake"))]
mod guard_own;
#[cfg(feature = "guard")]
mod guard_pairs;
#[cfg(feature = "serve")]
mod guard_private;
#[cfg(feature = "serve")]
mod guard_serve;
mod help;
#[cfg(feature = "lake")]
mod keys;
#[cfg(feature = "lake")]
mod lake;
#[cfg(feature = "lake")]
mod lake_troubles;
mod mistakes;
#[cfg(feature = "guard")]
mod pam;
#[cfg(feature = "lake")]
mod readers;
mod scan;
mod sources;
#[cfg(feature = "sql")]
mod sql;
mod survey;
#[cfg(all(feature = "lake", feature = "store"))]
mod survey_request;
mod terminal;
