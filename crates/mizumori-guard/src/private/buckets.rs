//! The file that answers: the values of all pairs of a generation, by bucket.
//!
//! Version 1; numbers are little-endian, *b* is the number of bits of a bucket.
//!
//! | bytes | what |
//! |---|---|
//! | 64 | header: `MIZPRIVB`, version (u32), generation (u32), *b* (u8), bytes of a value (u8: 10), 14 zeros, public key (32) |
//! | *n* × 10 | values: in the order of their buckets, ascending in each |
//! | (2^*b* + 1) × 8 | the number of the first value of each bucket, *n* at the end |
//! | 32 | BLAKE3 of all of the above |
//!
//! A value is the first ten bytes of what the pseudorandom function gives of a pair: with a thousand in a bucket, one question
//! in 2^70 about a pair that is not there finds another one's. Each bucket is filled up to a multiple of 256 with values that
//! are derived from the key and look like others, so that the length of an answer hardly tells which bucket it is, and
//! nobody learns how many pairs there are exactly.
//!
//! All of it is checked when it is opened: it holds the pairs of watched domains, and is read in a moment.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use mizumori_core::Secret;

use super::oprf::PublicKey;
use super::pair::PLACE_BITS;
use super::{VALUE, Value};
use crate::error::{GuardError, Result};
use crate::format::number;
use crate::map::Mapped;
use crate::segment::new_file;

const MAGIC: &[u8; 8] = b"MIZPRIVB";
const VERSION: u32 = 1;
/// Bytes of the header.
const HEADER: usize = 64;
/// Bytes of the check.
const CHECK: usize = 32;
/// Pairs that a bucket has at most on average, unless there are as many buckets as there may be.
const PAIRS: u64 = 512;
/// Values of a bucket are a multiple of this.
const STEP: usize = 256;
/// The most bits of a bucket.
pub(super) const MOST_BITS: u32 = 20;

/// The bits of a bucket for so many pairs: as few as possible, so that many accounts share one.
pub(super) fn bits_for(pairs: u64) -> u32 {
    (0..MOST_BITS).find(|bits| pairs >> bits <= PAIRS).unwrap_or(MOST_BITS)
}

/// The bucket of a place.
pub(super) const fn bucket_of(place: u32, bits: u32) -> u32 {
    place >> (PLACE_BITS - bits)
}

/// Writes the file.
pub(super) struct BucketWriter<'k> {
    path: PathBuf,
    file: BufWriter<File>,
    hash: blake3::Hasher,
    bits: u32,
    filling: &'k Secret<[u8; 32]>,
    /// The first value of each bucket that was begun.
    starts: Vec<u64>,
    /// Values that are written.
    written: u64,
    bucket: Vec<Value>,
}

