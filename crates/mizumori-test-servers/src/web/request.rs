//! What a web server was asked, read from HTTP/1.1 as clients write it (RFC 9112).
//!
//! It is no server for strangers: what a test sends is believed, up to a length.

use std::io::{self, BufRead, BufReader, Read, Write};

/// What is longer is nothing that a test sends.
const LONGEST: u64 = 64 << 20;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// As it came, without what stands behind a question mark.
    pub path: String,
    /// What stands behind the question mark, as it came.
    pub query: Option<String>,
    /// Names as they came, in their order.
    pub headers: Vec<(String, String)>,
    /// Without transfer coding.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name; upper and lower case are the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads one; `None` when the client has nothing more to ask.
    pub(crate) fn read(reader: &mut BufReader<impl Read + Write>) -> io::Result<Option<Self>> {
        let first = line(reader)?;
        let mut words = first.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return if first.is_empty() { Ok(None) } else { Err(io::ErrorKind::InvalidData.into()) };
        };
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers: headers(reader)?,
            body: Vec::new(),
        };
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = if request.header("transfer-encoding").is_some() {
            chunks(reader)?
        } else {
            let length = request.header("content-length").map_or(Ok(0), str::parse);
            exactly(reader, length.map_err(|_| io::ErrorKind::InvalidData)?)?
        };
        Ok(Some(request))
    }
}

/// The headers, with the empty line behind them.
fn headers(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// A body in chunks, with its trailers, which are thrown away.
fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = line(reader)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            headers(reader)?;
            return Ok(body);
        }
        body.extend(exactly(reader, size)?);
        exactly(reader, 2)?;
    }
}

fn exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(length.min(LONGEST)).read_to_end(&mut bytes)?;
    let all = u64::try_from(bytes.len()).is_ok_and(|read| read == length);
    if all { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A line without its end; empty at the end of all.
fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    reader.take(LONGEST).read_until(b'\n', &mut bytes)?;
    let line = String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Option<Request>> {
        Request::read(&mut BufReader::new(io::Cursor::new(text.as_bytes().to_vec())))
    }

    #[test]
    fn requests_are_read() {
        let check = |text: &str, method: &str, path: &str, query: Option<&str>, body: &str| {
            let request = read(text).unwrap().unwrap();
            let read = (&*request.method, &*request.path, request.query.as_deref(), &*request.text());
            assert_eq!(read, (method, path, query, body), "{text}");
        };
        check("GET /a?b=c?d HTTP/1.1\r\nhost: x\r\n\r\n", "GET", "/a", Some("b=c?d"), "");
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd", "POST", "/", None, "abc");
        let chunked = "PUT /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nt: u\r\n\r\n";
        check(chunked, "PUT", "/b", None, "abc0123456789");
        let request = read("GET / HTTP/1.1\r\nX-Name:  a: b \r\nx-name: c\r\n\r\n").unwrap().unwrap();
        assert_eq!((request.header("x-NAME"), request.header("none")), (Some("a: b"), None));
        assert_eq!(request.headers.len(), 2);
    }

    #[test]
    fn what_is_none_is_an_error() {
        assert_eq!(read("").unwrap(), None);
        for text in [
            "nonsense\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 18446744073709551615\r\n\r\nabc",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
