//! A filter: whether a password leaked, in about a byte a hash, and sometimes wrong.
//!
//! What leaked is always found. What never leaked is taken for leaked once in 256 times, or once in 65,536. It is for places
//! where an index is too large; how often nobody knows here.
//!
//! Binary fuse filters (Graf and Lemire, 2022, <https://arxiv.org/abs/2201.01174>), one for each part of the hashes by their first
//! bits, so that building takes memory for one part only. Version 1 of the file, numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 64 | header: `MIZFILTR`, version (u32), kind (0 SHA-1, 1 NTLM), bits of a part (u8), bits of a fingerprint (8 or 16), a zero; hashes (u64), one false positive in so many (u64), BLAKE3 (32 bytes) of the header so far and of all that follows |
//! | 28 for each part | seed (u64), where its fingerprints begin (u64), length of a segment, all segments together, and fingerprints (u32 each) |
//! | any | fingerprints |

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use xorf::{BinaryFuse8, BinaryFuse16};

use crate::digest::{HashKind, Key, PasswordHash};
use crate::error::{GuardError, Result};
use crate::format::{kind_byte, kind_of, number};
use crate::index::Index;
use crate::map::Mapped;
use crate::row::Rows;
use crate::segment::new_file;

const MAGIC: &[u8; 8] = b"MIZFILTR";
const VERSION: u32 = 1;
/// Bytes of the header.
const HEADER: usize = 64;
/// Bytes that the header tells of a part.
const PART: usize = 28;
/// Hashes of a part, at most about so many: building takes some 35 bytes for each.
const PART_HASHES: u64 = 4 << 20;
/// Bits of a part at most.
const MOST_BITS: u32 = 16;
/// Longest segment of a binary fuse filter.
const LONGEST_SEGMENT: u32 = 1 << 18;

/// How often a filter is wrong about what never leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Once in 256 times: 1.13 bytes a hash.
    Byte,
    /// Once in 65,536 times: 2.26 bytes a hash.
    TwoBytes,
}

impl Rate {
    /// Once in so many times.
    pub const fn one_in(self) -> u64 {
        match self {
            Self::Byte => 1 << 8,
            Self::TwoBytes => 1 << 16,
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::TwoBytes => 2,
        }
    }
}

/// An open filter.
pub struct Filter {
    path: PathBuf,
    bytes: Mapped,
    kind: HashKind,
    rate: Rate,
    bits: u32,
    hashes: u64,
    parts: Vec<Part>,
}

/// Where a part is, checked to be there.
struct Part {
    seed: u64,
    at: usize,
    segment: u32,
    segments: u32,
}

