//! LZ4 frames (lz4_Frame_format.md 1.6.3), concatenated, skippable and legacy ones too.
//!
//! The library's own frame reader takes an input that ends between two blocks for a complete one, and knows no
//! legacy frames; here only its block decoder is used.

mod salvage;

use std::hash::Hasher as _;
use std::io::{self, BufRead, Read};

use twox_hash::XxHash32;

use crate::read_at::fill;
use crate::{Format, Unreadable};

use salvage::salvage;

const FRAME: u32 = 0x184D_2204;
const LEGACY: u32 = 0x184C_2102;
const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184D_2A50..=0x184D_2A5F;
/// How far back a block may refer.
const WINDOW: usize = 64 << 10;
const LEGACY_BLOCK: usize = 8 << 20;

const DAMAGED: Unreadable = Unreadable::Damaged { format: Format::Lz4, what: "a broken frame or block" };

/// Decompresses all frames of `input`.
pub(super) struct Lz4<R> {
    input: R,
    frame: Option<Frame>,
    /// The window, then the current block.
    out: Vec<u8>,
    packed: Vec<u8>,
    start: usize,
    end: usize,
    failed: Option<Unreadable>,
    done: bool,
}

struct Frame {
    legacy: bool,
    linked: bool,
    block_checksums: bool,
    checksum: Option<XxHash32>,
    declared: Option<u64>,
    produced: u64,
    block: usize,
}

