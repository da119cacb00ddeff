//! The crate from outside: containers in containers, damage, limits, passwords.

mod collect;
mod compressed;
mod tar;
mod zip;
