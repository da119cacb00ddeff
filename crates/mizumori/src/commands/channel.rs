//! `mizumori channel`: what findings are told to beside people.

mod add;
mod test;

use clap::{Args, Subcommand};
use mizumori_monitor::{ChannelSettings, Destination};
use mizumori_store::{OrganisationId, Outlet};
use serde_json::json;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::show::{Form, show};
use crate::store::{Opened, StoreOptions, audit, now, organisation};

/// Channels: webhooks, collectors of syslog, chats
///
/// Whatever happens to a finding is told to them by `mizumori serve`. Secrets are in files, which are named and stay where they are.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreOptions,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mizumori channel add suigen desk webhook --url https://desk.suigen.example/in --secret-file desk.secret
  mizumori channel add suigen siem --from password syslog --server tls://log.suigen.example --format ocsf
  mizumori channel add suigen room chat mattermost --url-file room.secret --language ja
  mizumori channel test suigen room";

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Arguments),
    /// Remove a channel: what waits for it is told to nobody
    Remove {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Show all channels
    List {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The form of the list
        #[arg(long, value_enum, default_value_t = Form::Table)]
        format: Form,
    },
    /// Send a test message now, and say what the other side made of it
    Test {
        /// The organisation
        #[arg(value_name = "ORG")]
        organisation: OrganisationId,
        /// The channel's name
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    match &arguments.command {
        Command::Add(arguments) => add::run(arguments, &opened)?,
        Command::Remove { organisation: id, name } => opened.write(async |session| {
            organisation(session, id).await?;
            session.tenant(id).remove_outlet(name, now()).await?;
            audit(session, Some(id), "channel remove", name, "").await
        })?,
        Command::List { organisation: id, format } => list(&opened, id, *format)?,
        Command::Test { organisation: id, name } => return test::run(&opened, &config, id, name),
    }
    Ok(Outcome::Done)
}

fn list(opened: &Opened, id: &OrganisationId, format: Form) -> Result<(), Failure> {
    let outlets = opened.read(async |session| {
        organisation(session, id).await?;
        Ok(session.tenant(id).outlets().await?)
    })?;
    let rows = outlets.iter().map(|outlet| {
        let Outlet { name, channel, document, .. } = outlet;
        // One of another program is listed all the same.
        let settings = ChannelSettings::parse(document).ok();
        let from = settings.as_ref().map_or("", |settings| settings.from.as_str());
        let to = settings.as_ref().map(place).unwrap_or_default();
        let object = json!({"name": name, "kind": channel.as_str(), "from": from, "to": to});
        ([name, channel.as_str(), from, &*to].map(str::to_owned), object)
    });
    show(format, ["name", "kind", "from", "to"], rows)
}

/// Where it is, without what may be a secret: of a webhook its host, of a chat the file.
fn place(settings: &ChannelSettings) -> String {
    match &settings.to {
        Destination::Webhook { url, .. } => match mizumori_outbound::Url::parse(url) {
            Ok(url) => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{}{port}", url.host_str().unwrap_or_default())
            }
            Err(_) => String::new(),
        },
        Destination::Syslog { host, port, .. } => format!("{host}:{port}"),
        Destination::Chat { url_file, .. } => url_file.display().to_string(),
    }
}
