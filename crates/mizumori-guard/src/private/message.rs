//! What goes over the wire. Everything in here may come from somebody hostile.
//!
//! `GET parameters` is answered with JSON, [`Parameters`]. A question and its answer are bytes; numbers are little-endian.
//!
//! | bytes | question |
//! |---|---|
//! | 1 | version: 1 |
//! | 1 | bits of a bucket, as the parameters had them |
//! | 2 | zeros |
//! | 4 | generation |
//! | 4 | bucket |
//! | 32 | blinded element |
//!
//! | bytes | answer |
//! |---|---|
//! | 1 | version: 1 |
//! | 1 | bytes of a value: 10 |
//! | 2 | zeros |
//! | 4 | generation |
//! | 4 | *n* |
//! | 32 | evaluated element |
//! | 64 | proof: *c*, then *s* (RFC 9497, section 2.2) |
//! | *n* × 10 | the values of the bucket, ascending |

use serde::{Deserialize, Serialize};

use super::buckets::MOST_BITS;
use super::manifest::MOST_GENERATIONS;
use super::oprf::{ELEMENT, PROOF, PublicKey};
use super::pair::{SALT, SlowHash};
use super::{VALUE, Value};
use crate::error::{GuardError, Result};
use crate::format::number;
use crate::hex;

/// The version of the messages.
const VERSION: u8 = 1;
/// Bytes before the elements, of questions and answers.
const HEAD: usize = 12;
/// Bytes of a value, as answers tell them.
const WIDTH: u8 = VALUE as u8;
/// Bytes of a question.
pub const QUESTION: usize = HEAD + ELEMENT;
/// Bytes of an answer before its values.
const ANSWER_HEAD: usize = HEAD + ELEMENT + PROOF;
/// The most bytes that an answer may have: a bucket of a million values.
pub const MOST_ANSWER: usize = ANSWER_HEAD + (1 << 20) * VALUE;
/// The most bytes that parameters may have.
pub const MOST_PARAMETERS: usize = 1 << 16;

/// What a client has to know before it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The version of this object: 1.
    pub schema: u32,
    /// How long it may be kept, in seconds.
    pub valid_seconds: u64,
    /// The generations that answer, the oldest first. A pair may be in any of them: a client asks each.
    pub generations: Vec<GenerationParameters>,
}

/// What a client has to know of a generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationParameters {
    /// Its number.
    pub number: u32,
    /// The key that its proofs are checked with, in hexadecimal digits.
    pub public_key: String,
    /// The salt of its accounts.
    #[serde(with = "hex::field")]
    pub(super) salt: [u8; SALT],
    /// How slow its hash is.
    pub slow_hash: SlowHash,
    /// How many bits of an account's place the server is told.
    pub bucket_bits: u32,
}

impl Parameters {
    /// Reads what a server says.
    ///
    /// # Errors
    /// When it is not what a server of this version says.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let not = GuardError::Answer;
        if text.len() > MOST_PARAMETERS {
            return Err(not("its parameters are too long"));
        }
        let read: Self = serde_json::from_slice(text)
            .map_err(|_| not("its parameters are none that this program knows"))?;
        if read.schema != 1 {
            return Err(not("its parameters are of another version"));
        }
        let sound = |generation: &GenerationParameters| {
            generation.bucket_bits <= MOST_BITS
                && generation.slow_hash.check().is_ok()
                && PublicKey::parse(&generation.public_key).is_some()
        };
        if read.generations.len() > MOST_GENERATIONS || !read.generations.iter().all(sound) {
            return Err(not("its parameters are beyond what is accepted"));
        }
        Ok(read)
    }
}

/// A question.
#[derive(Clone, Copy)]
pub(super) struct Question {
    pub(super) bits: u32,
    pub(super) generation: u32,
    pub(super) bucket: u32,
    pub(super) blinded: [u8; ELEMENT],
}

impl Question {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![VERSION, u8::try_from(self.bits).unwrap_or_default(), 0, 0];
        bytes.extend(self.generation.to_le_bytes());
        bytes.extend(self.bucket.to_le_bytes());
        bytes.extend(self.blinded);
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let parts = || {
            let (head, blinded) = bytes.split_first_chunk::<HEAD>()?;
            Some((head, <[u8; ELEMENT]>::try_from(blinded).ok()?))
        };
        let (head, blinded) = parts().ok_or(GuardError::Question("it has another length than a question"))?;
        let [VERSION, bits, 0, 0, ..] = *head else {
            return Err(GuardError::Question("it is of another version"));
        };
        let field = |at| u32::try_from(number(head, at, 4)).unwrap_or_default();
        Ok(Self { bits: bits.into(), generation: field(4), bucket: field(8), blinded })
    }
}

