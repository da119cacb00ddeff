//! Dumps in buckets: what lies below a URL, and its bytes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt};
use mizumori_read::ReadAt;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;

use super::open::{Opened, Patience, connect, open};
use super::read_ahead::{Blocks, ObjectAt};
use super::trouble::{StoreError, Trouble};
use crate::background::Background;

/// Requests for descriptions that are under way at the same time.
const AT_ONCE: usize = 16;

/// A URL in the place of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathUrl {
    /// A file or folder of this machine.
    Local(PathBuf),
    /// An object of a store, or all below a prefix.
    Object {
        /// `s3://bucket/`: what stands before keys.
        bucket: String,
        /// The key or prefix, as it is: nothing in it is decoded.
        key: String,
    },
}

impl PathUrl {
    /// Understands a URL; `None` for what is none.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead: an unknown scheme, credentials.
    pub fn parse(text: &str) -> Option<Result<Self, (String, String)>> {
        let (scheme, rest) = text.split_once("://")?;
        let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
        (is_scheme && !scheme.is_empty()).then(|| Self::of(text, &scheme.to_ascii_lowercase(), rest))
    }

    fn of(text: &str, scheme: &str, rest: &str) -> Result<Self, (String, String)> {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_azure = match scheme {
            "file" => {
                let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
                let wrong =
                    || (format!("`{text}` names no file of this machine"), "write file:///path".into());
                return path.map(Self::Local).ok_or_else(wrong);
            }
            "s3" | "s3a" | "gs" => false,
            "az" | "adl" | "azure" | "abfs" | "abfss" => true,
            _ => {
                let what = format!("dumps cannot be read from `{scheme}://…`");
                return Err((what, "write s3://bucket/prefix/, gs://… or az://…".to_owned()));
            }
        };
        // `abfss://container@account.dfs.core.windows.net/…` holds no secret.
        let user = bucket.rsplit_once('@').map(|(user, _)| user);
        let signed = key.split_once('?').is_some_and(|(_, query)| {
            let query = query.to_ascii_lowercase();
            query.contains("sig=") || query.contains("signature=") || query.contains("credential=")
        });
        if signed || user.is_some_and(|user| !is_azure || user.contains(':')) {
            let host = bucket.rsplit('@').next().unwrap_or_default();
            let what = format!("the URL `{scheme}://…{host}/…` holds credentials");
            return Err((what, "leave them out, and put them into the environment".to_owned()));
        }
        if bucket.is_empty() {
            return Err((format!("`{text}` names no bucket"), format!("write {scheme}://bucket/prefix/")));
        }
        Ok(Self::Object { bucket: format!("{scheme}://{bucket}/"), key: key.to_owned() })
    }
}

/// An object that was found.
#[derive(Clone)]
pub struct FoundObject {
    /// The bucket's URL, and the key.
    pub url: String,
    /// What stands behind the prefix that was asked for; of a single object the last part of its key.
    pub below: String,
    /// Its bytes.
    pub at: Arc<dyn ReadAt>,
    /// What the store calls this version of it, where it does.
    pub version: Option<Box<str>>,
}

/// A description of sources, by its URL: its text, or why it cannot be read.
pub type Description = (String, Result<Vec<u8>, StoreError>);

/// What lies below a URL.
#[derive(Default)]
pub struct Below {
    /// The objects, as a folder's files would stand: in the order of the names of each level.
    pub objects: Vec<FoundObject>,
    /// Descriptions of sources among them and in the levels above.
    pub descriptions: Vec<Description>,
}

/// Buckets that are read from: what all objects of a run share.
pub struct Buckets {
    runtime: Arc<Background>,
    blocks: Arc<Blocks>,
    /// Those from which objects were read, by their URLs.
    patient: Mutex<BTreeMap<String, Opened>>,
}

