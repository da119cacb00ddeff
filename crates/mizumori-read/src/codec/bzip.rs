//! bzip2: any number of streams after each other, as parallel compressors write them.

use bzip2::{Decompress, Status};

use super::{Codec, Next, State, Step};
use crate::{Format, Unreadable};

pub(crate) struct Bzip2 {
    inner: Decompress,
}

impl Bzip2 {
    pub(crate) fn new() -> Self {
        Self { inner: Decompress::new(false) }
    }
}

impl Codec for Bzip2 {
    fn format(&self) -> Format {
        Format::Bzip2
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let (in_before, out_before) = (self.inner.total_in(), self.inner.total_out());
        let result = self.inner.decompress(input, output);
        let moved = |now: u64, before: u64| usize::try_from(now.wrapping_sub(before)).unwrap_or(0);
        Step {
            consumed: moved(self.inner.total_in(), in_before).min(input.len()),
            produced: moved(self.inner.total_out(), out_before).min(output.len()),
            state: match result {
                Ok(Status::StreamEnd) => State::End,
                Ok(_) => State::More,
                Err(_) => State::Failed(Unreadable::Damaged {
                    format: Format::Bzip2,
                    what: "a broken block, or a checksum that does not match",
                }),
            },
        }
    }

    fn restart(&mut self, magic: &[u8; 4], len: usize) -> Next {
        if len > 0 && !(magic.starts_with(b"BZh") && len == 4) {
            return Next::Foreign;
        }
        if len > 0 {
            self.inner = Decompress::new(false);
        }
        Next::Member
    }
}
