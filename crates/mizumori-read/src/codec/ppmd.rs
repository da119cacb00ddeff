//! PPMd variant I, revision 1, as zip has it (APPNOTE 5.10).

use std::io::{self, Read};

use ppmd_rust::Ppmd8Decoder;

use crate::read_at::fill;
use crate::{Format, LimitKind, Limits, Unreadable};

/// Decoded at once. The library returns bytes or an error, so that a step is what an error may cost.
const STEP: usize = 256;

pub(crate) struct Ppmd<R: Read> {
    inner: Inner<R>,
    dictionary: u64,
    /// Unpacked bytes to come; the stream's own end marker is not always written.
    left: u64,
}

enum Inner<R: Read> {
    Waiting(R),
    Running(Box<Ppmd8Decoder<R>>),
    Failed,
}

impl<R: Read> Ppmd<R> {
    /// `size` is the unpacked size.
    pub(crate) fn new(input: R, size: u64, limits: &Limits) -> Self {
        Self { inner: Inner::Waiting(input), dictionary: limits.dictionary_bytes, left: size }
    }

    fn begin(&self, mut input: R) -> Result<Box<Ppmd8Decoder<R>>, Unreadable> {
        let damaged = Unreadable::Damaged { format: Format::Zip, what: "a broken PPMd header" };
        let mut header = [0; 2];
        match fill(&mut input, &mut header) {
            Ok(2) => {}
            Ok(_) => return Err(Unreadable::Truncated(Format::Zip)),
            Err(e) => return Err(Unreadable::from_io(&e)),
        }
        let header = u32::from(u16::from_le_bytes(header));
        let order = (header & 0x0F) + 1;
        let memory = (((header >> 4) & 0xFF) + 1) << 20;
        if u64::from(memory) > self.dictionary {
            return Err(Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: self.dictionary });
        }
        let restore = (header >> 12) & 0x0F;
        Ppmd8Decoder::new(input, order, memory, restore.into()).map(Box::new).map_err(|_| damaged)
    }
}

impl<R: Read> Read for Ppmd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Inner::Waiting(_) = &self.inner
            && let Inner::Waiting(input) = std::mem::replace(&mut self.inner, Inner::Failed)
        {
            self.inner = Inner::Running(self.begin(input).map_err(Unreadable::into_io)?);
        }
        let Inner::Running(inner) = &mut self.inner else {
            return Err(Unreadable::Decoder(Format::Zip).into_io());
        };
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(STEP).min(buf.len());
        let n = match buf.get_mut(..room) {
            Some(room) if !room.is_empty() => match inner.read(room) {
                Ok(n) => n,
                Err(e) => {
                    // A decoder that failed must not be asked again.
                    self.inner = Inner::Failed;
                    return Err(e);
                }
            },
            _ => 0,
        };
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}
