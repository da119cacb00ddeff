//! A streaming decoder to UTF-8 that never fails and never loses a line end.

use encoding_rs::{CoderResult, Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::{Charset, iso2022jp};

/// Decoded at once: small enough that the zeroed output space stays in the first cache.
const STEP: usize = 8 * 1024;

/// Decodes a member, block by block, to UTF-8. Broken bytes become U+FFFD.
///
/// A line feed in the input is a line feed in the output, whatever stands before it, and the other way round:
/// lines are counted the same on both sides.
pub struct Decoder {
    encoding: &'static Encoding,
    inner: encoding_rs::Decoder,
    /// For ISO-2022-JP: the escape sequence in force, and one that the last block cut in two.
    escapes: Option<Escapes>,
}

#[derive(Default)]
struct Escapes {
    current: &'static [u8],
    cut: Vec<u8>,
    /// What was in force where the line began that is about to be decoded.
    resumed: Option<&'static [u8]>,
}

impl Decoder {
    /// Starts at the beginning of a member (behind its byte order mark), or of a line.
    pub fn new(charset: &Charset) -> Self {
        let encoding = match charset {
            Charset::Utf8 => UTF_8,
            Charset::Utf16Le => UTF_16LE,
            Charset::Utf16Be => UTF_16BE,
            Charset::Iso2022Jp => ISO_2022_JP,
            Charset::Other(encoding) => encoding,
        };
        Self {
            encoding,
            inner: encoding.new_decoder_without_bom_handling(),
            escapes: (encoding == ISO_2022_JP).then(Escapes::default),
        }
    }

    /// Appends the text of `src` to `out`. `last` says that nothing follows: what is cut off then becomes U+FFFD.
    ///
    /// However a member is cut into blocks, the output is the same.
    pub fn decode(&mut self, src: &[u8], last: bool, out: &mut Vec<u8>) {
        match self.escapes.take() {
            None => self.push(src, last, out),
            Some(mut escapes) => {
                self.decode_lines(&mut escapes, src, last, out);
                self.escapes = Some(escapes);
            }
        }
    }

    /// ISO-2022-JP: `encoding_rs`, as the Encoding Standard wants, takes a line feed inside of two-byte text for
    /// a broken character. RFC 1468 has text return to ASCII before a line ends, so that one there is always a
    /// line end of text that forgot to. It is passed by the decoder, which is then put back into its state.
    fn decode_lines(&mut self, escapes: &mut Escapes, src: &[u8], last: bool, out: &mut Vec<u8>) {
        let joined;
        let mut src = src;
        if !escapes.cut.is_empty() {
            escapes.cut.extend_from_slice(src);
            joined = std::mem::take(&mut escapes.cut);
            src = &joined;
        }
        if !last
            && let Some(at) = memchr::memrchr(0x1B, src)
            && src.len() - at < 4
        {
            let (now, later) = src.split_at(at);
            escapes.cut = later.to_vec();
            src = now;
        }
        let mut start = 0;
        for at in memchr::memchr2_iter(0x1B, b'\n', src) {
            let here = src.get(at..).unwrap_or_default();
            if let Some(escape) = iso2022jp::escape(here) {
                escapes.current = escape;
            } else if here.first() == Some(&b'\n') {
                self.push_line(escapes, src.get(start..at).unwrap_or_default(), true, out);
                out.push(b'\n');
                start = at + 1;
                self.inner = self.encoding.new_decoder_without_bom_handling();
                escapes.resumed = Some(escapes.current);
            }
        }
        self.push_line(escapes, src.get(start..).unwrap_or_default(), last, out);
    }

    /// A line, or the next part of one. A line that begins with an escape sequence needs no other before it: two
    /// with nothing between them are broken text to `encoding_rs`.
    fn push_line(&mut self, escapes: &mut Escapes, src: &[u8], last: bool, out: &mut Vec<u8>) {
        if !src.is_empty()
            && let Some(resumed) = escapes.resumed.take()
            && iso2022jp::escape(src).is_none()
        {
            self.push(resumed, false, out);
        }
        self.push(src, last, out);
    }

    fn push(&mut self, src: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut rest = src;
        loop {
            let (now, later) = rest.split_at(rest.len().min(STEP));
            let last_step = last && later.is_empty();
            let mut todo = now;
            loop {
                let from = out.len();
                // Never none for 8 KiB; the fallback only keeps the arithmetic total.
                let space = self.inner.max_utf8_buffer_length(todo.len()).unwrap_or(4 * STEP);
                out.resize(from + space, 0);
                let (result, read, written, _) =
                    self.inner.decode_to_utf8(todo, out.get_mut(from..).unwrap_or_default(), last_step);
                out.truncate(from + written);
                todo = todo.get(read..).unwrap_or_default();
                if result == CoderResult::InputEmpty {
                    break;
                }
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        if last {
            // A finished decoder of `encoding_rs` must not be used again; ours may.
            self.inner = self.encoding.new_decoder_without_bom_handling();
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{
        BIG5, EUC_JP, EUC_KR, GB18030, GBK, IBM866, KOI8_R, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252,
    };
    use proptest::prelude::*;

    use super::*;

    const ALL: [Charset; 14] = [
        Charset::Utf8,
        Charset::Utf16Le,
        Charset::Utf16Be,
        Charset::Iso2022Jp,
        Charset::Other(SHIFT_JIS),
        Charset::Other(EUC_JP),
        Charset::Other(GBK),
        Charset::Other(GB18030),
        Charset::Other(BIG5),
        Charset::Other(EUC_KR),
        Charset::Other(WINDOWS_1251),
        Charset::Other(WINDOWS_1252),
        Charset::Other(KOI8_R),
        Charset::Other(IBM866),
    ];

    fn decode(charset: &Charset, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        Decoder::new(charset).decode(bytes, true, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decodes() {
        let check = |charset: Charset, bytes: &[u8], text: &str| assert_eq!(decode(&charset, bytes), text);
        check(Charset::Utf8, b"a\xFF\xE3\x81\n", "a\u{FFFD}\u{FFFD}\n");
        check(Charset::Other(SHIFT_JIS), b"\x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68@\n", "パスワード@\n");
        check(Charset::Other(SHIFT_JIS), b"\x83\x40\x81", "ァ\u{FFFD}");
        check(Charset::Other(EUC_JP), b"\xA5\xD1\xA5\xB9\x8F\xA2\xB7\n", "パス～\n");
        check(Charset::Iso2022Jp, b"\x1B$B%Q%9\x1B(B@x\n", "パス@x\n");
        check(Charset::Utf16Le, b"a\0\n\0\x00\xD8\n\0x", "a\n\u{FFFD}\n\u{FFFD}");
        check(Charset::Utf16Be, b"\0a\xD8\0\0\n", "a\u{FFFD}\n");
        check(Charset::Other(WINDOWS_1251), b"\xEA\xEB\xFE\xF7", "ключ");
    }

    #[test]
    fn iso_2022_jp_state_crosses_a_line_that_forgets_its_end() {
        assert_eq!(decode(&Charset::Iso2022Jp, b"\x1B$B%Q%9\n%o!<\x1B(Bx\n"), "パス\nワーx\n");
        assert_eq!(decode(&Charset::Iso2022Jp, b"\x1B$B%Q%\n9%o\n"), "パ\u{FFFD}\n好\u{FFFD}\n");
    }

    #[test]
    fn iso_2022_jp_lines_that_end_and_begin_in_japanese() {
        assert_eq!(decode(&Charset::Iso2022Jp, b"\x1B$B%Q\x1B(B\n\x1B$B%9\x1B(B\n\nx"), "パ\nス\n\nx");
        assert_eq!(decode(&Charset::Iso2022Jp, b"\x1B$B%Q\n\n\x1B(Bx\n"), "パ\n\nx\n");
    }

    /// Every line feed survives behind every byte, and behind every pair of a lead byte and some other byte.
    #[test]
    fn line_feeds_survive_broken_bytes() {
        for charset in ALL {
            if charset.unit() == 2 {
                continue;
            }
            let mut heads: Vec<Vec<u8>> = (0..=255).filter(|b| *b != b'\n').map(|b| vec![b]).collect();
            for a in 0x80..=255 {
                heads.extend((0..=255).filter(|b| *b != b'\n').map(|b| vec![a, b]));
            }
            for a in 0x81..=0xFE {
                heads.extend([0x30, 0x39, 0xA1].map(|c| vec![a, 0x30, 0x81 ^ (a & 1), c]));
            }
            for escape in [&b"\x1B"[..], b"\x1B$", b"\x1B$B", b"\x1B$B%", b"\x1B(I", b"\x1B(I1", b"\x1B$(D"] {
                heads.push(escape.to_vec());
            }
            for mut line in heads {
                line.extend(b"\nx\n");
                let text = decode(&charset, &line);
                assert_eq!(text.matches('\n').count(), 2, "{} {line:02X?} {text:?}", charset.name());
            }
        }
    }

    /// Mostly bytes that mean something to some encoding.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\x1B$B".to_vec()),
            Just(b"\x1B(B".to_vec()),
            Just(b"\x1B(I".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\n\0".to_vec()),
            Just("パスワード".as_bytes().to_vec()),
            Just(b"\x83\x70\x83\x58".to_vec()),
            Just(b"%Q%9".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(bytes in bytes(), cuts in proptest::collection::vec(0..8_usize, 0..80)) {
            for charset in ALL {
                let whole = decode(&charset, &bytes);
                let mut decoder = Decoder::new(&charset);
                let mut out = Vec::new();
                let mut rest = bytes.as_slice();
                for cut in &cuts {
                    let (now, later) = rest.split_at((*cut).min(rest.len()));
                    decoder.decode(now, false, &mut out);
                    rest = later;
                }
                decoder.decode(rest, true, &mut out);
                prop_assert_eq!(&whole, &String::from_utf8(out).unwrap(), "{}", charset.name());
            }
        }

        #[test]
        fn lines_stay_lines(bytes in bytes()) {
            for charset in ALL {
                let aligned = &bytes[..bytes.len() / charset.unit() * charset.unit()];
                prop_assert_eq!(
                    charset.count_line_ends(aligned),
                    decode(&charset, aligned).matches('\n').count() as u64,
                    "{}", charset.name()
                );
            }
        }

        #[test]
        fn starts_afresh_at_lines(bytes in bytes()) {
            for charset in ALL.into_iter().filter(Charset::restarts_at_line) {
                let aligned = &bytes[..bytes.len() / charset.unit() * charset.unit()];
                let mut text = String::new();
                let mut rest = aligned;
                while let Some(end) = charset.first_line_end(rest) {
                    text += &decode(&charset, &rest[..end]);
                    rest = &rest[end..];
                }
                text += &decode(&charset, rest);
                prop_assert_eq!(decode(&charset, aligned), text, "{}", charset.name());
            }
        }
    }
}
