//! gzip, RFC 1952: any number of members, zeros behind them.

use flate2::Decompress;

use super::inflate::inflate_step;
use super::{Codec, Next, State, Step};
use crate::{Format, Unreadable};

/// Window of 32 KiB, the largest that the format has.
const WINDOW_BITS: u8 = 15;

pub(super) struct Gzip {
    inner: Decompress,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { inner: Decompress::new_gzip(WINDOW_BITS) }
    }
}

impl Codec for Gzip {
    fn format(&self) -> Format {
        Format::Gzip
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut step = inflate_step(&mut self.inner, Format::Gzip, input, output);
        if let State::Failed(_) = step.state {
            // The library checks the trailer, too, but does not say which of the two failed.
            step.state = State::Failed(Unreadable::Damaged {
                format: Format::Gzip,
                what: "broken deflate data, or a checksum that does not match",
            });
        }
        step
    }

    fn restart(&mut self, magic: &[u8; 4], len: usize) -> Next {
        if len > 0 && !magic.starts_with(b"\x1F\x8B\x08") {
            return Next::Foreign;
        }
        if len > 0 {
            self.inner = Decompress::new_gzip(WINDOW_BITS);
        }
        Next::Member
    }
}
