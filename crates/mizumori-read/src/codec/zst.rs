//! Zstandard, RFC 8878: any number of frames, skippable ones too.

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use super::{Codec, Next, State, Step};
use crate::{Format, LimitKind, Limits, Unreadable};

/// The library's own floor for the largest window, as a power of two.
const SMALLEST_WINDOW_LOG: u32 = 10;
/// What one frame header may have to be read before the library says how much the first block takes.
const FIRST_HINT: usize = 18;

pub(crate) struct Zstd {
    inner: Option<Decoder<'static>>,
    format: Format,
    window: u64,
    hint: usize,
}

impl Zstd {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self::within(Format::Zstd, limits)
    }

    /// As a method inside `format`.
    pub(crate) fn within(format: Format, limits: &Limits) -> Self {
        let log = limits.dictionary_bytes.checked_ilog2().unwrap_or(0).clamp(SMALLEST_WINDOW_LOG, 31);
        let inner = Decoder::new().ok().and_then(|mut inner| {
            inner.set_parameter(DParameter::WindowLogMax(log)).ok()?;
            Some(inner)
        });
        Self { inner, format, window: limits.dictionary_bytes, hint: FIRST_HINT }
    }

    fn failure(&self, text: &str) -> Unreadable {
        // The binding keeps the library's message only. These are in its error table since 1.0.
        if text.contains("too much memory") {
            Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: self.window }
        } else if text.contains("Dictionary") {
            Unreadable::Unsupported { format: self.format, what: "an external dictionary" }
        } else {
            Unreadable::Damaged {
                format: self.format,
                what: "a broken frame, or a checksum that does not match",
            }
        }
    }
}

impl Codec for Zstd {
    fn format(&self) -> Format {
        self.format
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let Some(inner) = &mut self.inner else {
            return Step { consumed: 0, produced: 0, state: State::Failed(Unreadable::Decoder(self.format)) };
        };
        // Given more than it asks for, the library decodes several blocks in one call, and those before a broken
        // one would be lost with it.
        let now = input.get(..input.len().min(self.hint)).unwrap_or_default();
        let mut from = InBuffer::around(now);
        let mut to = OutBuffer::around(output);
        let result = inner.run(&mut from, &mut to);
        let (consumed, produced) = (from.pos(), to.pos());
        let state = match result {
            Ok(0) => {
                self.hint = FIRST_HINT;
                State::End
            }
            Ok(hint) => {
                self.hint = hint.max(1);
                State::More
            }
            Err(e) => State::Failed(self.failure(&e.to_string())),
        };
        Step { consumed, produced, state }
    }

    fn restart(&mut self, magic: &[u8; 4], len: usize) -> Next {
        let skippable = matches!(magic, [0x50..=0x5F, 0x2A, 0x4D, 0x18]);
        if len > 0 && !(magic == b"\x28\xB5\x2F\xFD" || skippable) {
            return Next::Foreign;
        }
        Next::Member
    }
}