/// An answer, of bytes that somebody else holds.
pub(super) struct Answer<'b> {
    pub(super) evaluated: [u8; ELEMENT],
    pub(super) proof: [u8; PROOF],
    pub(super) values: &'b [Value],
}

impl<'b> Answer<'b> {
    /// Puts an answer together.
    pub(super) fn write(
        generation: u32,
        evaluated: &[u8; ELEMENT],
        proof: &[u8; PROOF],
        values: &[u8],
    ) -> Vec<u8> {
        let count = u32::try_from(values.len() / VALUE).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(ANSWER_HEAD + values.len());
        bytes.extend([VERSION, WIDTH, 0, 0]);
        bytes.extend(generation.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(evaluated);
        bytes.extend(proof);
        bytes.extend(values);
        bytes
    }

    /// Reads the answer to a question of this generation.
    pub(super) fn parse(bytes: &'b [u8], generation: u32) -> Result<Self> {
        let not = GuardError::Answer;
        if bytes.len() > MOST_ANSWER {
            return Err(not("its answer is too long"));
        }
        let cut = "its answer is cut short";
        let parts = || {
            let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
            let (evaluated, rest) = rest.split_first_chunk::<ELEMENT>()?;
            let (proof, rest) = rest.split_first_chunk::<PROOF>()?;
            Some((head, *evaluated, *proof, rest))
        };
        let (head, evaluated, proof, rest) = parts().ok_or_else(|| not(cut))?;
        let [VERSION, WIDTH, 0, 0, ..] = *head else {
            return Err(not("its answer is of another version"));
        };
        if number(head, 4, 4) != u64::from(generation) {
            return Err(not("its answer is of another generation"));
        }
        let (values, rest) = rest.as_chunks::<VALUE>();
        if !rest.is_empty() || number(head, 8, 4) != values.len() as u64 {
            return Err(not(cut));
        }
        Ok(Self { evaluated, proof, values })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn questions_there_and_back(bits in 0_u32..=255, generation: u32, bucket: u32, blinded: [u8; ELEMENT]) {
            let bytes = Question { bits, generation, bucket, blinded }.to_bytes();
            prop_assert_eq!(bytes.len(), QUESTION);
            let read = Question::parse(&bytes).unwrap();
            prop_assert_eq!(
                (read.bits, read.generation, read.bucket, read.blinded),
                (bits, generation, bucket, blinded)
            );
        }

        #[test]
        fn hostile_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Question::parse(&bytes);
            let _ = Answer::parse(&bytes, 1);
            let _ = Parameters::parse(&bytes);
        }
    }

    #[test]
    fn questions_that_are_none() {
        let sound = Question { bits: 1, generation: 2, bucket: 3, blinded: [4; ELEMENT] }.to_bytes();
        for bytes in [&sound[..QUESTION - 1], &[], &[sound.as_slice(), &[0]].concat()] {
            assert!(matches!(Question::parse(bytes), Err(GuardError::Question(_))));
        }
        for at in [0, 2, 3] {
            let mut changed = sound.clone();
            changed[at] += 1;
            assert!(Question::parse(&changed).is_err());
        }
    }

    #[test]
    fn answers_that_are_none() {
        let sound = Answer::write(7, &[1; ELEMENT], &[2; PROOF], &[3; 2 * VALUE]);
        let read = Answer::parse(&sound, 7).unwrap();
        assert_eq!((read.evaluated, read.proof, read.values), ([1; 32], [2; 64], &[[3; VALUE]; 2][..]));
        assert!(Answer::parse(&sound, 8).is_err());
        for cut in 0..sound.len() {
            assert!(Answer::parse(&sound[..cut], 7).is_err());
        }
        for at in [0, 1, 2, 3, 8] {
            let mut changed = sound.clone();
            changed[at] += 1;
            assert!(Answer::parse(&changed, 7).is_err());
        }
    }

    #[test]
    fn parameters_that_are_none() {
        let key = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";
        let text = |key: &str, memory: u32, bits: u32, schema: u32| {
            format!(
                r#"{{"schema":{schema},"valid_seconds":60,"generations":[{{"number":1,"public_key":"{key}","salt":"{}","slow_hash":{{"memory_kib":{memory},"passes":1,"lanes":1}},"bucket_bits":{bits}}}]}}"#,
                "00".repeat(SALT)
            )
        };
        let parse = |text: &str| Parameters::parse(text.as_bytes());
        assert_eq!(parse(&text(key, 8, 20, 1)).unwrap().generations.len(), 1);
        for text in [
            text(key, 8, 20, 2),
            text(key, 8, 21, 1),
            text(key, 1 << 21, 20, 1),
            text(&"00".repeat(32), 8, 20, 1),
            text("xyz", 8, 20, 1),
            String::new(),
            " ".repeat(MOST_PARAMETERS + 1),
        ] {
            assert!(matches!(parse(&text), Err(GuardError::Answer(_))), "{text:.80}");
        }
    }
}
