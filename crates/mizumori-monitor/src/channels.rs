//! What has to be known of an organisation's channel, as it stands in the store: no secret, only the files in which they lie.

use std::path::{Path, PathBuf};

use mizumori_core::{Lang, Secret, Severity};
use mizumori_outbound::Url;
use mizumori_respond::chat::{Chat, ChatKind};
use mizumori_respond::webhook::{Webhook, WebhookSecret};
use mizumori_store::Channel;
use serde::{Deserialize, Serialize};

use crate::error::{MonitorError, in_words};
use crate::secret_file::{key_in, secret_in};

/// The port of syslog over TLS (RFC 5425).
const SYSLOG_PORT: u16 = 6514;

/// Where a channel is, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSettings {
    /// Where.
    pub to: Destination,
    /// Only of findings that are so bad at least.
    #[serde(with = "crate::rules::severity")]
    pub from: Severity,
}

/// Where a channel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Destination {
    /// A webhook, as Standard Webhooks has them.
    Webhook {
        /// Its address.
        url: String,
        /// The file of the secrets that messages are signed with, one a line, the newest first.
        secret_file: PathBuf,
        /// Whether it is told whose account it is.
        #[serde(default)]
        accounts: Naming,
        /// A file of authorities (PEM) that are trusted beside the system's.
        #[serde(default)]
        authorities: Option<PathBuf>,
    },
    /// A collector of syslog, over TLS.
    Syslog {
        /// Its name.
        host: String,
        /// Its port.
        port: u16,
        /// What it is told in.
        format: Format,
        /// Whether it is told whose account it is.
        #[serde(default)]
        accounts: Naming,
        /// A file of authorities (PEM) that are trusted beside the system's.
        #[serde(default)]
        authorities: Option<PathBuf>,
    },
    /// A chat's incoming webhook.
    Chat {
        /// Whose.
        service: Service,
        /// The file of its address, which is its secret.
        url_file: PathBuf,
        /// The language of whoever reads it.
        #[serde(with = "language")]
        language: Lang,
        /// A file of authorities (PEM) that are trusted beside the system's.
        #[serde(default)]
        authorities: Option<PathBuf>,
    },
}

/// Whether a system is told whose account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// By its tag, which tells accounts apart and names none.
    #[default]
    Tag,
    /// By its address, where a directory knows it.
    Address,
}

/// What a collector is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A Detection Finding of OCSF.
    Ocsf,
    /// A line of CEF.
    Cef,
}

/// Whose chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Slack.
    Slack,
    /// Microsoft Teams.
    Teams,
    /// Mattermost.
    Mattermost,
}

impl ChannelSettings {
    /// Reads what stands in the store.
    ///
    /// # Errors
    /// When it is not what this program writes.
    pub fn parse(document: &str) -> Result<Self, MonitorError> {
        serde_json::from_str(document).map_err(|cause| MonitorError::Channel(cause.to_string()))
    }

    /// As it stands in the store.
    pub fn to_text(&self) -> String {
        // Texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What kind of channel it is.
    pub const fn channel(&self) -> Channel {
        match self.to {
            Destination::Webhook { .. } => Channel::Webhook,
            Destination::Syslog { .. } => Channel::Syslog,
            Destination::Chat { .. } => Channel::Chat,
        }
    }

    /// Whether it is told whose account it is; a chat never is.
    pub(crate) const fn naming(&self) -> Naming {
        match self.to {
            Destination::Webhook { accounts, .. } | Destination::Syslog { accounts, .. } => accounts,
            Destination::Chat { .. } => Naming::Tag,
        }
    }

    /// Looks whether it can be: files of secrets and authorities are there, addresses are some. Nothing is connected.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> Result<(), MonitorError> {
        let authorities = match &self.to {
            Destination::Webhook { url, secret_file, authorities, .. } => {
                webhook(url, secret_file)?;
                is_https(url)?;
                authorities
            }
            Destination::Syslog { authorities, .. } => authorities,
            Destination::Chat { service, url_file, authorities, .. } => {
                chat(*service, url_file, Lang::En)?;
                is_https(url_in(url_file)?.expose())?;
                authorities
            }
        };
        let Some(file) = authorities else { return Ok(()) };
        let read = std::fs::read(file);
        read.map(drop).map_err(|cause| MonitorError::SecretFile { file: file.clone(), cause })
    }
}

/// Host and port of a collector, written `tls://host[:port]`.
///
/// # Errors
/// When it is not written so.
pub fn syslog_server(text: &str) -> Result<(String, u16), String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "tls" && url.path().is_empty());
    let host = url.as_ref().and_then(Url::host_str).filter(|host| !host.is_empty());
    let plain = url.as_ref().is_some_and(|url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    match (host, plain) {
        (Some(host), true) => {
            let port = url.as_ref().and_then(Url::port).unwrap_or(SYSLOG_PORT);
            Ok((host.trim_matches(['[', ']']).to_owned(), port))
        }
        _ => Err("write tls://HOST or tls://HOST:PORT".to_owned()),
    }
}

