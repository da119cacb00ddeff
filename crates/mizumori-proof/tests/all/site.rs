//! The web site of a test's domain.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

use mizumori_outbound::Schemes;
use mizumori_proof::{Challenge, Method, Proof, ProverSettings, Result};
use mizumori_test_servers::{Answer, Authority, Validity, Web};
use tempfile::NamedTempFile;

use crate::world::{challenge, prover, settings};

pub(crate) const FILE: &str = "/.well-known/mizumori-domain-verification.txt";

/// A site that is reached under names of a test, with a certificate of an authority of its own.
pub(crate) struct Site {
    pub(crate) web: Web,
    pub(crate) settings: ProverSettings,
    pub(crate) challenge: Challenge,
    _authorities: NamedTempFile,
}

impl Site {
    /// Without anything in it.
    pub(crate) fn new(domain: &str) -> Self {
        Self::with(domain, Validity::Now)
    }

    pub(crate) fn with(domain: &str, validity: Validity) -> Self {
        let challenge = challenge(domain);
        let domain = challenge.domain().as_str();
        let www = format!("www.{domain}");
        let authority = Authority::new().unwrap();
        let certificate = authority.certify(&[domain, &www], validity).unwrap();
        let mut authorities = NamedTempFile::new().unwrap();
        authorities.write_all(authority.pem().as_bytes()).unwrap();
        let web = Web::start_with(certificate).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, web.port()));
        let settings = ProverSettings {
            hosts: [domain, &www].map(|name| (name.to_owned(), vec![address])).into(),
            allowed: vec![domain.parse().unwrap(), www.parse().unwrap()],
            authorities: Some(authorities.path().to_owned()),
            // Nobody: a site's name is not looked up there.
            ..settings(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 9))])
        };
        Self { web, settings, challenge, _authorities: authorities }
    }

    /// One that speaks http alone.
    pub(crate) fn plain(domain: &str) -> Self {
        let mut site = Self::new(domain);
        site.web = Web::start().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, site.web.port()));
        site.settings.hosts.values_mut().for_each(|addresses| *addresses = vec![address]);
        site.settings.schemes = Schemes::HttpsAndHttp;
        site
    }

    /// Answers so for the file.
    pub(crate) fn file(&self, answer: Answer) {
        self.web.on("GET", FILE, answer);
    }

    /// Answers with a page.
    pub(crate) fn page(&self, body: &str) {
        self.web.on("GET", "/", Answer::text(body).header("content-type", "text/html"));
    }

    pub(crate) async fn look(&self, method: Method) -> Result<Proof> {
        prover(&self.settings).check(&self.challenge, method).await
    }

    /// What was asked for.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.web.requests().into_iter().map(|request| request.path).collect()
    }
}