impl Buckets {
    /// For so many threads that read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let runtime = Background::start(2, "buckets")?;
        let blocks = Arc::new(Blocks::new(threads));
        Ok(Self { runtime: Arc::new(runtime), blocks, patient: Mutex::default() })
    }

    /// The store of a bucket whose objects are read, opened once.
    fn patient(&self, bucket: &str, place: &str) -> Result<Arc<dyn ObjectStore>, StoreError> {
        let mut patient = self.patient.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = patient.get(bucket) {
            return Ok(opened.named(place));
        }
        let url = Url::parse(bucket).map_err(|_| StoreError::unknown_kind(place))?;
        let opened = connect(&url, place, Patience::Much)?;
        let store = opened.named(place);
        patient.insert(bucket.to_owned(), opened);
        Ok(store)
    }

    /// The object of a key.
    ///
    /// # Errors
    /// When there is none, or the store cannot be asked.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Arc<dyn ReadAt>, StoreError> {
        let place: Arc<str> = format!("{bucket}{key}").into();
        let store = self.patient(bucket, &place)?;
        let path = Path::parse(key).map_err(|_| StoreError::new(&place, Trouble::Name))?;
        let meta = self.runtime.block_on(store.head(&path)).map_err(|error| {
            StoreError::find(&error).cloned().unwrap_or_else(|| StoreError::new(&place, Trouble::Other))
        })?;
        Ok(Arc::new(ObjectAt::new(&self.runtime, &store, &place, path, meta.size, &self.blocks)))
    }

    /// Finds the object, or the objects below the prefix, that a URL names. A key is one object where there is one, and else a
    /// prefix. Objects that `is_description` tells by their last name are descriptions; so is `source.toml` in each level
    /// above, where these credentials may read it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub fn below(
        &self,
        bucket: &str,
        key: &str,
        is_description: &dyn Fn(&str) -> bool,
    ) -> Result<Below, StoreError> {
        let place: Arc<str> = format!("{bucket}{key}").into();
        let wrong = |_| StoreError::new(&place, Trouble::Name);
        let url = Url::parse(bucket).map_err(|_| StoreError::unknown_kind(&place))?;
        let first = open(&url, &place, Patience::Little)?;
        let patient = self.patient(bucket, &place)?;
        let path = Path::parse(key).map_err(wrong)?;
        let found = self.runtime.block_on(async {
            let single =
                if key.is_empty() || key.ends_with('/') { None } else { single(&*first, &path).await? };
            match single {
                Some(object) => Ok((vec![object], true)),
                None => first.list(Some(&path)).try_collect().await.map(|objects: Vec<_>| (objects, false)),
            }
        });
        let told = |error: &Error| {
            StoreError::find(error).cloned().unwrap_or_else(|| StoreError::new(&place, Trouble::Other))
        };
        let (mut metas, is_single) = found.map_err(|error| told(&error))?;
        metas.sort_by(|one, other| one.location.as_ref().split('/').cmp(other.location.as_ref().split('/')));
        metas = without_markers(metas);
        let name = |meta: &ObjectMeta| meta.location.filename().unwrap_or_default().to_owned();
        let (described, metas): (Vec<_>, Vec<_>) =
            metas.into_iter().partition(|meta| is_description(&name(meta)));
        let mut keys: Vec<_> = described.into_iter().map(|meta| meta.location).collect();
        let mut levels: Vec<_> = key.trim_end_matches('/').split('/').collect();
        if is_single {
            keys.extend(Path::parse(format!("{key}.source.toml")));
        }
        while levels.pop().is_some() {
            // The level itself was listed, unless it is that of a single object.
            let above = levels.iter().copied().chain(["source.toml"]).collect::<Vec<_>>().join("/");
            if !key.is_empty() {
                keys.extend(Path::parse(above));
            }
        }
        let fetch = |key: Path| {
            let store = &patient;
            async move {
                let got = async { store.get(&key).await?.bytes().await };
                let text = match got.await {
                    Ok(bytes) => Ok(bytes.to_vec()),
                    Err(Error::NotFound { .. } | Error::PermissionDenied { .. }) => return None,
                    Err(error) => Err(told(&error)),
                };
                Some((format!("{bucket}{key}"), text))
            }
        };
        let fetched = futures::stream::iter(keys).map(fetch).buffered(AT_ONCE).filter_map(std::future::ready);
        let descriptions = self.runtime.block_on(fetched.collect());
        let prefix = if is_single { key.len() - name_of(key).len() } else { path.as_ref().len() };
        let objects: Vec<_> = metas
            .iter()
            .map(|meta| {
                let (path, len) = (meta.location.clone(), meta.size);
                Arc::new(ObjectAt::new(&self.runtime, &patient, &place, path, len, &self.blocks))
            })
            .collect();
        ObjectAt::in_a_row(&objects);
        let found = metas.iter().zip(objects).map(|(meta, at)| FoundObject {
            url: format!("{bucket}{}", meta.location),
            below: meta
                .location
                .as_ref()
                .get(prefix..)
                .unwrap_or_default()
                .trim_start_matches('/')
                .to_owned(),
            at,
            version: meta.e_tag.as_deref().map(Box::from),
        });
        Ok(Below { objects: found.collect(), descriptions })
    }
}

