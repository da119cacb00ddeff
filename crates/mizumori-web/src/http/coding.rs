//! Content codings: which one the other side takes (RFC 9110, section 12.5.3), and an answer in it.

use std::io::{self, Write};

use http::{HeaderMap, HeaderValue, header};

/// Answers below it are sent as they are: there is nothing to save.
const LEAST: u64 = 512;
/// Effort, of at most 9: hexadecimal digits are halved by the first steps, and the later ones win little.
const GZIP: u32 = 4;
/// Effort, of at most 11.
const BROTLI: i32 = 4;
/// Bytes that are searched for repetitions, as a power of two: an answer is not longer.
const BROTLI_WINDOW: i32 = 18;

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// The one that is taken and preferred; of two that are liked as much, the shorter one.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let mut best = (Self::Identity, 0.0);
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for item in value.to_str().unwrap_or_default().split(',') {
                let (name, weight) = weighed(item);
                let coding = match name.to_ascii_lowercase().as_str() {
                    "br" => Self::Brotli,
                    "gzip" | "x-gzip" => Self::Gzip,
                    // What is not named is as good as anything, but nobody is known to mean it.
                    _ => continue,
                };
                if weight > best.1 || (weight == best.1 && weight > 0.0 && coding == Self::Brotli) {
                    best = (coding, weight);
                }
            }
        }
        best.0
    }

    /// The coding for a body of about so many bytes: short ones are left as they are.
    pub(crate) const fn worth(self, bytes: u64) -> Self {
        if bytes < LEAST { Self::Identity } else { self }
    }

    /// Its name in `Content-Encoding`.
    pub(crate) const fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Brotli => Some(HeaderValue::from_static("br")),
        }
    }

    /// What is behind an entity tag: each coding is a representation of its own.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Gzip => "-gzip",
            Self::Brotli => "-br",
        }
    }

    /// The body in this coding.
    pub(crate) fn encode(self, body: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => {
                let mut gzip = flate2::GzBuilder::new()
                    .write(Vec::with_capacity(body.len() / 2), flate2::Compression::new(GZIP));
                gzip.write_all(&body)?;
                gzip.finish()
            }
            Self::Brotli => {
                let mut out = Vec::with_capacity(body.len() / 2);
                let parameters = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI,
                    lgwin: BROTLI_WINDOW,
                    size_hint: body.len(),
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut body.as_slice(), &mut out, &parameters)?;
                Ok(out)
            }
        }
    }
}

/// A name with its weight, which is 1 where none is given and 0 where it is no number.
fn weighed(item: &str) -> (&str, f32) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_accepted() {
        for (header, coding) in [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip", Coding::Gzip),
            ("gzip, deflate, br", Coding::Brotli),
            ("br;q=0.5, gzip;q=0.8", Coding::Gzip),
            ("BR", Coding::Brotli),
            ("gzip;q=0", Coding::Identity),
            ("br ; q=0 , gzip", Coding::Gzip),
            ("gzip;q=yes", Coding::Identity),
            ("deflate, *", Coding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, header.parse().unwrap());
            assert_eq!(Coding::accepted(&headers), coding, "{header}");
        }
        assert_eq!(Coding::accepted(&HeaderMap::new()), Coding::Identity);
    }

    #[test]
    fn there_and_back() {
        let body = b"0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n".repeat(100);
        let gzip = Coding::Gzip.encode(body.clone()).unwrap();
        let mut read = Vec::new();
        flate2::read::GzDecoder::new(&*gzip).read_to_end(&mut read).unwrap();
        assert_eq!(read, body);
        let short = Coding::Brotli.encode(body.clone()).unwrap();
        let mut read = Vec::new();
        brotli::BrotliDecompress(&mut &*short, &mut read).unwrap();
        assert_eq!(read, body);
        assert_eq!(Coding::Brotli.worth(10), Coding::Identity);
    }
}
