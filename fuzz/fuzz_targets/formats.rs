//! Mutations inside of every format: no panic, and the same records whichever way the engine takes.
//!
//! The first two bytes choose a format's skeleton, its line ends and its encoding; the rest fills the skeleton's
//! fields with words and raw bytes. So the format's parser is reached whatever the mutation; the properties are those
//! of the target `scan`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mizumori_fuzz::{panics, scanned, skeletons};

fuzz_target!(
    init: panics::let_contained_ones_unwind(),
    |bytes: &[u8]| {
        let dump = skeletons::filled(bytes);
        scanned::check_ways(&dump);
        scanned::check_limits(&dump);
    }
);
