//! What a web server is told to answer, and how.

use std::io::{self, Write};
use std::time::Duration;

use crate::listener::Ending;

/// Longer than any test: whoever is never answered is let go when the server ends.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    manner: Manner,
}

/// How it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Manner {
    Whole,
    /// A pause before each byte of the body.
    Slow(Duration),
    /// Half of the body that its length claims, and the end.
    Cut,
    /// A body that never ends.
    Endless,
    /// Bytes that need not be HTTP, and the end.
    Raw(Vec<u8>),
    Closed,
    Never,
}

/// What becomes of the connection behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    Another,
    End,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO, manner: Manner::Whole }
    }

    /// 200, with this text.
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", "text/plain; charset=utf-8").body(body)
    }

    /// 200, with this JSON.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", "application/json").body(body)
    }

    /// 302, to this URL.
    pub fn redirect(url: &str) -> Self {
        Self::status(302).header("location", url)
    }

    /// 429, with the seconds after which one may ask again.
    pub fn too_many(seconds: u32) -> Self {
        Self::status(429).header("retry-after", &seconds.to_string())
    }

    /// Bytes that stand for an answer, whatever they are; the connection ends behind them.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { manner: Manner::Raw(bytes.into()), ..Self::status(200) }
    }

    /// None: the connection ends.
    pub fn closed() -> Self {
        Self { manner: Manner::Closed, ..Self::status(200) }
    }

    /// None: the connection stays, and nothing is said.
    pub fn never() -> Self {
        Self { manner: Manner::Never, ..Self::status(200) }
    }

    /// 200, with a body that never ends.
    pub fn endless() -> Self {
        Self { manner: Manner::Endless, ..Self::status(200) }
    }

    /// With this status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Nothing is said for this long.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The body comes byte by byte, with a pause before each.
    #[must_use]
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.manner = Manner::Slow(pause);
        self
    }

    /// The connection ends in the middle of the body.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.manner = Manner::Cut;
        self
    }

    /// Gives it, to a request of this method.
    pub(crate) fn give(&self, method: &str, wire: &mut impl Write, ending: &Ending) -> io::Result<Behind> {
        if !self.delay.is_zero() && !ending.wait(self.delay) {
            return Ok(Behind::End);
        }
        match &self.manner {
            Manner::Closed => return Ok(Behind::End),
            Manner::Never => {
                ending.wait(FOR_EVER);
                return Ok(Behind::End);
            }
            Manner::Raw(bytes) => {
                wire.write_all(bytes)?;
                return Ok(Behind::End);
            }
            Manner::Endless => {
                wire.write_all(self.head("transfer-encoding: chunked").as_bytes())?;
                let chunk = [b"4000\r\n".as_slice(), &[b'a'; 0x4000], b"\r\n"].concat();
                loop {
                    wire.write_all(&chunk)?;
                }
            }
            Manner::Whole | Manner::Slow(_) | Manner::Cut => {}
        }
        // RFC 9110: these have no body, and those of status 1xx, 204 and 304 not even a length.
        let has_length = !matches!(self.status, 100..=199 | 204 | 304);
        let length = if has_length { format!("content-length: {}", self.body.len()) } else { String::new() };
        wire.write_all(self.head(&length).as_bytes())?;
        if !has_length || method == "HEAD" {
            return Ok(Behind::Another);
        }
        match self.manner {
            Manner::Cut => {
                wire.write_all(self.body.get(..self.body.len() / 2).unwrap_or_default())?;
                return Ok(Behind::End);
            }
            Manner::Slow(pause) => {
                for byte in &self.body {
                    if !ending.wait(pause) {
                        return Ok(Behind::End);
                    }
                    wire.write_all(&[*byte])?;
                    wire.flush()?;
                }
            }
            _ => wire.write_all(&self.body)?,
        }
        Ok(Behind::Another)
    }

    fn head(&self, length: &str) -> String {
        let mut head = format!("HTTP/1.1 {} any reason\r\n", self.status);
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        for line in headers.chain((!length.is_empty()).then(|| length.to_owned())) {
            head.push_str(&line);
            head.push_str("\r\n");
        }
        head + "\r\n"
    }
}
