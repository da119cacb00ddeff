//! The `mizumori` binary.
fn main() {}
