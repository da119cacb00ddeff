//! The guard over HTTP: an index that is replaced while it is asked, and what is asked of it.

mod check;
mod live;
mod private;
mod range;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{StatusCode, header};
use mizumori_guard::{ALONE, HashKind, Index, WITH_SECOND_FACTOR};

use self::live::Live;
use self::private::Private;
pub use self::private::PrivateOptions;
use crate::error::WebError;
use crate::metrics::{Asked, Metrics};
use crate::server::{Observer, Service};

/// How the guard answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardOptions {
    /// How long others may keep a range answer.
    pub max_age: Duration,
    /// Characters that a password has to have where it is the only factor.
    pub least: usize,
    /// Characters where a second factor is asked for as well.
    pub least_with_second_factor: usize,
    /// Words that are no passwords for anybody who asks.
    pub context: Vec<String>,
    /// A private index as well.
    pub private: Option<PrivateOptions>,
}

impl Default for GuardOptions {
    /// 31 days as Pwned Passwords allows them, and the lengths of NIST SP 800-63B-4.
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(31 * 24 * 60 * 60),
            least: ALONE,
            least_with_second_factor: WITH_SECOND_FACTOR,
            context: Vec::new(),
            private: None,
        }
    }
}

/// An index, served.
pub struct Guard {
    options: GuardOptions,
    index: Live<Index>,
    private: Option<Private>,
    metrics: Metrics,
}

impl Guard {
    /// Opens the index at a folder.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn open(folder: &Path, options: GuardOptions) -> Result<Arc<Self>, WebError> {
        let index = Live::new(Index::open(folder)?);
        let private = options.private.as_ref().map(Private::open).transpose()?;
        Ok(Arc::new(Self { options, index, private, metrics: Metrics::default() }))
    }

    fn counted(&self, asked: Asked, response: Response) -> Response {
        self.metrics.count(asked, response.status());
        response
    }
}

impl Service for Guard {
    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/range/", any(range::answer))
            .route("/range/{*prefix}", any(range::answer))
            .route("/api/v1/passwords/check", any(check::answer))
            .route("/api/v1/private/parameters", any(private::parameters))
            .route("/api/v1/private/query", any(private::query))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(|| async { "ok\n" }))
            .route("/metrics", get(metrics))
            .fallback(|| async { (StatusCode::NOT_FOUND, "Invalid API query") })
            .with_state(self)
    }

    fn renew(&self, observer: &dyn Observer) {
        if let Some(private) = &self.private {
            private.renew(observer);
        }
        let told = |index: &Index| format!("the index, generation {}", index.generation());
        self.index.renew(Index::reopened, told, observer);
    }
}

async fn metrics(guard: axum::extract::State<Arc<Guard>>) -> impl IntoResponse {
    let mut text = String::new();
    guard.metrics.write(&mut text);
    let index = guard.index.now();
    // Writing into memory does not fail.
    let _ = write!(
        text,
        "# HELP mizumori_guard_generation Changes of the index that is served.\n\
         # TYPE mizumori_guard_generation gauge\n\
         mizumori_guard_generation {}\n\
         # HELP mizumori_guard_hashes Rows of the index that is served.\n\
         # TYPE mizumori_guard_hashes gauge\n",
        index.generation()
    );
    for kind in HashKind::ALL {
        let _ =
            writeln!(text, "mizumori_guard_hashes{{hash=\"{}\"}} {}", kind.name(), index.rows_at_most(kind));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
