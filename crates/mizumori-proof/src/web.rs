//! Looks for files and pages on the web site of a domain.
//!
//! Redirections are followed here and not by the client: the Baseline Requirements (3.2.2.4.18) want certain statuses and ports,
//! and we let nobody lead us to another site, be it by a mistake in the site's own redirections.

use std::time::Duration;

use mizumori_core::DomainName;
use mizumori_core::proof::Method;
use mizumori_outbound::{
    Answer, Client, ClientSettings, OutboundError, Reach, Refusal, Request, Schemes, Url,
};

use crate::challenge::Challenge;
use crate::error::{Absence, ProofError, Result, Trouble};
use crate::found::Proof;
use crate::settings::ProverSettings;

/// How many redirections are followed: http, https, www and a language are four already.
const REDIRECTS: usize = 5;

/// What asks sites.
pub(crate) struct Sites {
    file: Client,
    page: Client,
    max_file: usize,
    max_page: usize,
    schemes: Schemes,
    timeout: Duration,
}

/// Why there is no proof, before it is said of which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Missing(Absence),
    Unasked(Trouble),
}

impl Sites {
    /// Prepares to ask.
    pub(crate) fn new(settings: &ProverSettings) -> Result<Self> {
        let client = |max_answer| {
            let settings = ClientSettings {
                schemes: settings.schemes,
                allowed: settings.allowed.clone(),
                hosts: settings.hosts.clone(),
                authorities: settings.authorities.clone(),
                proxy: settings.proxy.clone(),
                connect_timeout: settings.site_timeout,
                timeout: settings.site_timeout,
                max_answer,
                redirects: 0,
                ..ClientSettings::new(Reach::Public)
            };
            Client::new(&settings).map_err(ProofError::Client)
        };
        Ok(Self {
            file: client(settings.max_file)?,
            page: client(settings.max_page)?,
            max_file: settings.max_file,
            max_page: settings.max_page,
            schemes: settings.schemes,
            timeout: settings.site_timeout,
        })
    }

    /// Looks for the file of a challenge.
    pub(crate) async fn look_for_file(&self, challenge: &Challenge) -> Result<Proof> {
        let asked = Asked { client: &self.file, limit: self.max_file, method: Method::File };
        let judge = |answer: &Answer| challenge.judge_file(answer.body());
        self.look(challenge, &challenge.file_url(), asked, judge).await
    }

    /// Looks for the element of a challenge.
    pub(crate) async fn look_for_element(&self, challenge: &Challenge) -> Result<Proof> {
        let asked = Asked { client: &self.page, limit: self.max_page, method: Method::Meta };
        let judge = |answer: &Answer| challenge.judge_page(answer.body(), answer.header("content-type"));
        self.look(challenge, &challenge.page_url(), asked, judge).await
    }

    /// Asks over https, and over http where that is wanted and https did not prove it.
    async fn look(
        &self,
        challenge: &Challenge,
        url: &str,
        asked: Asked<'_>,
        judge: impl Fn(&Answer) -> std::result::Result<(), Absence>,
    ) -> Result<Proof> {
        let plain = url.replacen("https:", "http:", 1);
        let urls: &[&str] = match self.schemes {
            Schemes::Https => &[url],
            Schemes::HttpsAndHttp => &[url, &plain],
        };
        let mut failure = None;
        for url in urls {
            let found = self.ask(challenge, url, &asked).await;
            let why = match found.and_then(|answer| judge(&answer).map_err(Failure::Missing)) {
                Ok(()) => {
                    let (domain, place) = (challenge.domain().clone(), (*url).to_owned());
                    return Ok(Proof { domain, method: asked.method, place });
                }
                Err(why) => why,
            };
            // Who says no is believed before who says nothing: a site need not speak both.
            failure = match (failure, why) {
                (Some((url, Failure::Missing(why))), _) => Some((url, Failure::Missing(why))),
                (Some(first), Failure::Unasked(_)) => Some(first),
                (_, why) => Some((*url, why)),
            };
        }
        let (place, why) = failure.unwrap_or((url, Failure::Unasked(Trouble::Broken)));
        let place = place.to_owned();
        Err(match why {
            Failure::Missing(why) => ProofError::Missing { place, why },
            Failure::Unasked(why) => ProofError::Unasked { place, why },
        })
    }

    /// Asks one address and those that it leads to, within the time for all of them.
    async fn ask(
        &self,
        challenge: &Challenge,
        url: &str,
        asked: &Asked<'_>,
    ) -> std::result::Result<Answer, Failure> {
        let late = Failure::Unasked(Trouble::TimedOut(self.timeout));
        tokio::time::timeout(self.timeout, self.follow(challenge, url, asked)).await.unwrap_or(Err(late))
    }

    async fn follow(
        &self,
        challenge: &Challenge,
        url: &str,
        asked: &Asked<'_>,
    ) -> std::result::Result<Answer, Failure> {
        let mut url = Url::parse(url).map_err(|_| Failure::Unasked(Trouble::Broken))?;
        for _ in 0..=REDIRECTS {
            let request = Request::get(url.as_str()).map_err(|error| self.failed(&error, asked.limit))?;
            let answer =
                asked.client.send(request).await.map_err(|error| self.failed(&error, asked.limit))?;
            match answer.status() {
                200..=299 => return Ok(answer),
                301 | 302 | 307 | 308 => {
                    let next = answer.header("location").and_then(|location| url.join(location).ok());
                    url = next
                        .filter(|next| self.is_own(next, challenge.domain()))
                        .ok_or(Failure::Missing(Absence::LedAway))?;
                }
                // Too early, too often, too busy: another time it may be there.
                status @ (408 | 425 | 429 | 500..) => return Err(Failure::Unasked(Trouble::Status(status))),
                status => return Err(Failure::Missing(Absence::Status(status))),
            }
        }
        Err(Failure::Missing(Absence::Redirects))
    }

    /// Whether a redirection stays with the domain: the same name, or with www. before it, on the scheme's own port.
    fn is_own(&self, url: &Url, domain: &DomainName) -> bool {
        let is_spoken =
            url.scheme() == "https" || (url.scheme() == "http" && self.schemes == Schemes::HttpsAndHttp);
        let host = url.domain().unwrap_or_default();
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_host = host == domain.as_str() || host.strip_prefix("www.") == Some(domain.as_str());
        is_spoken && is_host && url.port().is_none() && url.username().is_empty() && url.password().is_none()
    }

    fn failed(&self, error: &OutboundError, limit: usize) -> Failure {
        Failure::Unasked(match error {
            OutboundError::TooLong { .. } => return Failure::Missing(Absence::TooLong(limit)),
            OutboundError::Refused { why: Refusal::Address, .. } => Trouble::NotPublic,
            OutboundError::TimedOut { .. } => Trouble::TimedOut(self.timeout),
            OutboundError::Tls { .. } => Trouble::Tls,
            OutboundError::Unreachable { .. } => Trouble::Unreachable,
            _ => Trouble::Broken,
        })
    }
}

/// What is asked for, and by which client.
struct Asked<'a> {
    client: &'a Client,
    limit: usize,
    method: Method,
}
