//! Webhooks: our own JSON, signed.

use std::path::Path;
use std::time::SystemTime;

use mizumori_outbound::Client;
use mizumori_respond::Delivery;
use mizumori_respond::webhook::Message;

use crate::channels::webhook;
use crate::error::{MonitorError, in_words};
use crate::news::Said;

/// Sends something once. The secrets are read each time: who changes them need not tell us.
pub(super) async fn send(
    client: &Client,
    url: &str,
    secret_file: &Path,
    id: &str,
    said: &Said,
    now: SystemTime,
) -> Result<Delivery, MonitorError> {
    let hook = webhook(url, secret_file)?;
    let json = match said {
        Said::Event(event) => event.json(),
        Said::Bulletin(bulletin) => bulletin.json(),
    };
    let message = Message::new(id, json.to_string().into_bytes());
    let message = message.map_err(|error| MonitorError::Channel(in_words(&error)))?;
    Ok(hook.send(client, &message, now).await)
}
