//! A private index, open to be asked.

use std::io;
use std::path::{Path, PathBuf};

use super::buckets::Buckets;
use super::key_file::KeyFile;
use super::manifest::{Generation, KIND, Manifest};
use super::message::{Answer, GenerationParameters, Parameters, Question};
use super::oprf::Server;
use super::pair::SlowHash;
use crate::error::{GuardError, Result};
use crate::held::{self, Stamp};

/// How often the manifest is read again when a file that it named is gone.
const TRIES: usize = 100;
/// How long clients may keep parameters, in seconds.
const VALID_SECONDS: u64 = 3_600;

/// A private index, open for answers. What is imported later is not in it: open it again.
pub struct PrivateIndex {
    folder: PathBuf,
    keys: PathBuf,
    stamp: Stamp,
    generations: Vec<Open>,
}

/// A generation that answers.
struct Open {
    told: GenerationParameters,
    server: Server,
    buckets: Buckets,
}

/// What a private index is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateStatus {
    /// Changes of the index so far.
    pub change: u64,
    /// The generations, the oldest first.
    pub generations: Vec<GenerationStatus>,
}

/// What a generation is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationStatus {
    /// Its number.
    pub number: u32,
    /// The key that clients pin.
    pub public_key: String,
    /// How slow its hash is.
    pub slow_hash: SlowHash,
    /// Different pairs.
    pub pairs: u64,
    /// Bits of an account's place that the server is told.
    pub bucket_bits: u32,
    /// The sources, and how many pairs each brought.
    pub sources: Vec<(String, u64)>,
}

impl PrivateIndex {
    /// Opens the index at a folder with its keys. All that answers is checked.
    ///
    /// # Errors
    /// When there is none, the keys are not its own, or a file of it is damaged; and those of the system.
    pub fn open(folder: &Path, keys: &Path) -> Result<Self> {
        let file = keys.to_owned();
        let keys = KeyFile::read(keys)?;
        // Looked at first: a manifest that comes in between is seen by the next look.
        let mut stamp = held::stamp(folder, &KIND);
        let mut manifest = Manifest::read(folder)?;
        keys.check(folder, &manifest.id)?;
        for _ in 0..TRIES {
            let opened: Result<Vec<_>> =
                manifest.generations.iter().map(|generation| Open::of(folder, generation, &keys)).collect();
            match opened {
                Ok(generations) => {
                    return Ok(Self { folder: folder.to_owned(), keys: file, stamp, generations });
                }
                Err(GuardError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            stamp = held::stamp(folder, &KIND);
            let now = Manifest::read(folder)?;
            if now == manifest {
                break;
            }
            manifest = now;
        }
        Err(GuardError::damaged(folder, "a file that its manifest names is missing"))
    }

    /// The index as it is now, where it is another one than this; what is open stays what it is.
    ///
    /// # Errors
    /// As of [`PrivateIndex::open`].
    pub fn reopened(&self) -> Result<Option<Self>> {
        let now = held::stamp(&self.folder, &KIND);
        if now.is_some() && now == self.stamp {
            return Ok(None);
        }
        Self::open(&self.folder, &self.keys).map(Some)
    }

    /// What clients have to know before they ask.
    pub fn parameters(&self) -> Parameters {
        let generations = self.generations.iter().map(|open| open.told.clone()).collect();
        Parameters { schema: 1, valid_seconds: VALID_SECONDS, generations }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When it is none, or of a generation or of buckets that there are no more: then the client has old parameters.
    pub fn answer(&self, question: &[u8]) -> Result<Vec<u8>> {
        let question = Question::parse(question)?;
        let open = self.generations.iter().find(|open| open.told.number == question.generation);
        let open = open.filter(|open| open.told.bucket_bits == question.bits);
        let open = open.ok_or(GuardError::OldParameters)?;
        let values = open.buckets.bucket(question.bucket);
        let values = values.ok_or(GuardError::Question("there is no such bucket"))?;
        let answered = open.server.answer(&question.blinded)?;
        let (evaluated, proof) = answered.ok_or(GuardError::Question("what it asks about is no element"))?;
        Ok(Answer::write(question.generation, &evaluated, &proof, values))
    }

    /// Bytes of the files that answer.
    pub fn bytes(&self) -> u64 {
        self.generations.iter().map(|open| open.buckets.len() as u64).sum()
    }
}

impl Open {
    fn of(folder: &Path, generation: &Generation, keys: &KeyFile) -> Result<Self> {
        let server = keys.seed(generation.number)?.server()?;
        let path: PathBuf = folder.join(&generation.file);
        let buckets = Buckets::open(&path)?;
        let fits = buckets.generation() == generation.number
            && buckets.bits() == generation.bucket_bits
            && *buckets.key() == server.public_key()
            && generation.public_key == server.public_key().to_string();
        if !fits {
            return Err(GuardError::damaged(&path, "it is not the file that manifest and keys say"));
        }
        let told = GenerationParameters {
            number: generation.number,
            public_key: generation.public_key.clone(),
            salt: generation.salt,
            slow_hash: generation.slow_hash,
            bucket_bits: generation.bucket_bits,
        };
        Ok(Self { told, server, buckets })
    }
}

impl PrivateStatus {
    /// What the index at a folder is made of; no key is needed for that.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(folder: &Path) -> Result<Self> {
        let Manifest { change, generations, .. } = Manifest::read(folder)?;
        let generations = generations.into_iter().map(|generation| GenerationStatus {
            number: generation.number,
            public_key: generation.public_key,
            slow_hash: generation.slow_hash,
            pairs: generation.pairs,
            bucket_bits: generation.bucket_bits,
            sources: generation.sources.into_iter().map(|source| (source.source, source.pairs)).collect(),
        });
        Ok(Self { change, generations: generations.collect() })
    }
}
