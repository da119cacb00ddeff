//! Limits against hostile input: settings with safe defaults.
//!
//! A limit is no promise about time: it bounds memory, temporary disk and how far an input may expand. What
//! hits one is reported as [`Unreadable::Limit`](crate::Unreadable::Limit), and what came before stays used.

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;
const TIB: u64 = 1024 * GIB;

/// How far a [`Reader`](crate::Reader) goes with one top-level input. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers inside each other: a tar in a gz counts two. Default 8.
    pub depth: u32,
    /// Bytes that may come out of any one level for each byte of the top-level input, once [`ratio_floor`] bytes
    /// have come out. Default 1000: gzip cannot pass 1032:1, real lists compress about 10:1.
    ///
    /// [`ratio_floor`]: Limits::ratio_floor
    pub ratio: u64,
    /// Bytes that may come out before the ratio is looked at, so that small, very regular text passes. Default 64 MiB.
    pub ratio_floor: u64,
    /// Bytes of one member of a container, unpacked. Default 1 TiB.
    pub member_bytes: u64,
    /// Unpacked bytes of one level of a top-level input. Default 8 TiB.
    pub total_bytes: u64,
    /// Members of a top-level input, at all levels together. Default 20 million (stealer logs come as archives
    /// with millions of small files).
    pub members: u64,
    /// Dictionary or window of one decompressor (xz, zstd, 7z, LZMA, PPMd, RAR). Default 256 MiB, what 7-Zip's
    /// "ultra" uses. Memory follows what is decoded, not what is declared.
    pub dictionary_bytes: u64,
    /// What the list of members of a 7z or RAR archive takes in memory, about. Default 512 MiB, two million
    /// members. Zip and tar need none.
    pub header_bytes: u64,
    /// What a container that needs random access and has none may take in memory. Default 64 MiB.
    pub memory_bytes: u64,
    /// What it may take after that in an unlinked, encrypted temporary file. Default 32 GiB.
    pub spool_bytes: u64,
    /// Largest member that [`Reader::find`](crate::Reader::find) reads. Default 1 MiB.
    pub found_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 8,
            ratio: 1000,
            ratio_floor: 64 * MIB,
            member_bytes: TIB,
            total_bytes: 8 * TIB,
            members: 20_000_000,
            dictionary_bytes: 256 * MIB,
            header_bytes: 512 * MIB,
            memory_bytes: 64 * MIB,
            spool_bytes: 32 * GIB,
            found_bytes: MIB,
        }
    }
}
