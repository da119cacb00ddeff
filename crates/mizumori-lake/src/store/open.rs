//! From a URL and the environment to a store.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::told::Told;
use super::trouble::{Provider, StoreError};

/// How long a store is asked again that does not answer, or says that it is too busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A few seconds: for the first question, when the name of the place may be wrong.
    Little,
    /// Up to two minutes: in the middle of work that took hours.
    Much,
}

impl Patience {
    fn retries(self) -> RetryConfig {
        let backoff = |max_seconds, base| BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(max_seconds),
            base,
        };
        match self {
            Self::Little => RetryConfig {
                backoff: backoff(1, 2.),
                max_retries: 4,
                retry_timeout: Duration::from_secs(10),
            },
            Self::Much => RetryConfig {
                backoff: backoff(10, 3.),
                max_retries: 12,
                retry_timeout: Duration::from_secs(120),
            },
        }
    }
}

/// Opens the store of a URL. What it needs beside that (region, end point, credentials) comes from the environment, under the
/// store's usual names. Nothing is asked of it yet. Its errors name `place`, and never show what the store answered.
pub(crate) fn open(url: &Url, place: &str, patience: Patience) -> Result<Arc<dyn ObjectStore>, StoreError> {
    connect(url, place, patience).map(|opened| opened.named(place))
}

/// A store that was opened, and may be asked for many places: whoever opens it again reads the system's authorities again, and
/// connects again.
#[derive(Clone)]
pub(crate) struct Opened {
    store: Arc<dyn ObjectStore>,
    provider: Provider,
}

impl Opened {
    /// The store, whose errors name `place`.
    pub(crate) fn named(&self, place: &str) -> Arc<dyn ObjectStore> {
        Arc::new(Told::new(Arc::clone(&self.store), place, self.provider))
    }
}

/// Opens the store of a URL, as [`open`] does.
pub(crate) fn connect(url: &Url, place: &str, patience: Patience) -> Result<Opened, StoreError> {
    let (scheme, _) = ObjectStoreScheme::parse(url).map_err(|_| StoreError::unknown_kind(place))?;
    let retries = patience.retries();
    let (provider, opened): (_, object_store::Result<Arc<dyn ObjectStore>>) = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retries);
            (Provider::Amazon, builder.build().map(|store| Arc::new(store) as _))
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retries);
            (Provider::Google, builder.build().map(|store| Arc::new(store) as _))
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retries);
            (Provider::Azure, builder.build().map(|store| Arc::new(store) as _))
        }
        _ => return Err(StoreError::unknown_kind(place)),
    };
    match opened {
        Ok(store) => Ok(Opened { store, provider }),
        Err(error) => Err(StoreError::of_settings(place, provider, &error)),
    }
}
