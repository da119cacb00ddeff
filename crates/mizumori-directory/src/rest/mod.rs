//! What directories that speak JSON over HTTP have in common: how a request is signed and fails, and what a status means.
//!
//! Nothing of an answer's body gets into an error: it may name people. A request goes to the one server that the settings name,
//! whatever address an answer gives for the next one.

mod assertion;
mod listing;
mod members;
mod pass;
mod progress;
mod tokens;

use std::io;
use std::time::{Duration, SystemTime};

use mizumori_outbound::{Answer, Client, Method, OutboundError, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Origin, Url};

pub(crate) use assertion::{Assertion, SigningKey};
pub(crate) use listing::{Listed, Listing, Person, Reading};
pub(crate) use members::{Members, permitted};
pub(crate) use pass::Pass;
pub(crate) use progress::Progress;
pub(crate) use tokens::{Grant, Tokens};

use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};
use crate::ldap::explain;

/// How long a request waits in all, where a server asks for patience. What asks for more is told as busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// So often a request is tried, however short the server says that one should wait.
const TRIES: u32 = 8;
/// Where the server does not say how long; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// What a request is for, and which right it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) what: &'static str,
    pub(crate) right: Option<&'static str>,
}

impl Task {
    /// A task of which the service has no name for the right.
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, right: None }
    }

    /// A task that takes a right.
    pub(crate) const fn with(what: &'static str, right: &'static str) -> Self {
        Self { what, right: Some(right) }
    }
}

/// A request that nobody has signed yet.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    url: Url,
    body: Option<(&'static str, String)>,
}

impl Call {
    pub(crate) const fn get(url: Url) -> Self {
        Self { method: Method::GET, url, body: None }
    }

    pub(crate) const fn new(method: Method, url: Url) -> Self {
        Self { method, url, body: None }
    }

    pub(crate) fn body(self, content_type: &'static str, body: impl Into<String>) -> Self {
        Self { body: Some((content_type, body.into())), ..self }
    }

    pub(crate) fn json(self, body: impl Into<String>) -> Self {
        self.body("application/json", body)
    }
}

/// Sends requests to one server.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    client: Client,
    origin: Origin,
    server: String,
    pass: Pass,
    accept: &'static str,
    patience: Duration,
    is_busy: fn(&Answer) -> bool,
}

impl Rest {
    /// For the server of this address. It waits for nobody.
    pub(crate) fn new(client: Client, base: &Url, pass: Pass) -> Self {
        Self {
            client,
            origin: base.origin(),
            server: named(base),
            pass,
            accept: "application/json",
            patience: Duration::ZERO,
            is_busy,
        }
    }

    /// Asks for this form of answers.
    pub(crate) fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// Waits so long in all, each time that it is asked to.
    pub(crate) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// For a server that says otherwise than by the status that it is busy.
    pub(crate) fn busy_where(self, is_busy: fn(&Answer) -> bool) -> Self {
        Self { is_busy, ..self }
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Asks, and understands the answer; `None` when there is nothing of the kind.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: Call, task: Task) -> Result<Option<T>> {
        let Some(answer) = self.send(call, task).await? else { return Ok(None) };
        self.read(&answer).map(Some)
    }

    /// Asks for what has to be there.
    pub(crate) async fn need<T: DeserializeOwned>(
        &self,
        call: Call,
        task: Task,
        what: &'static str,
    ) -> Result<T> {
        self.ask(call, task).await?.ok_or_else(|| self.missing(what))
    }

    /// Understands an answer.
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T> {
        serde_json::from_slice(answer.body())
            .map_err(|_| self.nonsense("it is not the JSON that was asked for"))
    }

    /// Has something done; `None` when there is nothing of the kind.
    pub(crate) async fn send(&self, call: Call, task: Task) -> Result<Option<Answer>> {
        let server = || self.server.clone();
        // A link to the next page may lead anywhere; what we sign on with is for one server.
        if call.url.origin() != self.origin {
            return Err(DirectoryError::Referral { server: server() });
        }
        let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
        for _ in 1..TRIES {
            let answer = self.signed(&call).await?;
            if !(self.is_busy)(&answer) {
                return self.judge(answer, task);
            }
            let wait = asked_to_wait(&answer).unwrap_or(pause);
            if waited.saturating_add(wait) > self.patience || self.patience.is_zero() {
                return self.judge(answer, task);
            }
            tokio::time::sleep(wait).await;
            waited += wait;
            pause *= 2;
        }
        let answer = self.signed(&call).await?;
        self.judge(answer, task)
    }

    /// Sends it with what we sign on with. What was granted for a while may end before its time: it is renewed once.
    async fn signed(&self, call: &Call) -> Result<Answer> {
        let (request, ticket) = self.pass.sign(self.request(call)?, None).await?;
        let answer = self.once(request).await?;
        if answer.status() != 401 || ticket.is_none() {
            return Ok(answer);
        }
        let (request, _) = self.pass.sign(self.request(call)?, ticket).await?;
        self.once(request).await
    }

