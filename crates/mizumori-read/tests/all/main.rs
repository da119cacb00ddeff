//! The crate from outside: containers in containers, damage, limits, passwords.

mod collect;
mod compressed;
mod sevenz;
mod tar;
mod zip;
