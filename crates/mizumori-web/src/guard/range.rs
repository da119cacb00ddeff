//! The range API of Pwned Passwords: `GET /range/{five digits}`, `?mode=ntlm`, `Add-Padding`.
//!
//! <https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange>, and what its servers do beyond what is written there: the
//! texts of errors, the headers of CORS, 31 days in `Cache-Control`.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use mizumori_guard::{HashKind, Prefix, RangeAnswer};

use super::Guard;
use crate::http::coding::Coding;
use crate::http::validators::{date, entity_tag, is_known};
use crate::metrics::Asked;

/// What asks for padding.
const ADD_PADDING: &str = "add-padding";
/// How long a browser may remember what it may ask, in seconds.
const PREFLIGHT: &str = "1728000";

/// Answers a request of the range API, whatever it is.
pub(super) async fn answer(State(guard): State<Arc<Guard>>, request: Request) -> Response {
    let mut response = match *request.method() {
        // Of an answer to HEAD the server leaves the body out, and says how long it would be.
        Method::GET | Method::HEAD => range(&guard, &request),
        Method::OPTIONS => preflight(),
        _ => {
            let text = "The method is not allowed, use GET";
            (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, OPTIONS")], text).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    guard.counted(Asked::Range, response)
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Add-Padding"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn range(guard: &Guard, request: &Request) -> Response {
    let prefix = request.uri().path().strip_prefix("/range/").unwrap_or_default();
    let Some(prefix) = Prefix::parse(prefix.as_bytes()) else {
        return (StatusCode::BAD_REQUEST, "The hash was not in a valid format").into_response();
    };
    let kind = asked_kind(request.uri().query().unwrap_or_default());
    let index = guard.index.now();
    if !index.has(kind) {
        // An answer without hashes would say that nothing leaked.
        let text = format!("This server has no {kind} hashes");
        return (StatusCode::NOT_IMPLEMENTED, text).into_response();
    }
    let answer = RangeAnswer::of(&index, kind, prefix);
    let mut response = if asks_for_padding(request.headers()) {
        padded(&answer, request.headers())
    } else {
        known_or_written(&answer, index.changed_at(), request.headers())
    };
    if response.status().is_server_error() {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding, Add-Padding"));
    let max_age = format!("public, max-age={}", guard.options.max_age.as_secs());
    if let Ok(value) = HeaderValue::try_from(max_age) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Padding is by chance: there is no second answer like it, and nothing to know it by.
fn padded(answer: &RangeAnswer<'_>, asked: &HeaderMap) -> Response {
    match answer.padded() {
        Ok(body) => sent(Coding::accepted(asked).worth(body.len() as u64), body),
        Err(_) => went_wrong(),
    }
}

/// An answer with what tells it from others; where the other side has it, it is not even written.
fn known_or_written(answer: &RangeAnswer<'_>, changed: Option<SystemTime>, asked: &HeaderMap) -> Response {
    let coding = Coding::accepted(asked).worth(answer.about_bytes());
    let tag = entity_tag(answer.version(), coding);
    let mut response = if is_known(asked, &tag, changed) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        sent(coding, answer.text())
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(date) = changed.and_then(date) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    response
}

fn sent(coding: Coding, body: Vec<u8>) -> Response {
    let Ok(encoded) = coding.encode(body) else { return went_wrong() };
    let mut response = Response::new(Body::from(encoded));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Some(name) = coding.header() {
        headers.insert(header::CONTENT_ENCODING, name);
    }
    response
}

fn went_wrong() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong").into_response()
}

/// The kind of hashes that a query names; SHA-1 whatever else it says, as the original has it.
fn asked_kind(query: &str) -> HashKind {
    let is_ntlm = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| name == "mode" && value.eq_ignore_ascii_case("ntlm"));
    if is_ntlm { HashKind::Ntlm } else { HashKind::Sha1 }
}

/// Clients write `true`, `True`, `1` or `yes`; whoever writes something else than no means it.
fn asks_for_padding(headers: &HeaderMap) -> bool {
    headers.get(ADD_PADDING).is_some_and(|value| {
        let value = value.as_bytes().trim_ascii();
        !value.is_empty()
            && !["false", "0", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_padding_as_clients_ask_for_them() {
        for (query, kind) in [
            ("", HashKind::Sha1),
            ("mode=ntlm", HashKind::Ntlm),
            ("a=b&mode=NTLM", HashKind::Ntlm),
            ("mode=sha1", HashKind::Sha1),
            ("mode", HashKind::Sha1),
            ("model=ntlm", HashKind::Sha1),
        ] {
            assert_eq!(asked_kind(query), kind, "{query}");
        }
        for (value, is) in [
            ("true", true),
            ("True", true),
            ("1", true),
            ("yes", true),
            ("false", false),
            ("0", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ADD_PADDING, value.parse().unwrap());
            assert_eq!(asks_for_padding(&headers), is, "{value}");
        }
        assert!(!asks_for_padding(&HeaderMap::new()));
    }
}
