//! How a client behaves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mizumori_core::Secret;
use url::Url;

use crate::allowed::Allowed;

/// How far a client goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the public Internet, and to what the operator let through: for addresses that tenants give.
    Public,
    /// Anywhere: for addresses that the operator configures.
    Anywhere,
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schemes {
    /// Only https.
    Https,
    /// http as well, which anybody on the way reads and changes.
    HttpsAndHttp,
}

/// The settings of a client.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// How far it goes.
    pub reach: Reach,
    /// What it speaks.
    pub schemes: Schemes,
    /// What it reaches although it is not public.
    pub allowed: Vec<Allowed>,
    /// Addresses of hosts that the name service is not asked for; they are judged like its answers. Port 0 means the URL's.
    pub hosts: BTreeMap<String, Vec<SocketAddr>>,
    /// A file of authorities, in PEM, that are trusted beside those of the machine.
    pub authorities: Option<PathBuf>,
    /// What everything goes through; it may need a user name and a password. The environment is not asked. Names are then
    /// resolved there: it has to guard its own network.
    pub proxy: Option<Secret<Url>>,
    /// Time for names, connection and TLS.
    pub connect_timeout: Duration,
    /// Time for everything, the answer's last byte included.
    pub timeout: Duration,
    /// Bytes of an answer that are read.
    pub max_answer: usize,
    /// Redirections that are followed. With 0 a redirection is an answer like others.
    pub redirects: usize,
}

impl ClientSettings {
    /// Safe ones: https only, 10 seconds to connect, 30 in all, 1 MiB, no redirections.
    pub const fn new(reach: Reach) -> Self {
        Self {
            reach,
            schemes: Schemes::Https,
            allowed: Vec::new(),
            hosts: BTreeMap::new(),
            authorities: None,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_answer: 1 << 20,
            redirects: 0,
        }
    }
}
