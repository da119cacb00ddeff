//! The crate from outside: containers in containers, damage, limits, passwords.

mod collect;
mod compressed;
#[cfg(feature = "rar")]
mod rar;
mod sevenz;
mod tar;
mod zip;
