//! How a prover looks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::Secret;
use mizumori_outbound::{Allowed, Schemes, Url};

/// The settings of a prover.
#[derive(Clone, Debug)]
pub struct ProverSettings {
    /// Who is asked for TXT records; the system's name servers where nobody is named. Each of those that are named is asked on its
    /// own, over UDP and, where that fails, over TCP, and more than half of all have to say the same: name some in different
    /// networks, so that whoever controls one way cannot prove what is not his.
    pub name_servers: Vec<SocketAddr>,
    /// Time for a name server's answer, retries included.
    pub names_timeout: Duration,
    /// Whether a site that does not prove it over https is asked over http as well. Section 3.2.2.4.18 allows both; whoever sits
    /// on the way can answer http in the site's stead.
    pub schemes: Schemes,
    /// What sites may be at although it is not public.
    pub allowed: Vec<Allowed>,
    /// Addresses of sites that the name service is not asked for; they are judged like its answers.
    pub hosts: BTreeMap<String, Vec<SocketAddr>>,
    /// A file of authorities, in PEM, that are trusted beside those of the machine.
    pub authorities: Option<PathBuf>,
    /// What questions to sites go through.
    pub proxy: Option<Secret<Url>>,
    /// Time for one site, its redirections included, for each of the schemes.
    pub site_timeout: Duration,
    /// Bytes of a file that are read: what is longer is no proof.
    pub max_file: usize,
    /// Bytes of a page that are read: what is longer is no proof.
    pub max_page: usize,
}

impl ProverSettings {
    /// Safe ones: the system's name servers, https only, 10 seconds for names and 20 for a site, 64 KiB of a file, 1 MiB of a page.
    pub const fn new() -> Self {
        Self {
            name_servers: Vec::new(),
            names_timeout: Duration::from_secs(10),
            schemes: Schemes::Https,
            allowed: Vec::new(),
            hosts: BTreeMap::new(),
            authorities: None,
            proxy: None,
            site_timeout: Duration::from_secs(20),
            max_file: 64 << 10,
            max_page: 1 << 20,
        }
    }
}

impl Default for ProverSettings {
    fn default() -> Self {
        Self::new()
    }
}
