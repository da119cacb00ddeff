//! `mizumori org`: the organisations that are served.

mod contact;
mod edition;
#[cfg(feature = "monitor")]
mod end;
mod list;

use clap::{Args, Subcommand};
use mizumori_core::{Lang, Names};
use mizumori_store::{Edition, Organisation, OrganisationId, OrganisationState};

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::store::{StoreOptions, audit, now, organisation};
use crate::tidings;

/// Organisations: who is served
///
/// An organisation has domains, contacts who are told, rules, directories and findings, which no other organisation sees. Its edition
/// says what it may have, and for how long.
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
  mizumori org add suigen --name-ja 水源大学 --name-en 'Suigen University' --edition evaluation
  mizumori org contact add suigen csirt@suigen.example
  mizumori org change suigen --edition full
  mizumori org end suigen --why 'letter of 2026-11-20, file 17' --yes
  mizumori org edition set small --domains 1 --holders 500 --functions findings,directories";

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    Change(Change),
    #[cfg(feature = "monitor")]
    End(end::Arguments),
    Remove(Remove),
    List(list::Arguments),
    Contact(contact::Arguments),
    Edition(edition::Arguments),
}

/// Add an organisation
#[derive(Debug, Args)]
struct Add {
    /// Its id: small letters, digits and dashes, as in a watch list
    #[arg(value_name = "ID")]
    id: OrganisationId,

    /// Its name in Japanese
    #[arg(long, value_name = "NAME")]
    name_ja: String,

    /// Its name in English
    #[arg(long, value_name = "NAME")]
    name_en: String,

    /// Its category, as in a watch list
    #[arg(long, value_name = "ID", default_value = "other")]
    category: String,

    /// The language in which its people are told where nobody knows better: ja or en
    #[arg(long, value_name = "LANG", default_value = "ja")]
    language: Lang,

    /// Its edition: full, evaluation, or one that was made
    #[arg(long, value_name = "NAME", default_value = "full")]
    edition: String,

    /// What its people call the place where passwords are changed: mails name it, and never link to it
    #[arg(long, value_name = "TEXT")]
    portal: Option<String>,
}

/// Change what is known of an organisation
#[derive(Debug, Args)]
struct Change {
    /// Which
    #[arg(value_name = "ID")]
    id: OrganisationId,

    /// Its name in Japanese
    #[arg(long, value_name = "NAME")]
    name_ja: Option<String>,

    /// Its name in English
    #[arg(long, value_name = "NAME")]
    name_en: Option<String>,

    /// Its category
    #[arg(long, value_name = "ID")]
    category: Option<String>,

    /// The language in which its people are told where nobody knows better: ja or en
    #[arg(long, value_name = "LANG")]
    language: Option<Lang>,

    /// Its edition; its time begins anew
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,

    /// What its people call the place where passwords are changed; an empty text takes it away
    #[arg(long, value_name = "TEXT")]
    portal: Option<String>,
}

/// Remove an organisation and everything that is kept of it, but for the audit log
#[derive(Debug, Args)]
struct Remove {
    /// Which
    #[arg(value_name = "ID")]
    id: OrganisationId,

