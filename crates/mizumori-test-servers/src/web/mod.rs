//! A web server that answers what it is told, and keeps what it was asked: for webhooks, proofs by file, APIs of others.
//!
//! It speaks HTTP/1.1, alone or over TLS. What is on the wire is written by itself, so that it can be wrong as well.

mod answer;
mod request;

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;

pub use answer::Answer;
pub use request::Request;

use crate::certificate::{Certificate, Validity};
use crate::listener::{Ending, Listener, Wire, lock};
use crate::port::on_free_port;
use crate::process::{LOOK, PATIENCE};
use answer::Behind;

/// Decides of a request how it is answered; `None` leaves it to what else was told.
type Rule = Box<dyn Fn(&Request) -> Option<Answer> + Send>;

/// What server and test share.
#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    rule: Mutex<Option<Rule>>,
    /// By method and path: answers in their order, of which the last stays.
    scripts: Mutex<HashMap<(String, String), VecDeque<Answer>>>,
}

/// A server that runs as long as the value lives.
pub struct Web {
    /// `None` while it does not listen.
    listener: Option<Listener>,
    port: u16,
    certificate: Option<Certificate>,
    shared: Arc<Shared>,
}

impl Web {
    /// Starts a server that answers 404 to everything.
    ///
    /// # Errors
    /// When it finds no port.
    pub fn start() -> io::Result<Self> {
        Self::with(None)
    }

    /// Starts one that speaks TLS, with a certificate for `localhost` and 127.0.0.1.
    ///
    /// # Errors
    /// When it finds no port, or no certificate can be made.
    pub fn start_tls() -> io::Result<Self> {
        Self::with(Some(Certificate::of_loopback(Validity::Now)?))
    }

    /// Starts one that speaks TLS with this certificate.
    ///
    /// # Errors
    /// When it finds no port, or the certificate cannot be used.
    pub fn start_with(certificate: Certificate) -> io::Result<Self> {
        Self::with(Some(certificate))
    }

    fn with(certificate: Option<Certificate>) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (listener, port) = on_free_port(|port| Ok((listen(port, certificate.as_ref(), &shared)?, port)))?;
        Ok(Self { listener: Some(listener), port, certificate, shared })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, without a slash at the end: `http://127.0.0.1:…`, or `https://localhost:…`.
    pub fn url(&self) -> String {
        let begin = if self.certificate.is_some() { "https://localhost" } else { "http://127.0.0.1" };
        format!("{begin}:{}", self.port)
    }

    /// The certificate of the authority that a client has to trust; empty without TLS.
    pub fn ca_pem(&self) -> &str {
        self.certificate.as_ref().map(Certificate::authority_pem).unwrap_or_default()
    }

    /// Answers so from now on, to requests of this method for this path.
    pub fn on(&self, method: &str, path: &str, answer: Answer) {
        self.on_each(method, path, [answer]);
    }

    /// Answers so from now on, to one request after the other; the last answer stays.
    pub fn on_each(&self, method: &str, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let key = (method.to_owned(), path.to_owned());
        lock(&self.shared.scripts).insert(key, answers.into_iter().collect());
    }

    /// Asks `rule` first from now on, until another is given.
    pub fn on_any(&self, rule: impl Fn(&Request) -> Option<Answer> + Send + 'static) {
        *lock(&self.shared.rule) = Some(Box::new(rule));
    }

    /// What it was asked since the last [`Self::take_requests`], in the order in which it came; what could not be read is
    /// not among it.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// As [`Self::requests`], and forgets it.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }

    /// Waits until it was asked so often, and gives all that it was asked.
    ///
    /// # Errors
    /// When it was asked less often ([`io::ErrorKind::TimedOut`]).
    pub fn wait_for(&self, count: usize) -> io::Result<Vec<Request>> {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let requests = self.requests();
            if requests.len() >= count {
                return Ok(requests);
            }
            if std::time::Instant::now() > deadline {
                let text = format!("{} of {count} requests came in time", requests.len());
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Closes every connection, and listens no more.
    pub fn stop(&mut self) {
        self.listener = None;
    }

    /// Listens on its port again; closes every connection first.
    ///
    /// # Errors
    /// When somebody else has taken the port.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop();
        self.listener = Some(listen(self.port, self.certificate.as_ref(), &self.shared)?);
        Ok(())
    }
}

fn listen(port: u16, certificate: Option<&Certificate>, shared: &Arc<Shared>) -> io::Result<Listener> {
    let config = certificate.map(Certificate::config).transpose()?;
    let shared = Arc::clone(shared);
    Listener::start(port, move |stream, ending| {
        // A client that goes away, or talks nonsense, is none of the server's troubles.
        drop(serve(stream, config.as_ref(), &shared, ending));
    })
}

/// Answers one request after the other.
fn serve(
    stream: TcpStream,
    config: Option<&Arc<ServerConfig>>,
    shared: &Shared,
    ending: &Ending,
) -> io::Result<()> {
    // Slow answers come as they are written.
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(Wire::new(stream, config)?);
    while let Some(request) = Request::read(&mut reader)? {
        let answer = shared.answer(&request);
        let (method, is_last) = (request.method.clone(), asks_to_close(&request));
        lock(&shared.requests).push(request);
        if answer.give(&method, reader.get_mut(), ending)? == Behind::End || is_last {
            break;
        }
    }
    reader.into_inner().close();
    Ok(())
}

fn asks_to_close(request: &Request) -> bool {
    request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

impl Shared {
    fn answer(&self, request: &Request) -> Answer {
        let by_rule = lock(&self.rule).as_ref().and_then(|rule| rule(request));
        by_rule.or_else(|| self.by_script(request)).unwrap_or_else(|| Answer::status(404))
    }

    fn by_script(&self, request: &Request) -> Option<Answer> {
        let mut scripts = lock(&self.scripts);
        let answers = scripts.get_mut(&(request.method.clone(), request.path.clone()))?;
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    }
}
