//! The private check: `GET /api/v1/private/parameters`, `POST /api/v1/private/query`.
//!
//! What comes in is blinded and needs no secrecy; how often somebody may ask is limited, since each question is a guess. Nothing
//! of it is remembered but how often which address asked within the last minutes.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use mizumori_core::SystemClock;
use mizumori_guard::GuardError;
use mizumori_guard::private::{PrivateIndex, QUESTION, RateLimit};

use super::Guard;
use super::live::Live;
use crate::http::problem::Problem;
use crate::metrics::Asked;
use crate::server::{Observer, Peer};

/// Clients that are known at a time.
const CLIENTS: usize = 1 << 16;

/// A private index, and how it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateOptions {
    /// Its folder.
    pub folder: PathBuf,
    /// The file of its keys.
    pub keys: PathBuf,
    /// Questions that a client may ask at once, and a minute on average.
    pub per_minute: NonZeroU32,
}

/// A private index, served.
pub(super) struct Private {
    index: Live<PrivateIndex>,
    limit: Mutex<RateLimit<IpAddr, SystemClock>>,
}

impl Private {
    /// Opens it.
    pub(super) fn open(options: &PrivateOptions) -> Result<Self, GuardError> {
        let index = Live::new(PrivateIndex::open(&options.folder, &options.keys)?);
        let per_minute = options.per_minute.get();
        let limit = Mutex::new(RateLimit::new(SystemClock, per_minute, per_minute, CLIENTS));
        Ok(Self { index, limit })
    }

    /// Answers from the index as it is now, where that is another one.
    pub(super) fn renew(&self, observer: &dyn Observer) {
        let told = |index: &PrivateIndex| {
            let generations = index.parameters().generations;
            let numbers: Vec<_> =
                generations.iter().map(|generation| generation.number.to_string()).collect();
            format!("the private index, generation {}", numbers.join(" and "))
        };
        self.index.renew(PrivateIndex::reopened, told, observer);
    }

    /// How long a client has to wait, if it has to.
    fn wait(&self, address: IpAddr) -> Option<Duration> {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.take(client(address)).err()
    }
}

/// Tells what has to be known before anybody asks.
pub(super) async fn parameters(State(guard): State<Arc<Guard>>, request: Request) -> Response {
    let answer = || {
        if request.method() != Method::GET {
            return Ok(other_method("GET"));
        }
        let body = serde_json::to_vec(&private(&guard)?.index.now().parameters()).map_err(|_| wrong())?;
        Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
    };
    finished(&guard, answer())
}

/// Answers a question.
pub(super) async fn query(State(guard): State<Arc<Guard>>, request: Request) -> Response {
    let answer = answered(&guard, request).await;
    finished(&guard, answer)
}

async fn answered(guard: &Guard, request: Request) -> Result<Response, Problem> {
    if request.method() != Method::POST {
        return Ok(other_method("POST"));
    }
    let private = private(guard)?;
    let peer = request.extensions().get::<Peer>().copied().ok_or_else(wrong)?;
    if let Some(wait) = private.wait(peer.ip()) {
        let detail = "this address asks too often; each question is a guess";
        let seconds = HeaderValue::from(wait.as_secs_f64().ceil() as u64);
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
        return Ok(([(header::RETRY_AFTER, seconds)], problem).into_response());
    }
    let question = to_bytes(request.into_body(), QUESTION).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a question has {QUESTION} bytes"))
    })?;
    match private.index.now().answer(&question) {
        Ok(answer) => Ok(([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response()),
        Err(error @ GuardError::OldParameters) => {
            Err(Problem::new(StatusCode::CONFLICT, format!("{error}: ask for them again")))
        }
        Err(error @ GuardError::Question(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, error.to_string())),
        Err(_) => Err(wrong()),
    }
}

fn private(guard: &Guard) -> Result<&Private, Problem> {
    guard
        .private
        .as_ref()
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "this server has no private check"))
}

fn other_method(allowed: &'static str) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("the method is {allowed}"));
    ([(header::ALLOW, allowed)], problem).into_response()
}

fn wrong() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
}

fn finished(guard: &Guard, answer: Result<Response, Problem>) -> Response {
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guard.counted(Asked::Private, response)
}

/// What counts as one client: an address, of IPv6 the network that a household gets.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client() {
        for (address, as_one) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(client(address.parse().unwrap()).to_string(), as_one);
        }
    }
}
