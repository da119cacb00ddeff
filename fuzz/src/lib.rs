//! What the fuzz targets share: a scan of bytes in memory with its records as text, skeletons of the formats, imports
//! that tell nobody, and a panic hook that knows which panics the reader contains.
//!
//! No target in itself, and nothing of the product: a property that a target states is written out in the target.

mod guarded;
pub mod panics;
pub mod scanned;
pub mod skeletons;

pub use guarded::{FAST, query, quiet_import};
