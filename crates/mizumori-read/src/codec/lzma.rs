//! LZMA as zip has it (APPNOTE 5.8): a header of its own, then a raw LZMA stream.

use lzma_rust2::{Action, LzmaStream, Status};

use super::xz::lzma_failure;
use super::{Codec, State, Step};
use crate::{Format, LimitKind, Limits, Unreadable};

/// Version (2 bytes), size of the properties (2 bytes, always 5), properties (5 bytes).
const HEADER: usize = 9;

pub(crate) struct Lzma {
    header: Vec<u8>,
    inner: Option<Box<LzmaStream>>,
    /// The unpacked size, when the stream has no end marker.
    size: Option<u64>,
    dictionary: u64,
}

impl Lzma {
    /// `size` is the unpacked size, or none when the stream says itself where it ends.
    pub(crate) fn new(size: Option<u64>, limits: &Limits) -> Self {
        Self { header: Vec::with_capacity(HEADER), inner: None, size, dictionary: limits.dictionary_bytes }
    }

    fn begin(&self) -> Result<Box<LzmaStream>, Unreadable> {
        let damaged = Unreadable::Damaged { format: Format::Zip, what: "a broken LZMA header" };
        let &[_, _, 5, 0, properties, a, b, c, d] = self.header.as_slice() else { return Err(damaged) };
        let dictionary = u32::from_le_bytes([a, b, c, d]);
        if u64::from(dictionary) > self.dictionary {
            return Err(Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: self.dictionary });
        }
        LzmaStream::new_with_props(self.size.unwrap_or(u64::MAX), properties, dictionary, None)
            .map(Box::new)
            .map_err(|_| damaged)
    }
}

impl Codec for Lzma {
    fn format(&self) -> Format {
        Format::Zip
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let Some(inner) = &mut self.inner else {
            let consumed = input.len().min(HEADER - self.header.len());
            self.header.extend_from_slice(input.get(..consumed).unwrap_or_default());
            let mut state = State::More;
            if self.header.len() == HEADER {
                match self.begin() {
                    Ok(inner) => self.inner = Some(inner),
                    Err(why) => state = State::Failed(why),
                }
            }
            return Step { consumed, produced: 0, state };
        };
        let out_before = inner.total_out();
        let action = if input.is_empty() { Action::Finish } else { Action::Run };
        match inner.process(input, output, action) {
            Ok(result) => Step {
                consumed: result.bytes_consumed,
                produced: result.bytes_produced,
                state: if result.status == Status::StreamEnd { State::End } else { State::More },
            },
            Err(e) => Step {
                consumed: 0,
                produced: usize::try_from(inner.total_out().wrapping_sub(out_before)).unwrap_or(0),
                state: State::Failed(lzma_failure(&e, Format::Zip, self.dictionary)),
            },
        }
    }
}
