//! The resolver: asks the system for the addresses of a name, and hands on only those that may be connected to.
//!
//! The connection goes to what it hands on, so that a name service that answers differently a second time gains nothing.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::bounds::Bounds;
use crate::error::Refusal;

/// Resolves within bounds.
#[derive(Debug)]
pub(crate) struct Names {
    bounds: Arc<Bounds>,
    hosts: BTreeMap<String, Vec<SocketAddr>>,
}

impl Names {
    pub(crate) fn new(bounds: Arc<Bounds>, hosts: BTreeMap<String, Vec<SocketAddr>>) -> Self {
        Self { bounds, hosts }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let bounds = Arc::clone(&self.bounds);
        let known = self.hosts.get(name.as_str()).cloned();
        Box::pin(async move {
            let all: Vec<SocketAddr> = match known {
                Some(known) => known,
                None => tokio::net::lookup_host((name.as_str(), 0)).await?.collect(),
            };
            if all.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            let taken: Vec<_> =
                all.into_iter().filter(|address| bounds.takes(name.as_str(), address.ip())).collect();
            if taken.is_empty() {
                return Err(Refusal::Address.into());
            }
            Ok(Box::new(taken.into_iter()) as Addrs)
        })
    }
}