impl<'k> BucketWriter<'k> {
    /// Begins a file where none is.
    pub(super) fn create(
        path: &Path,
        generation: u32,
        bits: u32,
        key: &PublicKey,
        filling: &'k Secret<[u8; 32]>,
    ) -> Result<Self> {
        let mut header = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &generation.to_le_bytes()].concat();
        header.extend([u8::try_from(bits).unwrap_or_default(), VALUE as u8]);
        header.resize(HEADER - key.bytes().len(), 0);
        header.extend(key.bytes());
        let mut writer = Self {
            path: path.to_owned(),
            file: BufWriter::new(new_file(path)?),
            hash: blake3::Hasher::new(),
            bits,
            filling,
            starts: vec![0],
            written: 0,
            bucket: Vec::new(),
        };
        writer.write(&header)?;
        Ok(writer)
    }

    /// Adds a value; places come in ascending order.
    pub(super) fn push(&mut self, place: u32, value: Value) -> Result<()> {
        let bucket = bucket_of(place, self.bits) as usize;
        while self.starts.len() <= bucket {
            self.end_bucket()?;
        }
        self.bucket.push(value);
        Ok(())
    }

    fn end_bucket(&mut self) -> Result<()> {
        let mut values = std::mem::take(&mut self.bucket);
        values.sort_unstable();
        values.dedup();
        let missing = values.len().max(1).next_multiple_of(STEP) - values.len();
        let mut stream = blake3::Hasher::new_keyed(self.filling.expose());
        stream.update(&[u8::try_from(self.bits).unwrap_or_default()]);
        stream.update(&(self.starts.len() as u64).to_le_bytes());
        let mut stream = stream.finalize_xof();
        values.extend((0..missing).map(|_| {
            let mut value = [0; VALUE];
            stream.fill(&mut value);
            value
        }));
        values.sort_unstable();
        self.write(values.as_flattened())?;
        self.written += values.len() as u64;
        self.starts.push(self.written);
        values.clear();
        self.bucket = values;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(GuardError::io("write", &self.path))
    }

    /// Ends it, and puts it on the disk.
    pub(super) fn finish(mut self) -> Result<()> {
        while self.starts.len() <= 1 << self.bits {
            self.end_bucket()?;
        }
        let starts: Vec<u8> = self.starts.iter().flat_map(|start| start.to_le_bytes()).collect();
        self.write(&starts)?;
        let check = *self.hash.finalize().as_bytes();
        let done = self.file.write_all(&check).and_then(|()| self.file.flush());
        done.and_then(|()| self.file.get_ref().sync_all()).map_err(GuardError::io("write", &self.path))
    }
}

/// The file, open.
pub(super) struct Buckets {
    map: Mapped,
    generation: u32,
    bits: u32,
    key: PublicKey,
    /// Where the table begins.
    table: usize,
}