/// A filter that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFilter {
    /// Hashes in it.
    pub hashes: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Filter {
    /// Makes one of all hashes of a kind, in the file `path`, which appears when it is whole. `on` is told of hashes that are
    /// done, and may end it.
    ///
    /// # Errors
    /// When the index has none of that kind; those of the index and of the system.
    pub fn write(
        index: &Index,
        kind: HashKind,
        rate: Rate,
        path: &Path,
        on: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<WrittenFilter> {
        if !index.has(kind) {
            return Err(GuardError::Request(format!("the index has no hash of the kind {kind}")));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".tmp");
        let beside = PathBuf::from(beside);
        let written = write_parts(index, kind, rate, &beside, on).and_then(|written| {
            fs::rename(&beside, path).map_err(GuardError::io("replace", path))?;
            Ok(written)
        });
        if written.is_err() {
            // What failed is told; that it leaves a file as well is not worth another error.
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Opens a filter, and checks that nothing in it leads out of it. Its fingerprints are not read.
    ///
    /// # Errors
    /// A file that is no filter, of another version, or cut short; and those of the system.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = Mapped::open(path)?;
        let damaged = |why| GuardError::damaged(path, why);
        let header = bytes.first_chunk::<HEADER>().filter(|header| header.starts_with(MAGIC));
        let header = header.ok_or_else(|| damaged("it is no filter"))?;
        let version = number(header, 8, 4);
        if version != u64::from(VERSION) {
            return Err(GuardError::Version { path: path.to_owned(), version, known: VERSION.into() });
        }
        let cut = "it is cut short, or was changed";
        let kind = header.get(12).and_then(|byte| kind_of(*byte)).ok_or_else(|| damaged(cut))?;
        let rate = match header.get(14) {
            Some(8) => Rate::Byte,
            Some(16) => Rate::TwoBytes,
            _ => return Err(damaged(cut)),
        };
        let bits = header.get(13).copied().unwrap_or_default().into();
        if bits > MOST_BITS || header.get(15) != Some(&0) || number(header, 24, 8) != rate.one_in() {
            return Err(damaged(cut));
        }
        let parts: Option<Vec<_>> =
            (0..1_usize << bits).map(|at| part(&bytes, HEADER + at * PART, rate)).collect();
        let parts = parts.ok_or_else(|| damaged(cut))?;
        let hashes = number(header, 16, 8);
        Ok(Self { path: path.to_owned(), kind, rate, bits, hashes, parts, bytes })
    }

    /// The kind of its hashes.
    pub const fn kind(&self) -> HashKind {
        self.kind
    }

    /// How often it is wrong.
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Hashes that it was made of.
    pub const fn hashes(&self) -> u64 {
        self.hashes
    }

    /// Bytes of its file.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether it was made of nothing.
    pub const fn is_empty(&self) -> bool {
        self.hashes == 0
    }

    /// Whether a hash is one of those that it was made of: if it is, certainly; if not, hardly ever.
    pub fn contains(&self, hash: &PasswordHash) -> bool {
        let (part, key) = place(hash.key(), self.bits);
        let Some(part) = self.parts.get(part).filter(|part| part.segments > 0 && hash.kind() == self.kind)
        else {
            return false;
        };
        let mixed = murmur(key.wrapping_add(part.seed));
        let own = mixed ^ mixed >> 32;
        // Three reads, none of which waits for another.
        let [one, two, three] = places(mixed, part.segment, part.segments).map(|place| place as usize);
        match self.rate {
            Rate::Byte => {
                let read = |place| self.bytes.get(part.at + place).copied().unwrap_or_default();
                read(one) ^ read(two) ^ read(three) == own as u8
            }
            Rate::TwoBytes => {
                let read = |place: usize| {
                    let bytes = self.bytes.get(part.at + place * 2..).and_then(<[u8]>::first_chunk);
                    u16::from_le_bytes(bytes.copied().unwrap_or_default())
                };
                read(one) ^ read(two) ^ read(three) == own as u16
            }
        }
    }

    /// Reads all of it, and tells whether it is what was written.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self) -> Result<()> {
        let (header, rest) = self.bytes.split_at_checked(HEADER).unwrap_or_default();
        let (told, check) = header.split_at_checked(32).unwrap_or_default();
        if check == blake3::Hasher::new().update(told).update(rest).finalize().as_bytes() {
            return Ok(());
        }
        let bytes = Some(0..self.bytes.len() as u64);
        Err(GuardError::Damaged { path: self.path.clone(), bytes, why: "their check does not hold" })
    }
}

/// Whether a file begins like a filter.
pub fn is_filter(path: &Path) -> bool {
    let begin = fs::File::open(path).and_then(|mut file| {
        let mut begin = [0; 8];
        std::io::Read::read_exact(&mut file, &mut begin).map(|()| begin)
    });
    begin.is_ok_and(|begin| begin == *MAGIC)
}

/// The part of a hash, and what is left of it as the number that the filter holds.
fn place(key: Key, bits: u32) -> (usize, u64) {
    let part = key.high.checked_shr(64 - bits).unwrap_or_default();
    // Of good hashes any 64 bits are as good as any others; those that choose the part would say nothing.
    (usize::try_from(part).unwrap_or_default(), key.middle)
}

fn write_parts(
    index: &Index,
    kind: HashKind,
    rate: Rate,
    path: &Path,
    on: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<WrittenFilter> {
    // What a failed run has left under this name is nobody's.
    let _ = fs::remove_file(path);
    let mut file = new_file(path)?;
    let io = |error| GuardError::io("write", path)(error);
    let bits =
        index.rows_at_most(kind).div_ceil(PART_HASHES).next_power_of_two().trailing_zeros().min(MOST_BITS);
    let mut table = Vec::new();
    let mut at = HEADER + (PART << bits);
    file.seek(SeekFrom::Start(at as u64)).map_err(io)?;
    let mut rows = index.rows(kind)?;
    let mut next = rows.next()?;
    let mut hashes = 0;
    for number in 0..1_usize << bits {
        let mut keys = Vec::new();
        while let Some(row) = next
            && let (part, key) = place(row.key, bits)
            && part == number
        {
            keys.push(key);
            next = rows.next()?;
        }
        on(keys.len() as u64)?;
        hashes += keys.len() as u64;
        keys.sort_unstable();
        keys.dedup();
        let built =
            built(&keys, rate).ok_or_else(|| GuardError::Request("no filter could be built".to_owned()))?;
        table.extend(built.seed.to_le_bytes());
        table.extend((at as u64).to_le_bytes());
        let entries = u32::try_from(built.fingerprints.len() / rate.width()).unwrap_or_default();
        for number in [built.segment, built.segments, entries] {
            table.extend(number.to_le_bytes());
        }
        file.write_all(&built.fingerprints).map_err(io)?;
        at += built.fingerprints.len();
    }
    file.seek(SeekFrom::Start(HEADER as u64)).and_then(|_| file.write_all(&table)).map_err(io)?;
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend([
        kind_byte(kind),
        u8::try_from(bits).unwrap_or_default(),
        if rate == Rate::Byte { 8 } else { 16 },
        0,
    ]);
    header.extend(hashes.to_le_bytes());
    header.extend(rate.one_in().to_le_bytes());
    let mut check = blake3::Hasher::new();
    check.update(&header);
    file.seek(SeekFrom::Start(HEADER as u64)).map_err(io)?;
    check.update_reader(&mut file).map_err(io)?;
    header.extend(check.finalize().as_bytes());
    file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&header)).map_err(io)?;
    file.sync_all().map_err(io)?;
    Ok(WrittenFilter { hashes, bytes: at as u64 })
}

