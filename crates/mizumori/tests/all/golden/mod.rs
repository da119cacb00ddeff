//! The golden set: small texts of every format, each with the records that the contract says are in it, put
//! into every encoding that can express it and into every container.
//!
//! A case is two files in `tests/golden/text`: what stands in the dump, and what has to come out. The expected
//! records are written from the contract, by people; nothing here writes them.

mod cases;
mod charsets;
mod commands;
mod containers;
mod damage;
mod library;
mod matrix;
mod shown;
