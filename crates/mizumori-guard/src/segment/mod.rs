//! A segment: the hashes of one kind in order, each with its count, in a file that is never changed.
//!
//! Version 1. Numbers are little-endian where nothing else is said; *n* is the number of rows, *b* the bits of a bucket (8 or
//! 16), *w* the bytes of a hash (20 or 16).
//!
//! | bytes | what |
//! |---|---|
//! | 16 | header: `MIZGUARD`, version (u32), kind (0 SHA-1, 1 NTLM), *b*, two zeros |
//! | ⌈n/256⌉ × (256 × (*w* − *b*/8) + 136) | blocks of 256 rows; the last one is filled up with zeros |
//! | any | large counts: of each row in order whose nibble is 0, its count less 16 as LEB128 |
//! | (2^*b* + 1) × 8 | buckets: the number of the first row whose hash begins with these *b* bits, *n* at the end |
//! | 32 for each MiB before them | checks: BLAKE3 of each MiB of all of the above, the last one as long as it is |
//! | 80 | footer: magic, version, kind, *b*, two zeros; *n*; where the large counts, the buckets and the checks begin (u64 each); BLAKE3 of the checks and of the footer so far |
//!
//! A block has the hashes without their first *b* bits, then a nibble a row (the even row in the lower half): the count from 1
//! to 15, or 0 for a large one; then as a u64 where in the large counts those of this block begin.
//!
//! Rows of fixed width make it possible to look where a hash should be, since good hashes are spread evenly: a bucket is not
//! searched by halves but by guessing. Rows, counts and table cost 18.6 bytes for a SHA-1 and 14.6 for an NTLM
//! at 100 million.
//!
//! On opening, the footer's own check, all lengths and the order of the buckets are looked at, so that nothing that is read later
//! can lead out of the file. The rows are not read then: what a flipped bit does to them is wrong answers about these hashes,
//! never a crash, and [`Segment::verify`] finds it.

mod footer;
mod lookup;
mod scan;
mod text;
mod write;

pub use self::lookup::Segment;
pub(crate) use self::scan::{STREAMS, SegmentRows};
pub(crate) use self::write::{Durable, SegmentWriter, Written, new_file};

/// What a segment begins and its footer begins with.
const MAGIC: &[u8; 8] = b"MIZGUARD";
/// The version that this program writes and reads.
const VERSION: u32 = 1;
/// Bytes of the header.
const HEADER: u64 = 16;
/// Bytes of the footer.
const FOOTER: usize = 80;
/// Rows of a block.
const BLOCK: usize = 256;
/// Bytes of a block behind its rows: nibbles, and where its large counts begin.
const BLOCK_TAIL: usize = BLOCK / 2 + 8;
/// So many bytes have a check of their own.
const CHECKED: usize = 1 << 20;
/// Bytes of a check.
const CHECK: usize = 32;
/// The least count that is no nibble.
const LARGE: u64 = 16;
/// Bytes that a large count takes at most.
const LARGEST: usize = 10;

#[cfg(test)]
mod tests;