struct Built {
    seed: u64,
    segment: u32,
    segments: u32,
    fingerprints: Vec<u8>,
}

fn built(keys: &[u64], rate: Rate) -> Option<Built> {
    if keys.is_empty() {
        return Some(Built { seed: 0, segment: 0, segments: 0, fingerprints: Vec::new() });
    }
    let (descriptor, fingerprints) = match rate {
        Rate::Byte => {
            let filter = BinaryFuse8::try_from(keys).ok()?;
            (filter.descriptor, filter.fingerprints.into_vec())
        }
        Rate::TwoBytes => {
            let filter = BinaryFuse16::try_from(keys).ok()?;
            (filter.descriptor, filter.fingerprints.iter().flat_map(|print| print.to_le_bytes()).collect())
        }
    };
    let (segment, segments) = (descriptor.segment_length, descriptor.segment_count_length);
    Some(Built { seed: descriptor.seed, segment, segments, fingerprints })
}

/// Reads what a filter tells of a part, and whether all places in it are there.
fn part(bytes: &[u8], from: usize, rate: Rate) -> Option<Part> {
    let told = bytes.get(from..from.checked_add(PART)?)?;
    let [segment, segments, entries] =
        [16, 20, 24].map(|at| u32::try_from(number(told, at, 4)).unwrap_or_default());
    let at = usize::try_from(number(told, 8, 8)).ok()?;
    if segments > 0 {
        let even =
            segment.is_power_of_two() && segment <= LONGEST_SEGMENT && segments.is_multiple_of(segment);
        let all = segments.checked_add(segment.checked_mul(2)?)?;
        (even && all == entries).then_some(())?;
    }
    bytes.get(at..at.checked_add((entries as usize).checked_mul(rate.width())?)?)?;
    Some(Part { seed: number(told, 0, 8), at, segment, segments })
}

