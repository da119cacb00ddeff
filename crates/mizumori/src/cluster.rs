//! What the commands of a cluster have in common: where it is, its key, and this machine's certificate.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use mizumori_cluster::{Cluster, Patience, SharedDump, Tls, UnitError};
use mizumori_core::keys::ClusterKey;
use mizumori_core::{ErrorClass, Secret};

use crate::config::Config;
use crate::dumps::FoundDump;
use crate::outcome::Failure;
use crate::size::Size;

/// The variable that holds the cluster's key.
const KEY: &str = "MIZUMORI_CLUSTER_KEY";
/// The variable that names the folder of this machine's certificate.
const TLS: &str = "MIZUMORI_TLS";

/// The option of every command that a cluster can do.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterOptions {
    /// Have a cluster do it: the address of its scheduler
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    cluster: Option<(String, u16)>,

    /// How much a machine of the cluster takes at once [default: 256MiB, or more where there is much]
    #[arg(long, value_name = "SIZE", requires = "cluster")]
    unit: Option<Size>,

    /// How many units are out at once: give as many as the cluster has slots, where it has more [default: 64]
    #[arg(long, value_name = "N", requires = "cluster")]
    at_once: Option<NonZeroUsize>,

    /// Speak TLS with the cluster: the folder of this machine's certificate (ca.crt, tls.crt, tls.key)
    #[arg(long, value_name = "DIR", requires = "cluster")]
    tls: Option<PathBuf>,
}

/// Bytes of a unit: enough for a job to be worth while, and few enough for another machine to do it again.
const UNIT: (u64, u64) = (256 << 20, 4 << 30);
/// Where there is much, so many units.
const UNITS: u64 = 512;

/// Dumps as a cluster gets them.
pub(crate) fn shared<'f>(found: impl Iterator<Item = &'f FoundDump>) -> Vec<SharedDump> {
    found.map(|found| SharedDump { dump: found.dump.clone(), bytes: found.bytes.unwrap_or(0) }).collect()
}

impl ClusterOptions {
    /// Whether a cluster is asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.cluster.is_some()
    }

    /// The cluster that is asked for, and its key.
    pub(crate) fn open(&self, config: &Config) -> Result<Option<(Cluster, ClusterKey)>, Failure> {
        let Some((host, port)) = &self.cluster else { return Ok(None) };
        let key = key(config)?;
        let tls = tls(self.tls.as_deref(), config)?;
        let mut patience = Patience::default();
        patience.at_once = self.at_once.map_or(patience.at_once, NonZeroUsize::get);
        let cluster = Cluster::new(host, *port, key.clone(), tls, patience)?;
        Ok(Some((cluster, key)))
    }

    /// Tells the bytes of a unit of some dumps.
    pub(crate) fn unit_bytes(&self) -> impl Fn(&[SharedDump]) -> u64 + use<> {
        let asked = self.unit;
        move |dumps| {
            let all: u64 = dumps.iter().map(|dump| dump.bytes).sum();
            asked.map_or_else(|| (all / UNITS).clamp(UNIT.0, UNIT.1), |size| size.0)
        }
    }
}

/// The key that all machines of the cluster have.
pub(crate) fn key(config: &Config) -> Result<ClusterKey, Failure> {
    let variable = std::env::var(KEY).ok().filter(|value| !value.is_empty());
    let (text, name) = match (variable, &config.cluster_key) {
        (Some(text), _) => (Secret::new(text), format!("the variable {KEY}")),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("could not read the cluster's key `{}`", file.display()));
            (Secret::new(text.map_err(Failure::new)?), format!("`{}`", file.display()))
        }
        (None, None) => {
            return Err(Failure::say("the cluster's key is not known here").hint(format!(
                "`mizumori cluster key` makes one: set {KEY} to it on every machine, or name its file in mizumori.toml as \
                 `cluster_key`"
            )));
        }
    };
    ClusterKey::parse(text.expose()).with_context(|| format!("in {name}")).map_err(Failure::new)
}

/// This machine's certificate, where the cluster speaks TLS: from the folder that is asked for, or else the variable's, or else
/// the configuration's.
pub(crate) fn tls(asked: Option<&Path>, config: &Config) -> Result<Option<Tls>, Failure> {
    let variable = || std::env::var_os(TLS).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = asked.map(Path::to_owned).or_else(variable).or_else(|| config.tls.clone());
    let tls = folder.map(|folder| Tls::read(&folder)).transpose();
    Ok(tls.map_err(mizumori_cluster::ClusterError::from)?)
}

/// A host and a port, with or without a scheme before them.
pub(crate) fn address(text: &str) -> Result<(String, u16), &'static str> {
    let rest = ["http://", "df://"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let parts = rest.trim_end_matches('/').rsplit_once(':');
    let parsed = parts.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    parsed.filter(|(host, _)| !host.is_empty() && !host.contains('/')).ok_or("write HOST:PORT")
}

/// Why a unit could not be done here: what is wrong with a store may be right again.
impl From<Failure> for UnitError {
    fn from(failure: Failure) -> Self {
        let words = failure.in_words();
        match failure.of_lake().map(mizumori_lake::LakeError::class) {
            Some(ErrorClass::Environment) => Self::Transient(words),
            _ => Self::Permanent(words),
        }
    }
}
