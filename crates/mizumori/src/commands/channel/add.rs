//! `mizumori channel add`: a channel, or another one of its name.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use mizumori_core::{Lang, Severity};
use mizumori_monitor::{ChannelSettings, Destination, Format, Naming, Service, syslog_server};
use mizumori_store::{Access, OrganisationId};

use crate::outcome::Failure;
use crate::store::{Opened, allowed, audit};
use crate::tidings;

/// Add a channel, or change the one of that name
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// A name for it
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,

    /// Only findings that are so bad at least: address, personal, hash, password, own-site, stealer-log, session
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "address")]
    from: Severity,

    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// A webhook, as Standard Webhooks has them: signed JSON
    Webhook {
        /// Its address, which begins with https://
        #[arg(long)]
        url: String,
        /// The file of the secrets that messages are signed with: `whsec_…`, one a line, the newest first
        #[arg(long, value_name = "FILE")]
        secret_file: PathBuf,
        /// Tell it accounts by their addresses, where a directory knows them, and not by their tags
        #[arg(long)]
        addresses: bool,
        /// Authorities (PEM) that are trusted beside the system's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// A collector of syslog (RFC 5424), over TLS
    Syslog {
        /// tls://HOST, or tls://HOST:PORT
        #[arg(long, value_name = "URL", value_parser = syslog_server)]
        server: (String, u16),
        /// What a record says
        #[arg(long, value_enum)]
        format: Written,
        /// Tell it accounts by their addresses, where a directory knows them, and not by their tags
        #[arg(long)]
        addresses: bool,
        /// Authorities (PEM) that are trusted beside the system's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// A chat's incoming webhook: it names no account
    Chat {
        /// Whose
        #[arg(value_enum)]
        service: Of,
        /// The file of its address, which is its secret
        #[arg(long, value_name = "FILE")]
        url_file: PathBuf,
        /// The language: ja or en [default: the organisation's]
        #[arg(long, value_name = "LANG")]
        language: Option<Lang>,
        /// Authorities (PEM) that are trusted beside the system's
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    /// A Detection Finding of OCSF
    Ocsf,
    /// A line of CEF
    Cef,
}

/// Whose chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Slack
    Slack,
    /// Microsoft Teams, by a workflow that posts cards
    Teams,
    /// Mattermost
    Mattermost,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let (id, name) = (&arguments.organisation, &arguments.name);
    opened.write(async |session| {
        let organisation = allowed(session, id, Access::Systems).await?;
        let to = arguments.kind.destination(organisation.language)?;
        let settings = ChannelSettings { to, from: arguments.from };
        // What cannot be is said now, and not in the night.
        settings.check()?;
        session.tenant(id).keep_outlet(name, settings.channel(), &settings.to_text()).await?;
        let mut detail = format!("{} from={}", settings.channel().as_str(), settings.from.as_str());
        if arguments.kind.names_accounts() {
            detail.push_str(" addresses");
        }
        audit(session, Some(id), "channel add", name, &detail).await
    })?;
    tidings::hint(&format!("`mizumori channel test {id} {name}` shows whether messages arrive"));
    Ok(())
}

impl Kind {
    fn destination(&self, language: Lang) -> Result<Destination, Failure> {
        let absolute = |path: &PathBuf| std::path::absolute(path);
        let authorities = |ca: &Option<PathBuf>| ca.as_ref().map(absolute).transpose();
        let accounts = if self.names_accounts() { Naming::Address } else { Naming::Tag };
        Ok(match self {
            Self::Webhook { url, secret_file, ca, .. } => Destination::Webhook {
                url: url.clone(),
                secret_file: absolute(secret_file)?,
                accounts,
                authorities: authorities(ca)?,
            },
            Self::Syslog { server: (host, port), format, ca, .. } => Destination::Syslog {
                host: host.clone(),
                port: *port,
                format: match format {
                    Written::Ocsf => Format::Ocsf,
                    Written::Cef => Format::Cef,
                },
                accounts,
                authorities: authorities(ca)?,
            },
            Self::Chat { service, url_file, language: own, ca } => Destination::Chat {
                service: match service {
                    Of::Slack => Service::Slack,
                    Of::Teams => Service::Teams,
                    Of::Mattermost => Service::Mattermost,
                },
                url_file: absolute(url_file)?,
                language: own.unwrap_or(language),
                authorities: authorities(ca)?,
            },
        })
    }

    const fn names_accounts(&self) -> bool {
        match self {
            Self::Webhook { addresses, .. } | Self::Syslog { addresses, .. } => *addresses,
            Self::Chat { .. } => false,
        }
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_one = (1..=64).contains(&text.len()) && text.bytes().all(fits);
    is_one.then(|| text.to_owned()).ok_or("write a name of letters, digits and dashes, 64 at most")
}

fn severity(word: &str) -> Result<Severity, String> {
    let words = || Severity::ALL.map(Severity::as_str).join(", ");
    Severity::parse(word).ok_or_else(|| format!("write one of {}", words()))
}