impl Buckets {
    /// Opens a file, of which it believes nothing.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let map = Mapped::open(path)?;
        let damaged = |why| GuardError::damaged(path, why);
        if map.len() < HEADER + CHECK {
            return Err(damaged("it is too short for buckets of a private index"));
        }
        if !map.starts_with(MAGIC) {
            return Err(damaged("these are no buckets of a private index"));
        }
        let version = number(&map, 8, 4);
        if version != u64::from(VERSION) {
            return Err(GuardError::Version { path: path.to_owned(), version, known: VERSION.into() });
        }
        let (body, check) = map.split_at(map.len() - CHECK);
        if blake3::hash(body).as_bytes() != check {
            return Err(damaged("its check does not hold"));
        }
        let parts = "its parts do not fit together";
        let (generation, bits, table, key) = Self::parts(body).ok_or_else(|| damaged(parts))?;
        Ok(Self { generation, bits, key: PublicKey::of_bytes(key), table, map })
    }

    /// Generation, bits, where the table begins and the key, where all parts stand where they must.
    fn parts(body: &[u8]) -> Option<(u32, u32, usize, [u8; 32])> {
        let holds = |is: bool| is.then_some(());
        let generation = u32::try_from(number(body, 12, 4)).ok()?;
        let bits = u32::from(*body.get(16)?);
        holds(bits <= MOST_BITS && usize::from(*body.get(17)?) == VALUE)?;
        let key = *body.get(HEADER - 32..HEADER)?.first_chunk::<32>()?;
        let table = body.len().checked_sub(((1 << bits) + 1) * 8).filter(|table| *table >= HEADER)?;
        let values = table - HEADER;
        holds(values.is_multiple_of(VALUE))?;
        let (starts, _) = body.get(table..)?.as_chunks::<8>();
        let starts = || starts.iter().map(|bytes| u64::from_le_bytes(*bytes));
        holds(starts().next()? == 0 && starts().next_back()? == (values / VALUE) as u64)?;
        holds(starts().is_sorted())?;
        Some((generation, bits, table, key))
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }

    pub(super) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Bytes of the file.
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// The values of a bucket; `None` where there is none of that number.
    pub(super) fn bucket(&self, bucket: u32) -> Option<&[u8]> {
        let at = |bucket: usize| {
            let start = number(&self.map, self.table.checked_add(bucket.checked_mul(8)?)?, 8);
            usize::try_from(start).ok()?.checked_mul(VALUE)?.checked_add(HEADER)
        };
        let bucket = usize::try_from(bucket).ok().filter(|bucket| *bucket < 1 << self.bits)?;
        self.map.get(at(bucket)?..at(bucket + 1)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const FILLING: Secret<[u8; 32]> = Secret::new([1; 32]);

    fn key() -> PublicKey {
        PublicKey::of_bytes([9; 32])
    }

    fn written(path: &Path, bits: u32, rows: &BTreeSet<(u32, Value)>) -> Buckets {
        let mut writer = BucketWriter::create(path, 3, bits, &key(), &FILLING).unwrap();
        rows.iter().for_each(|(place, value)| writer.push(*place, *value).unwrap());
        writer.finish().unwrap();
        Buckets::open(path).unwrap()
    }

    proptest! {
        #[test]
        fn buckets_hold_what_a_map_holds(
            bits in 0_u32..6,
            rows in prop::collection::btree_set((0_u32..1 << PLACE_BITS, any::<Value>()), 0..700),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let buckets = written(&folder.path().join("b"), bits, &rows);
            prop_assert_eq!((buckets.generation(), buckets.bits(), *buckets.key()), (3, bits, key()));
            let mut map: BTreeMap<u32, BTreeSet<Value>> = BTreeMap::new();
            for (place, value) in rows {
                map.entry(place >> (PLACE_BITS - bits)).or_default().insert(value);
            }
            for bucket in 0..1 << bits {
                let (values, rest) = buckets.bucket(bucket).unwrap().as_chunks::<VALUE>();
                prop_assert!(rest.is_empty() && values.is_sorted());
                let pairs = map.remove(&bucket).unwrap_or_default();
                prop_assert_eq!(values.len(), pairs.len().max(1).next_multiple_of(STEP));
                prop_assert!(pairs.iter().all(|value| values.binary_search(value).is_ok()));
            }
            prop_assert!(buckets.bucket(1 << bits).is_none() && buckets.bucket(u32::MAX).is_none());
        }
    }

    #[test]
    fn what_fills_up_differs_from_bucket_to_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = written(&folder.path().join("b"), 4, &BTreeSet::new());
        let all: BTreeSet<_> =
            (0..16).flat_map(|at| buckets.bucket(at).unwrap().as_chunks::<VALUE>().0).collect();
        assert_eq!(all.len(), 16 * STEP);
    }

    #[test]
    fn damage_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b");
        written(&path, 1, &[(0, [1; VALUE])].into());
        let sound = fs::read(&path).unwrap();
        let changed = |at: usize, to: u8| {
            let mut bytes = sound.clone();
            bytes[at] = to;
            bytes
        };
        let mended = |mut bytes: Vec<u8>| {
            let end = bytes.len() - CHECK;
            let check = *blake3::hash(&bytes[..end]).as_bytes();
            bytes[end..].copy_from_slice(&check);
            bytes
        };
        for (bytes, words) in [
            (Vec::new(), "too short"),
            (sound[..80].to_vec(), "too short"),
            (changed(0, b'x'), "no buckets"),
            (changed(8, 2), "is of version 2; this program knows 1"),
            (changed(100, 0xEE), "its check does not hold"),
            (sound[..sound.len() - 1].to_vec(), "its check does not hold"),
            (mended(changed(16, 21)), "do not fit"),
            (mended(changed(16, 2)), "do not fit"),
            (mended(changed(17, 11)), "do not fit"),
            (mended(changed(sound.len() - CHECK - 15, 0xFF)), "do not fit"),
        ] {
            fs::write(&path, bytes).unwrap();
            let error = Buckets::open(&path).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn as_few_bits_as_possible() {
        for (pairs, bits) in [(0, 0), (512, 0), (513, 1), (1_026, 2), (17_522, 6), (1 << 40, MOST_BITS)] {
            assert_eq!(bits_for(pairs), bits, "{pairs}");
        }
    }
}
