//! `POST /api/v1/passwords/check`: whether a password may be chosen.
//!
//! The password comes in clear: over TLS, or from the same machine, and never otherwise. Nothing of what came in is in an answer.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use mizumori_core::{Lang, Secret};
use mizumori_guard::{By, Index, Leaked, Policy, Verdict};
use serde::Deserialize;

use super::Guard;
use crate::http::problem::Problem;
use crate::metrics::Asked;
use crate::server::Peer;

/// Longest body, in bytes.
const LONGEST: usize = 64 << 10;

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// What somebody wants to choose.
    password: String,
    /// Whether a second factor is asked for as well.
    #[serde(default)]
    second_factor: bool,
    /// Words that are no passwords here, with those of the server.
    #[serde(default)]
    context: Vec<String>,
    /// The language of the answer; else the first of `Accept-Language` that it can be in, else English.
    lang: Option<String>,
}

/// Answers a request, whatever it is.
pub(super) async fn answer(State(guard): State<Arc<Guard>>, request: Request) -> Response {
    let mut response = match judged(&guard, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    guard.counted(Asked::Check, response)
}

async fn judged(guard: &Guard, request: Request) -> Result<Response, Problem> {
    if request.method() != Method::POST {
        let mut response =
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "a password is sent with POST").into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Ok(response);
    }
    let is_private = request.extensions().get::<Peer>().is_some_and(Peer::is_private);
    if !is_private {
        let detail = "passwords are taken over TLS, or from this machine; the server was started without a certificate";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {LONGEST} bytes"))
    })?;
    let body = Secret::new(body);
    // What the parser says of a value may quote it.
    let question: Question = serde_json::from_slice(body.expose()).map_err(|error| {
        let detail = format!(
            "this is no object with `password`, and if you like `second_factor`, `context` and `lang` (line {}, column {})",
            error.line(),
            error.column()
        );
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })?;
    let lang = match question.lang.as_deref() {
        Some(lang) => lang.parse().map_err(|error: String| {
            Problem::new(StatusCode::BAD_REQUEST, format!("`lang` is no language of this server: {error}"))
        })?,
        None => accepted_language(&parts.headers),
    };
    let index = guard.index.now();
    if index.is_empty() {
        let detail = "the index has no hashes: whether a password has leaked cannot be said";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    }
    let verdict = guard.judge(question, &index);
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, verdict.object(By::Index, lang).to_string()).into_response())
}

impl Guard {
    fn judge(&self, question: Question, index: &Index) -> Verdict {
        let least =
            if question.second_factor { self.options.least_with_second_factor } else { self.options.least };
        let context = self.options.context.iter().cloned().chain(question.context).collect();
        let password = Secret::new(question.password.into_bytes());
        Policy { least, context }.check(&password, &Leaked::Index(index))
    }
}

/// The first language that the other side understands, of those that there are.
fn accepted_language(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted
        .unwrap_or_default()
        .split(',')
        .filter_map(|item| item.trim().split([';', '-']).next()?.to_ascii_lowercase().parse().ok())
        .next()
        .unwrap_or(Lang::En)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (header, lang) in [
            ("ja", Lang::Ja),
            ("ja-JP,ja;q=0.9,en;q=0.8", Lang::Ja),
            ("de, en-GB;q=0.5", Lang::En),
            ("", Lang::En),
            ("fr", Lang::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
            assert_eq!(accepted_language(&headers), lang, "{header}");
        }
    }
}
