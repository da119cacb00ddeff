//! Raw deflate (RFC 1951), and deflate64 as zip has it.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Codec, State, Step};
use crate::{Format, Unreadable};

/// Raw deflate, without header and checksum.
pub(crate) struct Inflate {
    inner: Decompress,
    format: Format,
}

impl Inflate {
    pub(crate) fn raw(format: Format) -> Self {
        Self { inner: Decompress::new(false), format }
    }
}

impl Codec for Inflate {
    fn format(&self) -> Format {
        self.format
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        inflate_step(&mut self.inner, self.format, input, output)
    }
}

/// A step of zlib's inflate, whichever wrapping it was made for.
pub(super) fn inflate_step(inner: &mut Decompress, format: Format, input: &[u8], output: &mut [u8]) -> Step {
    let (in_before, out_before) = (inner.total_in(), inner.total_out());
    let result = inner.decompress(input, output, FlushDecompress::None);
    let moved = |now: u64, before: u64| usize::try_from(now.wrapping_sub(before)).unwrap_or(0);
    Step {
        consumed: moved(inner.total_in(), in_before).min(input.len()),
        produced: moved(inner.total_out(), out_before).min(output.len()),
        state: match result {
            Ok(Status::StreamEnd) => State::End,
            Ok(Status::Ok | Status::BufError) => State::More,
            Err(_) => State::Failed(Unreadable::Damaged { format, what: "broken deflate data" }),
        },
    }
}

/// Deflate64, method 9 of zip.
pub(crate) struct Inflate64 {
    inner: Box<deflate64::InflaterManaged>,
}

impl Inflate64 {
    pub(crate) fn new() -> Self {
        Self { inner: Box::new(deflate64::InflaterManaged::new()) }
    }
}

impl Codec for Inflate64 {
    fn format(&self) -> Format {
        Format::Zip
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let result = self.inner.inflate(input, output);
        Step {
            consumed: result.bytes_consumed.min(input.len()),
            produced: result.bytes_written.min(output.len()),
            state: if result.data_error {
                State::Failed(Unreadable::Damaged { format: Format::Zip, what: "broken deflate64 data" })
            } else if self.inner.finished() && self.inner.available_output() == 0 {
                State::End
            } else {
                State::More
            },
        }
    }
}
