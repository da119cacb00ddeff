//! Any bytes as a dump: no panic, and the same records whichever way the engine takes.
//!
//! *Watched* gives exactly what *all* gives and is watched; two workers over tiny pieces give what one gives over
//! the whole; tight limits on records bound what is handed over. Which format the bytes are is the engine's guess:
//! the target `formats` sees to it that every format is reached.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mizumori_fuzz::{panics, scanned};

fuzz_target!(
    init: panics::let_contained_ones_unwind(),
    |bytes: &[u8]| {
        scanned::check_ways(bytes);
        scanned::check_limits(bytes);
        // And as the file in which a stealer log tells of its computer.
        let _ = mizumori_scan::LogFacts::parse(&String::from_utf8_lossy(bytes));
    }
);
