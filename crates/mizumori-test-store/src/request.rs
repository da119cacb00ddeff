//! What the store was asked.

use http::Method;
use http::request::Parts;

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An object, or a range of it, is read.
    Get,
    /// An object's size is asked.
    Head,
    /// The keys below a prefix are asked.
    List,
    /// An object, or a part of one, is written.
    Put,
    /// An upload in parts is begun or ended.
    Multipart,
    /// Objects are deleted.
    Delete,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is.
    pub kind: Kind,
    /// The bucket.
    pub bucket: String,
    /// The key; of a listing the prefix.
    pub key: String,
    /// The first byte asked for and the one behind the last; `None` for the whole object.
    pub range: Option<(u64, u64)>,
}

impl Request {
    pub(crate) fn of(parts: &Parts) -> Self {
        let path = decoded(parts.uri.path());
        let path = path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = parts.uri.query().unwrap_or_default();
        let parameter = |name: &str| {
            let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next()
        };
        let kind = match (&parts.method, key.is_empty()) {
            (&Method::GET, true) => Kind::List,
            (&Method::GET, false) => Kind::Get,
            (&Method::HEAD, _) => Kind::Head,
            (&Method::POST, _) if parameter("delete").is_some() => Kind::Delete,
            (&Method::POST, _) => Kind::Multipart,
            (&Method::DELETE, _) => Kind::Delete,
            _ => Kind::Put,
        };
        let key = if kind == Kind::List { parameter("prefix").unwrap_or_default() } else { key.to_owned() };
        let range = parts.headers.get(http::header::RANGE).and_then(|range| {
            let (first, last) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
            Some((first.parse().ok()?, last.parse::<u64>().ok()? + 1))
        });
        Self { kind, bucket: bucket.to_owned(), key, range }
    }
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = behind.get(..2).filter(|_| byte == b'%');
        let value = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = behind.get(if value.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_understood() {
        let check = |method: &str, uri: &str, kind: Kind, key: &str| {
            let request = http::Request::builder().method(method).uri(uri).header("range", "bytes=2-5");
            let request = Request::of(&request.body(()).unwrap().into_parts().0);
            assert_eq!((request.kind, &*request.key, &*request.bucket), (kind, key, "b"), "{method} {uri}");
            assert_eq!(request.range, Some((2, 6)));
        };
        check("GET", "/b?list-type=2&prefix=a%2Fx", Kind::List, "a/x");
        check("GET", "/b/a/%E6%B0%B4", Kind::Get, "a/水");
        check("HEAD", "/b/a", Kind::Head, "a");
        check("PUT", "/b/a?partNumber=1", Kind::Put, "a");
        check("POST", "/b/a?uploads", Kind::Multipart, "a");
        check("POST", "/b?delete", Kind::Delete, "");
        check("DELETE", "/b/a", Kind::Delete, "a");
    }
}
