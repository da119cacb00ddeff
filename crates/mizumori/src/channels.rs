//! How channels are reached: the table `[channels]` of the configuration.

use std::num::NonZeroU32;

use mizumori_core::document::{Document, Table};
use mizumori_monitor::ChannelPost;

use crate::outcome::Failure;

/// What the table says.
#[derive(Debug, Default)]
pub(crate) struct ChannelTable {
    tlp: Option<String>,
    allowed: Vec<String>,
    per_minute: Option<u64>,
}

impl ChannelTable {
    /// Reads the table.
    pub(crate) fn read(document: &mut Document<'_>, table: &Table<'_>) -> Self {
        document.only(table, &["tlp", "allowed", "per_minute"]);
        let mut read = Self {
            tlp: document.string(table, "tlp").map(|text| text.text),
            per_minute: document.count(table, "per_minute"),
            ..Self::default()
        };
        for value in document.array(table, "allowed") {
            read.allowed.extend(document.text_of(value, "a host or a network").map(|text| text.text));
        }
        read
    }

    /// Makes it ready.
    pub(crate) fn post(&self) -> Result<ChannelPost, Failure> {
        let mut post = ChannelPost::new(&hostname());
        if let Some(label) = &self.tlp {
            post.tlp = label.parse().map_err(|_| {
                Failure::say(format!("`{label}` is no label of the Traffic Light Protocol"))
                    .hint("write clear, green, amber, amber+strict or red as `tlp` in [channels]")
            })?;
        }
        if let Some(number) = self.per_minute {
            let number = u32::try_from(number).ok().and_then(NonZeroU32::new);
            post.per_minute = number.ok_or_else(|| {
                Failure::say("`per_minute` in [channels] is 0, or far too many")
                    .hint("write a number such as 600")
            })?;
        }
        for text in &self.allowed {
            let allowed = text.parse().map_err(|error: mizumori_outbound::OutboundError| {
                Failure::new(error).hint("see `allowed` in [channels]")
            })?;
            post.allowed.push(allowed);
        }
        Ok(post)
    }
}

/// The name of this machine; a dash where it has none.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "-".to_owned() } else { name.to_owned() }
}