impl<R: BufRead> Lz4<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            frame: None,
            out: Vec::new(),
            packed: Vec::new(),
            start: 0,
            end: 0,
            failed: None,
            done: false,
        }
    }

    /// Reads until something is decoded or the end is reached.
    fn advance(&mut self) -> Result<(), Unreadable> {
        while self.start == self.end && !self.done {
            match self.frame.take() {
                None => {
                    while let Some(0) = self.peek()? {
                        self.input.consume(1);
                    }
                    let mut magic = [0; 4];
                    match self.read(&mut magic)? {
                        0 => self.done = true,
                        4 => self.begin(u32::from_le_bytes(magic))?,
                        _ => return Err(Unreadable::Trailing(Format::Lz4)),
                    }
                }
                Some(frame) => self.block(frame)?,
            }
        }
        Ok(())
    }

    fn begin(&mut self, magic: u32) -> Result<(), Unreadable> {
        match magic {
            FRAME => {
                self.frame = Some(self.header()?);
            }
            LEGACY => {
                self.frame = Some(Frame {
                    legacy: true,
                    linked: false,
                    block_checksums: false,
                    checksum: None,
                    declared: None,
                    produced: 0,
                    block: LEGACY_BLOCK,
                });
            }
            magic if SKIPPABLE.contains(&magic) => {
                let len = u64::from(self.u32()?);
                let skipped = io::copy(&mut (&mut self.input).take(len), &mut io::sink());
                if skipped.map_err(|e| Unreadable::from_io(&e))? < len {
                    return Err(Unreadable::Truncated(Format::Lz4));
                }
            }
            _ => return Err(Unreadable::Trailing(Format::Lz4)),
        }
        self.start = 0;
        self.end = 0;
        Ok(())
    }

    fn header(&mut self) -> Result<Frame, Unreadable> {
        let mut descriptor = [0; 14];
        let (fixed, rest) = descriptor.split_at_mut(2);
        self.exactly(fixed)?;
        let &mut [flags, block] = fixed else { return Err(DAMAGED) };
        let (has_size, has_dictionary) = (flags & 0x08 != 0, flags & 0x01 != 0);
        let len = if has_size { 8 } else { 0 } + if has_dictionary { 4 } else { 0 };
        self.exactly(rest.get_mut(..len).unwrap_or_default())?;
        let declared = match rest.get(..8) {
            Some(&[a, b, c, d, e, f, g, h]) if has_size => Some(u64::from_le_bytes([a, b, c, d, e, f, g, h])),
            _ => None,
        };
        let mut check = [0];
        self.exactly(&mut check)?;
        let sum = XxHash32::oneshot(0, descriptor.get(..2 + len).unwrap_or_default());
        let block = match block >> 4 & 7 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(DAMAGED),
        };
        if flags >> 6 != 1 || u32::from(check[0]) != sum >> 8 & 0xFF {
            return Err(DAMAGED);
        }
        if has_dictionary {
            return Err(Unreadable::Unsupported { format: Format::Lz4, what: "an external dictionary" });
        }
        Ok(Frame {
            legacy: false,
            linked: flags & 0x20 == 0,
            block_checksums: flags & 0x10 != 0,
            checksum: (flags & 0x04 != 0).then(|| XxHash32::with_seed(0)),
            declared,
            produced: 0,
            block,
        })
    }

    /// One block, or the end of the frame.
    fn block(&mut self, mut frame: Frame) -> Result<(), Unreadable> {
        let Some(size) = self.block_size(&frame)? else { return self.finish(&frame) };
        let stored = !frame.legacy && size >> 31 != 0;
        let len = if frame.legacy { size } else { size & 0x7FFF_FFFF } as usize;
        // Data that does not shrink is stored, so that no block is larger than unpacked; legacy ones may be.
        if len > frame.block + if frame.legacy { frame.block / 255 + 16 } else { 0 } {
            return Err(DAMAGED);
        }
        self.packed.clear();
        let read = (&mut self.input).take(len as u64).read_to_end(&mut self.packed);
        read.map_err(|e| Unreadable::from_io(&e))?;
        let mut whole = self.packed.len() == len;
        let mut checked = true;
        if frame.block_checksums && whole {
            let mut sum = [0; 4];
            whole = self.read(&mut sum)? == 4;
            checked = !whole || u32::from_le_bytes(sum) == XxHash32::oneshot(0, &self.packed);
        }
        let window = self.slide(&frame);
        let (history, room) = self.out.split_at_mut(window);
        let produced = if stored {
            let n = self.packed.len().min(room.len());
            if let (Some(to), Some(from)) = (room.get_mut(..n), self.packed.get(..n)) {
                to.copy_from_slice(from);
            }
            Ok(n)
        } else if whole && checked {
            lz4_flex::block::decompress_into_with_dict(&self.packed, room, history).map_err(|_| ())
        } else {
            Err(())
        };
        let sound = produced.is_ok();
        let n = produced.unwrap_or_else(|()| salvage(&self.packed, history, room));
        self.start = window;
        self.end = window + n;
        frame.produced = frame.produced.saturating_add(n as u64);
        if let Some(sum) = &mut frame.checksum {
            sum.write(self.out.get(self.start..self.end).unwrap_or_default());
        }
        self.frame = Some(frame);
        if !whole {
            Err(Unreadable::Truncated(Format::Lz4))
        } else if !checked {
            Err(Unreadable::Checksum(Format::Lz4))
        } else if !sound {
            Err(DAMAGED)
        } else {
            Ok(())
        }
    }

    /// The size field of the next block; none at the end of the frame.
    fn block_size(&mut self, frame: &Frame) -> Result<Option<u32>, Unreadable> {
        if frame.legacy {
            // A legacy frame ends with the data, or with the magic number of the next one.
            let mut size = [0; 4];
            return match self.read(&mut size)? {
                0 => Ok(None),
                4 => match u32::from_le_bytes(size) {
                    magic @ (FRAME | LEGACY) => {
                        self.begin(magic)?;
                        Ok(None)
                    }
                    size => Ok(Some(size)),
                },
                _ => Err(Unreadable::Truncated(Format::Lz4)),
            };
        }
        let size = self.u32()?;
        Ok((size != 0).then_some(size))
    }

    fn finish(&mut self, frame: &Frame) -> Result<(), Unreadable> {
        if let Some(sum) = &frame.checksum
            && self.u32()? != sum.finish_32()
        {
            return Err(Unreadable::Checksum(Format::Lz4));
        }
        match frame.declared {
            Some(declared) if declared != frame.produced => {
                Err(Unreadable::Size { format: Format::Lz4, declared, actual: frame.produced })
            }
            _ => Ok(()),
        }
    }

    /// Keeps what the next block may refer to at the front of `out`, with room for the block behind it.
    fn slide(&mut self, frame: &Frame) -> usize {
        let window = if frame.linked { self.end.min(WINDOW) } else { 0 };
        self.out.copy_within(self.end - window..self.end, 0);
        self.out.resize(WINDOW + frame.block, 0);
        // `out` is longer than one window and one block only by the window's unused part.
        let len = window + frame.block;
        self.out.truncate(len.max(window));
        window
    }

    fn peek(&mut self) -> Result<Option<u8>, Unreadable> {
        self.input.fill_buf().map(|buf| buf.first().copied()).map_err(|e| Unreadable::from_io(&e))
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Unreadable> {
        fill(&mut self.input, buf).map_err(|e| Unreadable::from_io(&e))
    }

    fn exactly(&mut self, buf: &mut [u8]) -> Result<(), Unreadable> {
        if self.read(buf)? < buf.len() { Err(Unreadable::Truncated(Format::Lz4)) } else { Ok(()) }
    }

    fn u32(&mut self) -> Result<u32, Unreadable> {
        let mut bytes = [0; 4];
        self.exactly(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && self.failed.is_none() && !buf.is_empty() {
            self.failed = self.advance().err();
        }
        let ready = self.out.get(self.start..self.end).unwrap_or_default();
        if let Some(why) = &self.failed
            && ready.is_empty()
        {
            return Err(why.clone().into_io());
        }
        let n = ready.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), ready.get(..n)) {
            to.copy_from_slice(from);
        }
        self.start += n;
        Ok(n)
    }
}