    /// Once more, so that nobody does it by mistake
    #[arg(long, value_name = "ID")]
    confirm: OrganisationId,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let makes = match &arguments.command {
        Command::Add(_) => true,
        Command::Edition(edition) => edition.makes_a_store(),
        #[cfg(feature = "monitor")]
        Command::End(_) => false,
        Command::Change(_) | Command::Remove(_) | Command::List(_) | Command::Contact(_) => false,
    };
    let opened =
        if makes { arguments.store.open_or_make(&config)? } else { arguments.store.open(&config)? };
    match &arguments.command {
        Command::Add(add) => {
            opened.write(async |session| {
                let edition = session.edition(&add.edition).await?;
                let organisation = add.organisation(&edition);
                session.add_organisation(&organisation).await?;
                audit(session, Some(&add.id), "org add", add.id.as_str(), &add.edition).await
            })?;
            tidings::say(&format!("`{}` is served", add.id));
            tidings::hint(&format!(
                "`mizumori org contact add {0} ADDRESS` says who is told, `mizumori domain add {0} DOMAIN` of what",
                add.id
            ));
        }
        Command::Change(change) if change.is_empty() => {
            return Err(Failure::say(format!("nothing says what to change of `{}`", change.id))
                .hint("`mizumori org change -h` shows what can be changed"));
        }
        Command::Change(change) => opened.write(async |session| {
            // What is judged here nobody changes meanwhile.
            session.alone().await?;
            let before = organisation(session, &change.id).await?;
            if before.state == OrganisationState::Ended {
                let id = &change.id;
                return Err(Failure::say(format!("`{id}` has ended: what was kept of it is destroyed"))
                    .hint(format!(
                        "`mizumori org remove {id} --confirm {id}` lets `mizumori org add {id}` begin anew"
                    )));
            }
            let edition = match &change.edition {
                Some(name) => Some(session.edition(name).await?),
                None => None,
            };
            let after = change.applied(before.clone(), edition.as_ref());
            session.change_organisation(&after).await?;
            audit(session, Some(&change.id), "org change", change.id.as_str(), &differences(&before, &after))
                .await
        })?,
        #[cfg(feature = "monitor")]
        Command::End(arguments) => end::run(arguments, &config, &opened)?,
        Command::Remove(remove) => {
            if remove.id != remove.confirm {
                return Err(Failure::say("--confirm names another organisation: nothing was removed"));
            }
            opened.write(async |session| {
                organisation(session, &remove.id).await?;
                session.remove_organisation(&remove.id).await?;
                audit(session, Some(&remove.id), "org remove", remove.id.as_str(), "").await
            })?;
            tidings::say(&format!("`{}` is gone", remove.id));
        }
        Command::List(arguments) => list::run(arguments, &opened)?,
        Command::Contact(arguments) => contact::run(arguments, &opened)?,
        Command::Edition(arguments) => edition::run(arguments, &opened)?,
    }
    Ok(Outcome::Done)
}

impl Add {
    fn organisation(&self, edition: &Edition) -> Organisation {
        let created = now();
        Organisation {
            id: self.id.clone(),
            names: Names { ja: self.name_ja.clone(), en: self.name_en.clone() },
            category: self.category.clone(),
            language: self.language,
            edition: self.edition.clone(),
            state: OrganisationState::Served,
            portal: self.portal.clone(),
            created,
            ends: edition.ends(created),
        }
    }
}

impl Change {
    fn is_empty(&self) -> bool {
        let Self { id: _, name_ja, name_en, category, language, edition, portal } = self;
        let texts = [name_ja, name_en, category, edition, portal];
        language.is_none() && texts.iter().all(|text| text.is_none())
    }

    fn applied(&self, mut to: Organisation, edition: Option<&Edition>) -> Organisation {
        let set = |to: &mut String, new: &Option<String>| {
            if let Some(new) = new {
                to.clone_from(new);
            }
        };
        set(&mut to.names.ja, &self.name_ja);
        set(&mut to.names.en, &self.name_en);
        set(&mut to.category, &self.category);
        to.language = self.language.unwrap_or(to.language);
        to.portal = self.portal.clone().or(to.portal).filter(|portal| !portal.is_empty());
        if let (Some(edition), Some(name)) = (edition, &self.edition) {
            to.edition.clone_from(name);
            (to.ends, to.state) = (edition.ends(now()), OrganisationState::Served);
        }
        to
    }
}

/// What was changed, for the audit log.
fn differences(before: &Organisation, after: &Organisation) -> String {
    let text = |organisation: &Organisation| {
        [
            ("name-ja", organisation.names.ja.clone()),
            ("name-en", organisation.names.en.clone()),
            ("category", organisation.category.clone()),
            ("language", organisation.language.to_string()),
            ("edition", organisation.edition.clone()),
            ("portal", organisation.portal.clone().unwrap_or_default()),
        ]
    };
    let pairs = text(before).into_iter().zip(text(after)).filter(|(before, after)| before != after);
    let told: Vec<_> =
        pairs.map(|((name, before), (_, after))| format!("{name}: {before} → {after}")).collect();
    told.join("; ")
}