    fn request(&self, call: &Call) -> Result<Request> {
        let cannot = |error: OutboundError| DirectoryError::Settings(error.to_string());
        let request = Request::new(call.method.clone(), call.url.as_str())
            .and_then(|request| request.header("accept", self.accept))
            .map_err(cannot)?;
        match &call.body {
            Some((content_type, body)) => request.body(content_type, body.clone()).map_err(cannot),
            // The library says nothing of a body that is not there; some servers ask for its length (411).
            None if call.method != Method::GET => request.header("content-length", "0").map_err(cannot),
            None => Ok(request),
        }
    }

    async fn once(&self, request: Request) -> Result<Answer> {
        self.client.send(request).await.map_err(|error| failure(&self.server, error))
    }

    fn judge(&self, answer: Answer, task: Task) -> Result<Option<Answer>> {
        let (server, Task { what, right }) = (self.server.clone(), task);
        if (self.is_busy)(&answer) {
            return Err(DirectoryError::Busy { server, after: asked_to_wait(&answer) });
        }
        match answer.status() {
            200..=299 => Ok(Some(answer)),
            300..=399 => Err(DirectoryError::Referral { server }),
            401 => Err(DirectoryError::Credentials { server }),
            403 => Err(DirectoryError::NotPermitted { server, what, right }),
            404 => Ok(None),
            status => Err(DirectoryError::Refused { server, what, code: status.into() }),
        }
    }

    /// The id of what a list tells of. One without it may be anybody's: nobody is taken for somebody else by mistake.
    pub(crate) fn id(&self, told: Value, what: &'static str) -> Result<String> {
        match told.get("id") {
            Some(Value::String(id)) => Ok(id.clone()),
            _ => Err(self.nonsense(what)),
        }
    }

    pub(crate) fn nonsense(&self, what: &'static str) -> DirectoryError {
        DirectoryError::Nonsense { server: self.server.clone(), what }
    }

    pub(crate) fn missing(&self, what: &'static str) -> DirectoryError {
        DirectoryError::Missing { server: self.server.clone(), what }
    }

    /// Of several that answer to one address none is meant.
    pub(crate) fn ambiguous(&self) -> DirectoryError {
        DirectoryError::Ambiguous { server: self.server.clone(), what: "address" }
    }
}

/// The address that a setting gives; things are looked up below it.
pub(crate) fn base(text: &str) -> Result<Url> {
    let bad = |why: &str| DirectoryError::Settings(why.to_owned());
    let url = Url::parse(text).map_err(|_| bad("the URL is none"))?;
    if url.cannot_be_a_base() || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("the URL has neither a query nor a fragment"));
    }
    Ok(url)
}

/// What is below an address, each of the names as one segment.
pub(crate) fn below<'a>(base: &Url, names: impl IntoIterator<Item = &'a str>) -> Result<Url> {
    let mut url = base.clone();
    {
        let none = |()| DirectoryError::Settings("the URL is one that nothing is below".to_owned());
        url.path_segments_mut().map_err(none)?.pop_if_empty().extend(names);
    }
    Ok(url)
}

/// Whether an id can stand in a path by itself: `.` and `..` would lead elsewhere.
pub(crate) fn is_segment(id: &EntryId) -> bool {
    !matches!(id.as_str(), "." | "..")
}

/// What a server is called in messages: host and port, nothing else of its address.
fn named(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What stands between us and the server says so too: it is away for a while.
pub(crate) fn is_busy(answer: &Answer) -> bool {
    matches!(answer.status(), 429 | 502..=504)
}

/// `Retry-After`; else `X-Rate-Limit-Reset`, the second since 1970 from which on one may ask again, as Okta has it.
fn asked_to_wait(answer: &Answer) -> Option<Duration> {
    let now = SystemTime::now();
    answer.retry_after(now).or_else(|| {
        let second = answer.header("x-rate-limit-reset")?.trim().parse().ok()?;
        let then = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(second))?;
        Some(then.duration_since(now).unwrap_or_default())
    })
}

/// Why there was no answer.
fn failure(server: &str, error: OutboundError) -> DirectoryError {
    let server = server.to_owned();
    match error {
        OutboundError::Unreachable { cause, .. } => {
            DirectoryError::Unreachable { server, cause: Some(io::Error::other(cause)) }
        }
        OutboundError::TimedOut { .. } => DirectoryError::TimedOut { server },
        OutboundError::Tls { cause, .. } => explain(&server, &cause),
        OutboundError::TooLong { .. } => DirectoryError::Nonsense { server, what: "it is too long" },
        OutboundError::Broken { .. } => DirectoryError::Nonsense { server, what: "it is no HTTP" },
        error => DirectoryError::Settings(error.to_string()),
    }
}
