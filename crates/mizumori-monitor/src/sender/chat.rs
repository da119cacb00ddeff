//! Chats: no account is named there.

use std::path::Path;
use std::time::SystemTime;

use mizumori_core::Lang;
use mizumori_outbound::Client;
use mizumori_respond::Delivery;

use crate::channels::{Service, chat};
use crate::error::MonitorError;
use crate::news::Said;

/// Posts something once. The address is read each time: who changes it need not tell us.
pub(super) async fn send(
    client: &Client,
    service: Service,
    url_file: &Path,
    language: Lang,
    said: &Said,
    now: SystemTime,
) -> Result<Delivery, MonitorError> {
    let chat = chat(service, url_file, language)?;
    Ok(match said {
        Said::Event(event) => chat.send(client, event, now).await,
        Said::Bulletin(bulletin) => chat.announce(client, bulletin, now).await,
    })
}
