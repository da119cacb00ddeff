//! Collectors of syslog: an event of OCSF or a line of CEF a record, over TLS.

use std::path::PathBuf;

use mizumori_core::Severity;
use mizumori_respond::Delivery;
use mizumori_respond::syslog::{Carrier, Field, Level, Record, Syslog, SyslogSettings};

use crate::channels::Format;
use crate::error::{MonitorError, in_words};
use crate::news::Said;
use crate::sender::ChannelPost;

/// A collector; nobody is connected to yet.
pub(super) fn collector(
    post: &ChannelPost,
    host: &str,
    port: u16,
    authorities: Option<PathBuf>,
) -> Result<Syslog, MonitorError> {
    let settings = SyslogSettings {
        carrier: Carrier::Tls { authorities, identity: None },
        timeout: post.timeout,
        ..SyslogSettings::new(host, port, &post.hostname)
    };
    Syslog::new(settings).map_err(|error| MonitorError::Channel(in_words(&error)))
}

/// Sends something once.
pub(super) async fn send(collector: &Syslog, format: Format, said: &Said) -> Delivery {
    collector.send(&record(format, said)).await
}

fn record(format: Format, said: &Said) -> Record {
    let field = |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
    match said {
        Said::Event(event) => Record {
            at: event.at,
            level: Level::from(event.severity),
            kind: event.happened.as_str().to_owned(),
            fields: vec![
                field("reference", &event.reference),
                field("severity", event.severity.as_str()),
                field("state", &event.state),
                field("tlp", event.tlp.label()),
            ],
            text: match format {
                Format::Ocsf => event.ocsf().to_string(),
                Format::Cef => event.cef(),
            },
        },
        Said::Bulletin(bulletin) => Record {
            at: bulletin.at,
            level: Level::from(bulletin.worst().unwrap_or(Severity::Address)),
            kind: bulletin.occasion.as_str().to_owned(),
            fields: vec![field("tlp", bulletin.tlp.label())],
            text: match format {
                Format::Ocsf => bulletin.ocsf().to_string(),
                Format::Cef => bulletin.cef(),
            },
        },
    }
}