/// The object of a key, where there is one.
async fn single(store: &dyn ObjectStore, path: &Path) -> Result<Option<ObjectMeta>, Error> {
    match store.head(path).await {
        Ok(meta) => Ok(Some(meta)),
        // An answer to this question has no text: what is refused here is asked again as a list, and told then.
        Err(Error::NotFound { .. } | Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {
            Ok(None)
        }
        Err(error) => match StoreError::find(&error).map(StoreError::trouble) {
            Some(Trouble::Bucket | Trouble::Clock) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Without the empty objects by which some programs mark folders.
fn without_markers(sorted: Vec<ObjectMeta>) -> Vec<ObjectMeta> {
    let is_below = |inner: &ObjectMeta, outer: &ObjectMeta| {
        inner
            .location
            .as_ref()
            .strip_prefix(outer.location.as_ref())
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let markers: Vec<_> = sorted
        .iter()
        .enumerate()
        .map(|(at, meta)| meta.size == 0 && sorted.get(at + 1).is_some_and(|next| is_below(next, meta)))
        .collect();
    let each = sorted.into_iter().zip(markers);
    each.filter(|(_, is_marker)| !is_marker).map(|(meta, _)| meta).collect()
}

fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_folders_are_no_objects() {
        let meta = |(key, size): (&str, u64)| ObjectMeta {
            location: Path::from(key),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size,
            e_tag: None,
            version: None,
        };
        let all = [("a", 0), ("a/b", 0), ("a/b/c", 1), ("d", 0), ("d.txt", 0), ("e", 1), ("e/f", 1)];
        let left = without_markers(all.into_iter().map(meta).collect());
        let left: Vec<_> = left.iter().map(|meta| meta.location.as_ref()).collect();
        assert_eq!(left, ["a/b/c", "d", "d.txt", "e", "e/f"]);
    }

    #[test]
    fn urls_are_told_from_paths() {
        let object = |bucket: &str, key: &str| {
            Some(Ok(PathUrl::Object { bucket: bucket.to_owned(), key: key.to_owned() }))
        };
        for (text, expected) in [
            ("dumps/a.txt", None),
            ("-", None),
            ("a:b//c", None),
            ("s3://bucket", object("s3://bucket/", "")),
            ("S3://bucket/", object("s3://bucket/", "")),
            ("s3://bucket/a/b 100%.txt", object("s3://bucket/", "a/b 100%.txt")),
            ("gs://bucket/水/", object("gs://bucket/", "水/")),
            (
                "abfss://container@account.dfs.core.windows.net/a",
                object("abfss://container@account.dfs.core.windows.net/", "a"),
            ),
            ("file:///tmp/a%20b", Some(Ok(PathUrl::Local("/tmp/a b".into())))),
        ] {
            assert_eq!(PathUrl::parse(text), expected, "{text}");
        }
        for wrong in ["ftp://host.example/x", "s3:///x", "file://host.example/x", "https://host.example/x"] {
            assert!(matches!(PathUrl::parse(wrong), Some(Err(_))), "{wrong}");
        }
        for wrong in [
            "s3://KEY:word@bucket/x",
            "s3://KEY@bucket/x",
            "az://container/x?sv=1&sig=word",
            "abfss://c:word@account.dfs.core.windows.net/x",
        ] {
            let (what, hint) = PathUrl::parse(wrong).unwrap().unwrap_err();
            assert!(what.contains("credentials"), "{what}");
            assert!(!format!("{what}{hint}").contains("word") && !what.contains("KEY"), "{what}");
        }
    }
}
