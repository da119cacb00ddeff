//! Dumps in buckets: what stands below `s3://bucket/prefix/`, as if it were a folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use mizumori_lake::{Below, Buckets, FoundObject, PathUrl};
use mizumori_read::MemberName;
use mizumori_scan::{Dump, DumpPlace, describes_sources};

use super::{Dumps, FoundDump, stem};
use crate::outcome::Failure;

/// Buckets, opened when the first is asked.
pub(super) struct Asked {
    threads: usize,
    buckets: Option<Buckets>,
}

/// A URL as it goes on: a path where it is one of this machine.
pub(super) fn understood(url: &Path) -> Result<PathBuf, Failure> {
    match parsed(url)? {
        PathUrl::Local(path) => Ok(path),
        PathUrl::Object { bucket, key } => Ok(PathBuf::from(format!("{bucket}{key}"))),
    }
}

fn parsed(url: &Path) -> Result<PathUrl, Failure> {
    let text = url.to_str().unwrap_or_default();
    let parsed = PathUrl::parse(text).ok_or_else(|| Failure::say("a PATH is no URL that can be read"))?;
    parsed.map_err(|(what, hint)| Failure::say(what).hint(hint))
}

impl Asked {
    /// Nothing is opened yet.
    pub(super) const fn new(threads: usize) -> Self {
        Self { threads, buckets: None }
    }

    /// Adds what stands below `url`, the PATH number `index`, to `dumps`.
    pub(super) fn walk(&mut self, url: &Path, index: usize, dumps: &mut Dumps) -> Result<(), Failure> {
        let PathUrl::Object { bucket, key } = parsed(url)? else { return Ok(()) };
        let opened = match self.buckets.take() {
            Some(buckets) => buckets,
            None => {
                Buckets::new(self.threads).context("could not start to read buckets").map_err(Failure::new)?
            }
        };
        let buckets = self.buckets.insert(opened);
        let Below { objects, descriptions } = buckets.below(&bucket, &key, &describes_sources)?;
        if objects.is_empty()
            && descriptions.iter().all(|(name, _)| !name.starts_with(&*url.to_string_lossy()))
        {
            return Err(Failure::say(format!("`{}` holds nothing", url.display()))
                .hint("give an object, or a prefix below which objects are"));
        }
        let text = |text: Result<Vec<u8>, mizumori_lake::StoreError>| text.map_err(|why| why.to_string());
        let named = |name: String| MemberName::new(&name).to_string();
        dumps.descriptions.extend(descriptions.into_iter().map(|(name, bytes)| (named(name), text(bytes))));
        dumps.found.extend(objects.into_iter().map(|object| found(object, index)));
        Ok(())
    }
}

fn found(FoundObject { url, below, at, version }: FoundObject, path: usize) -> FoundDump {
    let default_id = match below.split_once('/') {
        Some((first, _)) => MemberName::new(first).to_string(),
        None => stem(Path::new(&below)),
    };
    FoundDump {
        bytes: Some(at.len()),
        dump: Dump { version, ..Dump::new(MemberName::new(&url), DumpPlace::Held(at)) },
        path,
        default_id,
        sidecar: false,
        inside: Vec::new(),
        regular: true,
    }
}
