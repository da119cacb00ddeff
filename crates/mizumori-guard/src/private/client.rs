//! The client's side: a question about a pair, and what its answer says. No network here.

use mizumori_core::{Account, Secret};

use super::VALUE;
use super::buckets::bucket_of;
use super::message::{Answer, GenerationParameters, Question};
use super::oprf::{Client, PublicKey};
use super::pair::PairHash;
use crate::error::{GuardError, Result};

/// A question to one generation of a server.
pub struct Query {
    generation: u32,
    key: PublicKey,
    bits: u32,
    bucket: u32,
    client: Client,
}

impl Query {
    /// Asks about a pair. It takes as long as the slow hash does.
    ///
    /// # Errors
    /// When the parameters are not usable, or the machine gives no random bytes.
    pub fn new(
        generation: &GenerationParameters,
        account: &Account<'_>,
        password: &Secret<Vec<u8>>,
    ) -> Result<Self> {
        let key = PublicKey::parse(&generation.public_key);
        let key = key.ok_or(GuardError::Answer("its parameters are beyond what is accepted"))?;
        let hash = PairHash::new(generation.slow_hash, generation.salt)?;
        let bits = generation.bucket_bits;
        let bucket = bucket_of(hash.place(account), bits);
        let client = Client::blind(hash.input(account, password.expose())?)?;
        Ok(Self { generation: generation.number, key, bits, bucket, client })
    }

    /// What the server is sent. It learns the bucket from it, and nothing else.
    pub fn message(&self) -> Vec<u8> {
        let Self { generation, bits, bucket, .. } = *self;
        Question { bits, generation, bucket, blinded: *self.client.blinded() }.to_bytes()
    }

    /// Whether the pair is in the server's sources.
    ///
    /// # Errors
    /// When the answer is none, or was not made with the key that the server announced.
    pub fn finish(&self, answer: &[u8]) -> Result<bool> {
        let answer = Answer::parse(answer, self.generation)?;
        let output = self.client.finish(&answer.evaluated, &answer.proof, &self.key);
        let output = output.ok_or(GuardError::Proof)?;
        Ok(answer.values.iter().any(|value| output.first_chunk::<VALUE>() == Some(value)))
    }
}
