//! Single-file compressors, driven without losing what came out before an error.
//!
//! The reader types of the decompression libraries return either bytes or an error: what one call had decoded
//! before it failed is lost, up to the size of the caller's buffer. [`Decoding`] drives the libraries' block
//! interfaces instead, delivers everything first, and knows about members that follow each other.

mod bzip;
mod gzip;
mod inflate;
mod lz4;
mod lzma;
mod ppmd;
mod xz;
mod zst;

use std::io::{self, BufRead, Read};

pub(crate) use bzip::Bzip2;
pub(crate) use inflate::{Inflate, Inflate64};
pub(crate) use lzma::Lzma;
pub(crate) use ppmd::Ppmd;
pub(crate) use xz::Xz;
pub(crate) use zst::Zstd;

use crate::{Format, Limits, Unreadable};

/// One step of a decompressor: what it took, what it gave, and how it stands now.
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
    pub(crate) state: State,
}

/// How a decompressor stands after a step.
pub(crate) enum State {
    /// It wants more input or more room.
    More,
    /// The member ends here.
    End,
    /// It cannot go on; what it produced before is sound.
    Failed(Unreadable),
}

/// A decompressor that works on slices.
pub(crate) trait Codec {
    /// The format, for what is reported.
    fn format(&self) -> Format;

    /// Decodes from `input`, which is empty only when nothing follows, into `output`, which is never empty.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;

    /// Whether another member may follow, and begins with `magic` (shorter at the end of the data). Whoever says
    /// yes is ready to decode it.
    fn restart(&mut self, magic: &[u8; 4], len: usize) -> Next {
        let _ = (magic, len);
        Next::Nothing
    }
}

/// What follows a member.
pub(crate) enum Next {
    /// Another member, which the codec is ready for.
    Member,
    /// Only one member is possible: the rest is somebody else's.
    Nothing,
    /// No member of this format.
    Foreign,
}

/// Decompresses all members of `input`.
pub(crate) struct Decoding<R, C> {
    input: R,
    codec: C,
    /// Bytes taken from the input to see what follows a member, not decoded yet.
    ahead: Vec<u8>,
    state: Driving,
    /// Steps in a row that moved nothing although there was input.
    stalled: u32,
}

/// So many of them are a decoder that will never move again.
const STALLED: u32 = 64;

enum Driving {
    Inside,
    Between,
    Done,
    Failed(Unreadable),
}

impl<R: BufRead, C: Codec> Decoding<R, C> {
    pub(crate) fn new(input: R, codec: C) -> Self {
        Self { input, codec, ahead: Vec::new(), state: Driving::Inside, stalled: 0 }
    }

    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (step, at_end) = if self.ahead.is_empty() {
            let input = self.input.fill_buf()?;
            let step = self.codec.step(input, out);
            let at_end = input.is_empty();
            self.input.consume(step.consumed);
            (step, at_end)
        } else {
            let step = self.codec.step(&self.ahead, out);
            self.ahead.drain(..step.consumed.min(self.ahead.len()));
            (step, false)
        };
        self.stalled = if step.produced == 0 && step.consumed == 0 { self.stalled + 1 } else { 0 };
        match step.state {
            State::End => self.state = Driving::Between,
            State::Failed(why) => self.state = Driving::Failed(why),
            State::More if at_end && step.produced == 0 && step.consumed == 0 => {
                self.state = Driving::Failed(Unreadable::Truncated(self.codec.format()));
            }
            State::More if self.stalled >= STALLED => {
                self.state = Driving::Failed(Unreadable::Decoder(self.codec.format()));
            }
            State::More => {}
        }
        Ok(step.produced)
    }

    /// Looks behind a member: padding of zeros is passed over, as gzip, xz and tape blocks have it.
    fn look_ahead(&mut self) -> io::Result<()> {
        let mut magic = [0; 4];
        // A format of one member must not touch what follows.
        if let Next::Nothing = self.codec.restart(&magic, 0) {
            self.state = Driving::Done;
            return Ok(());
        }
        while self.ahead.len() < magic.len() {
            let input = self.input.fill_buf()?;
            let Some(&byte) = input.first() else { break };
            let used = if self.ahead.is_empty() && byte == 0 {
                input.iter().take_while(|byte| **byte == 0).count()
            } else {
                self.ahead.push(byte);
                1
            };
            self.input.consume(used);
        }
        for (to, from) in magic.iter_mut().zip(&self.ahead) {
            *to = *from;
        }
        self.state = match self.ahead.len() {
            0 => Driving::Done,
            len => match self.codec.restart(&magic, len) {
                Next::Member => Driving::Inside,
                Next::Nothing => Driving::Done,
                Next::Foreign => Driving::Failed(Unreadable::Trailing(self.codec.format())),
            },
        };
        Ok(())
    }
}

impl<R: BufRead, C: Codec> Read for Decoding<R, C> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match &self.state {
                Driving::Inside => {
                    let n = self.step(out)?;
                    if n > 0 {
                        return Ok(n);
                    }
                }
                Driving::Between => self.look_ahead()?,
                Driving::Done => return Ok(0),
                Driving::Failed(why) => return Err(why.clone().into_io()),
            }
        }
    }
}

/// Opens the single-file compressor `format`; a plain copy for what is none.
pub(crate) fn open<'a, R: BufRead + 'a>(format: Format, input: R, limits: &Limits) -> Box<dyn Read + 'a> {
    match format {
        Format::Gzip => Box::new(Decoding::new(input, gzip::Gzip::new())),
        Format::Bzip2 => Box::new(Decoding::new(input, Bzip2::new())),
        Format::Xz => Box::new(Decoding::new(input, Xz::new(limits))),
        Format::Zstd => Box::new(Decoding::new(input, Zstd::new(limits))),
        Format::Lz4 => Box::new(lz4::Lz4::new(input)),
        Format::Tar | Format::Zip | Format::SevenZip | Format::Rar => Box::new(input),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use super::*;

    fn text() -> Vec<u8> {
        (0..9000_u32)
            .flat_map(|i| {
                format!("user{i}@suigen.example:{:x}\n", i.wrapping_mul(2_654_435_761)).into_bytes()
            })
            .collect()
    }

    fn packed(format: Format, text: &[u8]) -> Vec<u8> {
        match format {
            Format::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            Format::Bzip2 => {
                let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            Format::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(0);
                let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            Format::Zstd => zstd::bulk::compress(text, 1).unwrap(),
            _ => {
                let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
        }
    }

    /// However small the pieces are that come in and go out: a decompressor that needs more of one must not take
    /// that for the end of the other.
    #[test]
    fn pieces_do_not_matter() {
        let text = text();
        for format in [Format::Gzip, Format::Bzip2, Format::Xz, Format::Zstd, Format::Lz4] {
            let two = [packed(format, &text[..1000]), packed(format, &text[1000..])].concat();
            for (input, output) in
                [(1, 4096), (3, 7), (5, 1), (7, 2048), (1000, 100_000), (4096, 2048), (65_536, 313)]
            {
                let mut read =
                    open(format, BufReader::with_capacity(input, two.as_slice()), &Limits::default());
                let mut out = Vec::new();
                let mut buf = vec![0; output];
                loop {
                    match read.read(&mut buf).unwrap() {
                        0 => break,
                        n => out.extend_from_slice(&buf[..n]),
                    }
                }
                assert!(out == text, "{format} by {input} and {output}: {} of {}", out.len(), text.len());
            }
        }
    }
}
