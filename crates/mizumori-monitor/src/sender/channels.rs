//! Channels of organisations, and what is kept of them between two messages: connections, no secret.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use mizumori_core::Timestamp;
use mizumori_outbound::{Allowed, Client, ClientSettings, Reach};
use mizumori_respond::event::Bulletin;
use mizumori_respond::syslog::Syslog;
use mizumori_respond::{Delivery, Tlp};
use mizumori_store::{Organisation, Outlet};

use super::{chat, syslog, webhook};
use crate::channels::{ChannelSettings, Destination};
use crate::error::{MonitorError, in_words};
use crate::news::Said;

/// How channels are reached.
#[derive(Clone, Debug)]
pub struct ChannelPost {
    /// How far what they are told may be passed on.
    pub tlp: Tlp,
    /// What webhooks and chats reach although it is not public.
    pub allowed: Vec<Allowed>,
    /// So many messages go to one channel a minute.
    pub per_minute: NonZeroU32,
    /// The name of this machine, for collectors of syslog.
    pub hostname: String,
    /// Time for a message.
    pub timeout: Duration,
}

/// What delivers to channels.
#[derive(Debug)]
pub struct Channels {
    pub(super) post: ChannelPost,
    /// By the file of authorities that they trust.
    clients: Mutex<HashMap<Option<PathBuf>, Client>>,
    /// By what the store says of them: who changes that has another.
    collectors: Mutex<HashMap<String, Arc<Syslog>>>,
}

impl ChannelPost {
    /// Within the organisation, to the public Internet, 600 a minute, each within 30 seconds.
    pub fn new(hostname: &str) -> Self {
        const PER_MINUTE: NonZeroU32 = NonZeroU32::new(600).unwrap();
        Self {
            tlp: Tlp::AmberStrict,
            allowed: Vec::new(),
            per_minute: PER_MINUTE,
            hostname: hostname.to_owned(),
            timeout: Duration::from_secs(30),
        }
    }
}

impl Channels {
    /// Connects to nobody yet.
    pub fn new(post: ChannelPost) -> Self {
        Self { post, clients: Mutex::default(), collectors: Mutex::default() }
    }

    /// Sends a message that says that it is a test, once. `name` tells it apart from other ones.
    ///
    /// # Errors
    /// When the channel is not set up: its settings cannot be, or the file of its secret is gone.
    pub async fn test(
        &self,
        organisation: &Organisation,
        outlet: &Outlet,
        name: &str,
        now: Timestamp,
    ) -> Result<Delivery, MonitorError> {
        let settings = ChannelSettings::parse(&outlet.document)?;
        let whose = organisation.names.of(organisation.language);
        let (id, tlp) = (format!("test-{name}-{}", outlet.id.0), self.post.tlp);
        let said = Said::Bulletin(Bulletin::test(&id, whose, now, tlp));
        self.deliver(&settings, &id, &said, SystemTime::from(now)).await
    }

    /// Sends something once.
    pub(super) async fn deliver(
        &self,
        settings: &ChannelSettings,
        id: &str,
        said: &Said,
        now: SystemTime,
    ) -> Result<Delivery, MonitorError> {
        match &settings.to {
            Destination::Webhook { url, secret_file, authorities, .. } => {
                let client = self.client(authorities.as_ref())?;
                webhook::send(&client, url, secret_file, id, said, now).await
            }
            Destination::Syslog { host, port, format, authorities, .. } => {
                let collector = self.collector(settings, || {
                    syslog::collector(&self.post, host, *port, authorities.clone())
                })?;
                Ok(syslog::send(&collector, *format, said).await)
            }
            Destination::Chat { service, url_file, language, authorities } => {
                let client = self.client(authorities.as_ref())?;
                chat::send(&client, *service, url_file, *language, said, now).await
            }
        }
    }

    /// Forgets connections, so that what was put right in files is read again.
    pub(super) fn forget(&self, settings: &ChannelSettings) {
        let authorities = match &settings.to {
            Destination::Webhook { authorities, .. } | Destination::Chat { authorities, .. } => authorities,
            Destination::Syslog { .. } => {
                self.collectors.lock().unwrap_or_else(PoisonError::into_inner).remove(&settings.to_text());
                return;
            }
        };
        if authorities.is_some() {
            self.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(authorities);
        }
    }

    /// What reaches whatever an organisation names, and no network behind the operator's gate.
    fn client(&self, authorities: Option<&PathBuf>) -> Result<Client, MonitorError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&authorities.cloned()) {
            return Ok(client.clone());
        }
        let settings = ClientSettings {
            allowed: self.post.allowed.clone(),
            authorities: authorities.cloned(),
            timeout: self.post.timeout,
            connect_timeout: self.post.timeout.min(Duration::from_secs(10)),
            ..ClientSettings::new(Reach::Public)
        };
        let client = Client::new(&settings).map_err(|error| MonitorError::Channel(in_words(&error)))?;
        clients.insert(authorities.cloned(), client.clone());
        Ok(client)
    }

    fn collector(
        &self,
        settings: &ChannelSettings,
        make: impl FnOnce() -> Result<Syslog, MonitorError>,
    ) -> Result<Arc<Syslog>, MonitorError> {
        let mut collectors = self.collectors.lock().unwrap_or_else(PoisonError::into_inner);
        let key = settings.to_text();
        if let Some(collector) = collectors.get(&key) {
            return Ok(Arc::clone(collector));
        }
        let collector = Arc::new(make()?);
        collectors.insert(key, Arc::clone(&collector));
        Ok(collector)
    }
}
