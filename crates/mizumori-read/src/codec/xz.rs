//! xz: any number of streams, zeros between them.

use lzma_rust2::{Action, Status, XzStream};

use super::{Codec, Next, State, Step};
use crate::{Format, LimitKind, Limits, Unreadable};

/// Decoded at once. What a call decoded before it failed is lost, so that this is what an error may cost.
const STEP: usize = 2048;

pub(crate) struct Xz {
    inner: XzStream,
    dictionary: u64,
}

impl Xz {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { inner: Self::stream(limits.dictionary_bytes), dictionary: limits.dictionary_bytes }
    }

    fn stream(dictionary: u64) -> XzStream {
        // In KiB, with a MiB for the decoder around its dictionary.
        let limit = u32::try_from((dictionary >> 10).saturating_add(1024)).unwrap_or(u32::MAX - 1);
        XzStream::new_mem_limit(false, limit)
    }
}

impl Codec for Xz {
    fn format(&self) -> Format {
        Format::Xz
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let action = if input.is_empty() { Action::Finish } else { Action::Run };
        let mut produced = 0;
        let mut consumed = 0;
        loop {
            let input = input.get(consumed..).unwrap_or_default();
            let room = output.get_mut(produced..).unwrap_or_default();
            let room_len = room.len().min(STEP);
            let out_before = self.inner.total_out();
            match self.inner.process(input, room.get_mut(..room_len).unwrap_or_default(), action) {
                Ok(result) => {
                    consumed += result.bytes_consumed;
                    produced += result.bytes_produced;
                    let state = match result.status {
                        Status::StreamEnd => State::End,
                        // Full: there may be more without further input.
                        Status::Ok if result.bytes_produced == STEP && produced < output.len() => continue,
                        Status::Ok => State::More,
                    };
                    return Step { consumed, produced, state };
                }
                Err(e) => {
                    produced += usize::try_from(self.inner.total_out().wrapping_sub(out_before)).unwrap_or(0);
                    let state = State::Failed(lzma_failure(&e, Format::Xz, self.dictionary));
                    return Step { consumed, produced, state };
                }
            }
        }
    }

    fn restart(&mut self, magic: &[u8; 4], len: usize) -> Next {
        if len > 0 && magic != b"\xFD7zX" {
            return Next::Foreign;
        }
        if len > 0 {
            self.inner = Self::stream(self.dictionary);
        }
        Next::Member
    }
}

/// What an error of the LZMA library means.
pub(super) fn lzma_failure(error: &std::io::Error, format: Format, dictionary: u64) -> Unreadable {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Unreadable::Truncated(format),
        std::io::ErrorKind::OutOfMemory => {
            Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: dictionary }
        }
        std::io::ErrorKind::Unsupported => Unreadable::Unsupported { format, what: "a filter of its data" },
        _ => Unreadable::Damaged { format, what: "broken LZMA data, or a checksum that does not match" },
    }
}
