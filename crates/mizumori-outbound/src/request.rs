//! What is sent.

use std::fmt;

use bytes::Bytes;
use mizumori_core::Secret;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::error::{OutboundError, Result};

/// A request. Its `Debug` tells method and host: paths and queries of webhooks are secrets.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request without headers and body.
    ///
    /// # Errors
    /// When `url` is none, or has credentials in it, which belong into a header.
    pub fn new(method: Method, url: &str) -> Result<Self> {
        let url = Url::parse(url).map_err(|_| OutboundError::Address("it is no URL"))?;
        if url.host().is_none() {
            return Err(OutboundError::Address("it names no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Address("a user name or a password stands in it"));
        }
        Ok(Self { method, url, headers: HeaderMap::new(), body: Bytes::new() })
    }

    /// Asks for what is there.
    ///
    /// # Errors
    /// Those of [`Request::new`].
    pub fn get(url: &str) -> Result<Self> {
        Self::new(Method::GET, url)
    }

    /// Adds a header; one of this name that is there already is replaced.
    ///
    /// # Errors
    /// When name or value have characters that must not stand in a header.
    pub fn header(self, name: &str, value: &str) -> Result<Self> {
        self.with(name, value, false)
    }

    /// Adds a header whose value is a secret.
    ///
    /// # Errors
    /// Those of [`Request::header`].
    pub fn secret_header(self, name: &str, value: &Secret<String>) -> Result<Self> {
        self.with(name, value.expose(), true)
    }

    /// Shows a token (RFC 6750).
    ///
    /// # Errors
    /// When the token has characters that must not stand in a header.
    pub fn bearer(self, token: &Secret<String>) -> Result<Self> {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        self.secret_header(AUTHORIZATION.as_str(), &value)
    }

    /// Sends this along.
    ///
    /// # Errors
    /// When `content_type` has characters that must not stand in a header.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Result<Self> {
        let request = self.with(CONTENT_TYPE.as_str(), content_type, false)?;
        Ok(Self { body: body.into(), ..request })
    }

    /// Host and port, as errors show them.
    pub(crate) fn host(&self) -> String {
        host_of(&self.url)
    }

    fn with(mut self, name: &str, value: &str, is_secret: bool) -> Result<Self> {
        let shown = || OutboundError::Header(name.chars().take(60).collect());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| shown())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| shown())?;
        value.set_sensitive(is_secret);
        self.headers.insert(header, value);
        Ok(self)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.host())
    }
}

/// Host and port of a URL.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let request = Request::new(Method::POST, "https://hook.example:8443/T0/himitsu?token=himitsu")
            .and_then(|request| request.bearer(&Secret::new("himitsu".to_owned())))
            .and_then(|request| request.body("text/plain", "himitsu"))
            .unwrap();
        assert_eq!(format!("{request:?}"), "Request(POST hook.example:8443)");
        assert!(!format!("{:?}", request.headers).contains("himitsu"));
    }

    #[test]
    fn what_cannot_be_sent() {
        for url in
            ["", "hook.example", "https://", "https://user:himitsu@hook.example/", "mailto:a@b.example"]
        {
            let error = Request::get(url).unwrap_err();
            assert!(
                matches!(error, OutboundError::Address(_)) && !error.to_string().contains("himitsu"),
                "{url}"
            );
        }
        let request = || Request::get("https://hook.example/").unwrap();
        for (name, value) in [("a b", "c"), ("", "c"), ("a", "c\r\nd: e"), ("a", "\0")] {
            assert!(matches!(request().header(name, value), Err(OutboundError::Header(_))), "{name}");
        }
        assert!(request().header("webhook-id", "水").is_ok(), "bytes above 127 may stand in a value");
    }
}
