//! The decoded text of a member, for formats that read it from the start.

use std::io::{self, BufRead, Read};
use std::sync::atomic::Ordering;

use mizumori_read::{Charset, Decoder};

use super::Progress;
use super::read_lines::{BLOCK, Bytes, OldMac, room_for};
use crate::lines::count_ats;

/// Decodes a member as it is read, and counts its lines and at-signs on the way.
///
/// A read error ends the text (the reader, which watches every body, reports it), and so does a request to stop.
pub(super) struct TextReader<'t, B> {
    bytes: B,
    decoder: Option<Decoder>,
    old_mac: OldMac,
    raw: Vec<u8>,
    text: Vec<u8>,
    position: usize,
    ended: bool,
    last: Option<u8>,
    progress: &'t Progress,
}

impl<'t, B: Bytes> TextReader<'t, B> {
    /// Reads `bytes` of `charset`, from behind its byte order mark.
    pub(super) fn new(bytes: B, charset: &Charset, old_mac: OldMac, progress: &'t Progress) -> Self {
        let decoder = (!charset.is_utf8()).then(|| Decoder::new(charset));
        let raw = vec![0; room_for(&bytes, BLOCK)];
        Self {
            bytes,
            decoder,
            old_mac,
            raw,
            text: Vec::new(),
            position: 0,
            ended: false,
            last: None,
            progress,
        }
    }

    fn fill(&mut self) {
        self.position = 0;
        self.text.clear();
        while self.text.is_empty() && !self.ended {
            let read = if self.progress.is_stopped() { Ok(0) } else { self.bytes.read(&mut self.raw) };
            let read = read.unwrap_or(0);
            self.ended = read == 0;
            let raw = self.raw.get(..read).unwrap_or_default();
            match &mut self.decoder {
                Some(decoder) => decoder.decode(raw, self.ended, &mut self.text),
                None => self.text.extend_from_slice(raw),
            }
        }
        if self.old_mac == OldMac::Yes {
            self.text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        self.last = self.text.last().copied().or(self.last);
        let unended = self.text.is_empty() && self.last.take().is_some_and(|last| last != b'\n');
        let lines = memchr::memchr_iter(b'\n', &self.text).count() as u64 + u64::from(unended);
        self.progress.lines.fetch_add(lines, Ordering::Relaxed);
        self.progress.addresses.fetch_add(count_ats(&self.text), Ordering::Relaxed);
    }
}

impl<B: Bytes> Read for TextReader<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<B: Bytes> BufRead for TextReader<'_, B> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.text.len() && !(self.ended && self.text.is_empty()) {
            self.fill();
        }
        Ok(self.text.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position = (self.position + amount).min(self.text.len());
    }
}