/// The three places of a key: one in each of three segments in a row.
fn places(mixed: u64, segment: u32, segments: u32) -> [u32; 3] {
    let one = u32::try_from((u128::from(mixed) * u128::from(segments)) >> 64).unwrap_or_default();
    let within = |bits: u64| u32::try_from(bits & u64::from(segment - 1)).unwrap_or_default();
    let two = (one + segment) ^ within(mixed >> 18);
    let three = (one + 2 * segment) ^ within(mixed);
    [one, two, three]
}

/// The finalizer of MurmurHash3, which spreads what there is over all bits.
const fn murmur(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use xorf::Filter as _;

    use super::*;
    use crate::index::testing::{index_of, invented};

    fn filter_of(passwords: &[&str], kind: HashKind, rate: Rate) -> (tempfile::TempDir, Filter) {
        let (folder, index) = index_of(passwords);
        let path = folder.path().join("filter");
        let written = Filter::write(&index, kind, rate, &path, &mut |_| Ok(())).unwrap();
        let filter = Filter::open(&path).unwrap();
        assert_eq!((written.hashes, written.bytes), (filter.hashes(), filter.len()));
        filter.verify().unwrap();
        (folder, filter)
    }

    #[test]
    fn what_leaked_is_found_and_hardly_anything_else() {
        let leaked: Vec<String> = (0..5_000).map(|number| invented(number).into_exposed()).collect();
        let leaked: Vec<&str> = leaked.iter().map(String::as_str).collect();
        for (kind, rate, most) in [(HashKind::Sha1, Rate::Byte, 260), (HashKind::Ntlm, Rate::TwoBytes, 6)] {
            let (_folder, filter) = filter_of(&leaked, kind, rate);
            let hash = |password: &str| match kind {
                HashKind::Sha1 => PasswordHash::sha1(password.as_bytes()),
                HashKind::Ntlm => PasswordHash::ntlm(password),
            };
            assert!(leaked.iter().all(|password| filter.contains(&hash(password))));
            let wrong =
                (5_000..55_000).filter(|number| filter.contains(&hash(invented(*number).expose()))).count();
            assert!(wrong <= most, "{wrong}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_told_and_harmless() {
        let (folder, filter) = filter_of(&["himitsu", "another"], HashKind::Sha1, Rate::Byte);
        let whole = fs::read(folder.path().join("filter")).unwrap();
        drop(filter);
        let path = folder.path().join("changed");
        let hash = PasswordHash::sha1(b"himitsu");
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                let _ = fs::remove_file(&path);
                fs::write(&path, &bytes).unwrap();
                if let Ok(filter) = Filter::open(&path) {
                    filter.contains(&hash);
                    assert!(filter.verify().is_err(), "{at}");
                }
            }
            let _ = fs::remove_file(&path);
            fs::write(&path, &whole[..at]).unwrap();
            assert!(Filter::open(&path).is_err(), "{at}");
        }
    }

    proptest! {
        /// The library's own answer for every key, and ours.
        #[test]
        fn like_the_library(keys in proptest::collection::btree_set(any::<u64>(), 1..600), others: Vec<u64>) {
            let keys: Vec<_> = keys.into_iter().collect();
            let naive = BinaryFuse8::try_from(&keys).unwrap();
            let ours = built(&keys, Rate::Byte).unwrap();
            for key in keys.iter().chain(&others) {
                let mixed = murmur(key.wrapping_add(ours.seed));
                let print = places(mixed, ours.segment, ours.segments)
                    .iter()
                    .fold(0, |print, at| print ^ ours.fingerprints[*at as usize]);
                prop_assert_eq!(print == ((mixed ^ mixed >> 32) & 0xFF) as u8, naive.contains(key));
            }
        }
    }
}
