//! The client itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Proxy};

use crate::answer::Answer;
use crate::bounds::Bounds;
use crate::error::{OutboundError, Refusal, Result};
use crate::names::Names;
use crate::request::Request;
use crate::settings::ClientSettings;

/// What sends requests. It keeps connections open for a while; its clones share them.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    bounds: Arc<Bounds>,
    timeout: Duration,
    max_answer: usize,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// When the authorities cannot be read, the proxy is none, or the program installed no provider of rustls.
    pub fn new(settings: &ClientSettings) -> Result<Self> {
        // Without one the library panics.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(OutboundError::Prepare("the program installed no cryptography".to_owned()));
        }
        let bounds = Arc::new(Bounds::new(settings));
        let names = Names::new(Arc::clone(&bounds), settings.hosts.clone());
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .user_agent(concat!("mizumori/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .retry(reqwest::retry::never())
            .redirect(redirects(Arc::clone(&bounds), settings.redirects))
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .dns_resolver(names)
            .tls_certs_merge(authorities(settings)?);
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(Proxy::all(proxy.expose().clone()).map_err(|_| OutboundError::Proxy)?);
        }
        let inner = builder.build().map_err(|error| OutboundError::Prepare(chain(&error.without_url())))?;
        Ok(Self { inner, bounds, timeout: settings.timeout, max_answer: settings.max_answer })
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// When the address must not be asked, cannot be reached, does not answer in time, or answers too much.
    pub async fn send(&self, request: Request) -> Result<Answer> {
        let host = request.host();
        self.bounds.check(&request.url).map_err(|why| OutboundError::Refused { host: host.clone(), why })?;
        let failed = |error| OutboundError::from_client(error, &host, self.timeout);
        let too_long = || OutboundError::TooLong { host: host.clone(), limit: self.max_answer };
        let Request { method, url, headers, body } = request;
        let mut response =
            self.inner.request(method, url).headers(headers).body(body).send().await.map_err(failed)?;
        // What a server claims only ends it early.
        if response.content_length().is_some_and(|length| length > self.max_answer as u64) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.max_answer {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: body.into(),
        })
    }
}

impl fmt::Debug for Client {
    // What the library would show has the proxy's password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// Follows so many redirections, each judged like the first address. `Location` may lead anywhere.
fn redirects(bounds: Arc<Bounds>, most: usize) -> Policy {
    if most == 0 {
        return Policy::none();
    }
    Policy::custom(move |attempt| {
        if attempt.previous().len() > most {
            return attempt.error(Refusal::Redirects);
        }
        match bounds.check(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(why) => attempt.error(why),
        }
    })
}

fn authorities(settings: &ClientSettings) -> Result<Vec<Certificate>> {
    let Some(file) = &settings.authorities else { return Ok(Vec::new()) };
    let pem =
        std::fs::read(file).map_err(|cause| OutboundError::ReadAuthorities { file: file.clone(), cause })?;
    Certificate::from_pem_bundle(&pem)
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or_else(|| OutboundError::NoAuthorities(file.clone()))
}

/// An error with its causes: the library's outermost says only "builder error".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}