/// A webhook with its secrets.
pub(crate) fn webhook(url: &str, secret_file: &Path) -> Result<Webhook, MonitorError> {
    let text = key_in(secret_file)?;
    let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Vec<WebhookSecret> = lines.map(str::parse).collect::<Result<_, _>>().map_err(wrong)?;
    Webhook::new(&Secret::new(url.to_owned()), secrets).map_err(wrong)
}

/// A chat with its address.
pub(crate) fn chat(service: Service, url_file: &Path, language: Lang) -> Result<Chat, MonitorError> {
    let kind = match service {
        Service::Slack => ChatKind::Slack,
        Service::Teams => ChatKind::Teams,
        Service::Mattermost => ChatKind::Mattermost,
    };
    Ok(Chat::new(kind, &url_in(url_file)?).map_err(wrong)?.speaking(language))
}

/// What else would be refused when something is to be sent is said at once.
fn is_https(url: &str) -> Result<(), MonitorError> {
    let is_one = Url::parse(url).is_ok_and(|url| url.scheme() == "https");
    is_one
        .then_some(())
        .ok_or_else(|| MonitorError::Channel("its address does not begin with https://".to_owned()))
}

fn wrong(error: mizumori_respond::RespondError) -> MonitorError {
    MonitorError::Channel(in_words(&error))
}

/// The address in a file, which is a secret.
fn url_in(file: &Path) -> Result<Secret<String>, MonitorError> {
    Ok(Secret::new(secret_in(file)?.expose().trim().to_owned()))
}

/// A language by its tag.
mod language {
    use mizumori_core::Lang;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "that is how serde asks")]
    pub(super) fn serialize<S: Serializer>(lang: &Lang, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(lang.tag())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Lang, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| de::Error::custom("no language is called so"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(folder: &Path) -> Vec<ChannelSettings> {
        let destinations = [
            Destination::Webhook {
                url: "https://hook.suigen.example/in".to_owned(),
                secret_file: folder.join("secret"),
                accounts: Naming::Address,
                authorities: None,
            },
            Destination::Syslog {
                host: "log.suigen.example".to_owned(),
                port: 6514,
                format: Format::Cef,
                accounts: Naming::Tag,
                authorities: Some(folder.join("secret")),
            },
            Destination::Chat {
                service: Service::Teams,
                url_file: folder.join("url"),
                language: Lang::Ja,
                authorities: None,
            },
        ];
        destinations.map(|to| ChannelSettings { to, from: Severity::Hash }).into()
    }

    #[test]
    fn settings_come_back() {
        let folder = tempfile::tempdir().unwrap();
        for settings in all(folder.path()) {
            let text = settings.to_text();
            assert!(text.contains(settings.channel().as_str()) && text.contains("\"hash\""), "{text}");
            assert_eq!(ChannelSettings::parse(&text).unwrap(), settings);
            // Neither secrets nor authorities are there.
            assert!(matches!(settings.check(), Err(MonitorError::SecretFile { .. })), "{text}");
        }
        for wrong in ["", "{}", "{\"to\":{\"kind\":\"pigeon\"},\"from\":\"hash\"}"] {
            assert!(ChannelSettings::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let secrets = [WebhookSecret::random().unwrap().expose(), WebhookSecret::random().unwrap().expose()];
        write("secret", &format!("{}\n\n {}\n", secrets[0], secrets[1]));
        write("url", "https://hooks.example/services/himitsu\n");
        for settings in all(folder.path()) {
            settings.check().unwrap();
        }
        write("secret", "himitsu");
        write("url", "http://hooks.example/himitsu");
        let [hook, _, chat] = &all(folder.path())[..] else { panic!() };
        for (settings, part) in [(hook, "whsec_"), (chat, "https://")] {
            let said = settings.check().unwrap_err().to_string();
            assert!(said.contains(part) && !said.contains("himitsu"), "{said}");
        }
        write("url", "himitsu");
        let said = chat.check().unwrap_err().to_string();
        assert!(said.contains("address") && !said.contains("himitsu"), "{said}");
    }

    #[test]
    fn servers_of_syslog() {
        for (text, host, port) in [
            ("tls://log.suigen.example", "log.suigen.example", 6514),
            ("tls://log.suigen.example:601", "log.suigen.example", 601),
            ("tls://192.0.2.7:6514", "192.0.2.7", 6514),
            ("tls://[2001:db8::1]", "2001:db8::1", 6514),
        ] {
            assert_eq!(syslog_server(text).unwrap(), (host.to_owned(), port), "{text}");
        }
        for wrong in
            ["", "log.example", "tcp://log.example", "tls://", "tls://a:b@log.example", "tls://log.example/x"]
        {
            assert!(syslog_server(wrong).is_err(), "{wrong}");
        }
    }
}
