//! `mizumori guard check`: whether a password may be chosen.

use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

use clap::Args;
use mizumori_core::{Lang, Secret};
use mizumori_guard::{ALONE, By, Filter, Index, Leaked, Policy, WITH_SECOND_FACTOR};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

#[cfg(feature = "lake")]
use super::own::Own;
use super::{IndexOption, private};
use crate::config::Config;
#[cfg(feature = "lake")]
use crate::lake::LakeOptions;
use crate::locale;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Say whether a password may be chosen
///
/// It asks on a terminal, and else reads standard input to its end; a password is never an argument, which others can see. The
/// rules are those of NIST SP 800-63B-4: long enough, not leaked, and not the name of the organisation, the user or the product.
/// Exit codes: 0 acceptable, 1 refused, 2 could not check. With --account, what leaked with that account, as a lake knows it, is refused
/// too, whether it is in the index or not.
///
/// With --private a server is asked whether an account has leaked with this password: 0 when it has not, 1 when it has.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// A filter in the place of an index: smaller, and sometimes wrong about what never leaked
    #[arg(long, value_name = "FILE", conflicts_with = "index")]
    filter: Option<PathBuf>,

    /// A second factor is asked for as well: 8 characters are enough
    #[arg(long)]
    second_factor: bool,

    /// Characters that there must be [default: 15, with --second-factor 8]
    #[arg(long, value_name = "N", conflicts_with = "second_factor")]
    least: Option<usize>,

    /// A word that is no password here; may be given several times
    #[arg(long, value_name = "WORD")]
    context: Vec<String>,

    /// A variable of the environment with such a word, where it is set; may be given several times
    #[arg(long, value_name = "VARIABLE")]
    context_env: Vec<String>,

    /// Accept where the index or filter cannot be opened what is long enough and no such word, in the place of exit code 2
    #[arg(long)]
    accept_unchecked: bool,

    /// The language of the answer [default: that of the environment]
    #[arg(long, value_enum)]
    lang: Option<Language>,

    /// As one object
    #[arg(long)]
    json: bool,

    /// The account that it is for: what leaked with it, as a lake knows it, is refused too; with --private, whom the server is asked about
    #[arg(long, value_name = "ADDRESS")]
    #[cfg_attr(not(feature = "lake"), arg(requires = "private"))]
    account: Option<String>,

    #[cfg(feature = "lake")]
    #[command(flatten)]
    lake: LakeOptions,

    #[command(flatten)]
    ask: private::AskOptions,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard check leaked
  mizumori guard check leaked --second-factor --context Suigen --context taro
  printf %s \"$NEW_PASSWORD\" | mizumori guard check leaked --json
  mizumori guard check leaked --context-env PAM_USER --accept-unchecked
  mizumori guard check leaked --account taro@suigen.example --lake lake
  mizumori guard check --private --server https://guard.suigen.example --account taro@suigen.example";

/// Longest input that is read as a password, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    Ja,
    En,
}

impl Arguments {
    /// Whether the command line says all. Then no configuration is read: where passwords are set, the program runs as root in a
    /// folder that anybody may have chosen, and what it says of a bad file there shows lines of it.
    pub(super) const fn is_told_all(&self) -> bool {
        self.ask.is_asked() || self.account.is_none() && (self.index.index.is_some() || self.filter.is_some())
    }

    /// The index or the filter; none where that cannot be opened and need not be.
    fn open(&self, config: &Config) -> Result<Option<Opened>, Failure> {
        let opened = match &self.filter {
            Some(file) => Filter::open(file).map(Opened::Filter),
            None => Index::open(&self.index.folder(config)?).map(Opened::Index),
        };
        let opened = opened.map_err(Failure::from).and_then(|opened| match &opened {
            // Else every password would seem safe.
            Opened::Index(index) if index.is_empty() => {
                let folder = index.folder().display();
                Err(Failure::say(format!("the index `{folder}` has no hashes"))
                    .hint(format!("`mizumori guard import {folder} FILE` brings some")))
            }
            _ => Ok(opened),
        });
        match opened {
            Err(error) if self.accept_unchecked => {
                tidings::warning(&format!(
                    "whether a password has leaked is not checked: {}",
                    error.in_words()
                ));
                Ok(None)
            }
            opened => opened.map(Some),
        }
    }

    /// The rules that were asked for.
    fn policy(&self) -> Policy {
        let least = if self.second_factor { WITH_SECOND_FACTOR } else { ALONE };
        let variables = self.context_env.iter().filter_map(std::env::var_os);
        let mut context = self.context.clone();
        context.extend(variables.map(|word| word.to_string_lossy().into_owned()));
        Policy { least: self.least.unwrap_or(least), context }
    }
}

/// What is asked whether a password has leaked.
enum Opened {
    Index(Index),
    Filter(Filter),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let lang = match arguments.lang {
        Some(Language::Ja) => Lang::Ja,
        Some(Language::En) => Lang::En,
        None => locale::language(),
    };
    // Before anybody types: what cannot be checked need not be typed.
    if let Some(asked) = arguments.ask.asked(arguments.account.as_deref())? {
        return private::ask(&asked, &password(lang)?, lang, arguments.json);
    }
    let opened = arguments.open(config)?;
    let (leaked, by) = match &opened {
        Some(Opened::Index(index)) => (Leaked::Index(index), By::Index),
        Some(Opened::Filter(filter)) => (Leaked::Filter(filter), By::Filter(filter.rate().one_in())),
        None => (Leaked::Unknown, By::Nothing),
    };
    #[cfg(feature = "lake")]
    let own = arguments
        .account
        .as_deref()
        .map(|account| Own::look_up(account, &arguments.lake, config))
        .transpose()?;
    let password = password(lang)?;
    #[cfg_attr(
        not(feature = "lake"),
        expect(unused_mut, reason = "only a lake knows what leaked with an account")
    )]
    let mut verdict = arguments.policy().check(&password, &leaked);
    #[cfg(feature = "lake")]
    verdict.add_own(own.map_or(0, |own| own.exposures_of(&password)));
    let text =
        if arguments.json { format!("{}\n", verdict.object(by, lang)) } else { verdict.sentences(by, lang) };
    match io::stdout().write_all(text.as_bytes()) {
        // Whoever looks only at the exit code may close the pipe: that must not make a refused password acceptable.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(crate::output::to_standard_output(error).into());
        }
        _ => {}
    }
    Ok(if verdict.is_acceptable() { Outcome::Done } else { Outcome::Found })
}

/// The question on a terminal.
const fn prompt(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "パスワード（表示されません）: ",
        Lang::En => "Password (not shown): ",
    }
}

/// The password that is typed, or that stands on standard input.
fn password(lang: Lang) -> Result<Secret<Vec<u8>>, Failure> {
    let stdin = io::stdin();
    let mut typed = Vec::new();
    if stdin.is_terminal() {
        let silent = Silent::new()?;
        let mut asked = io::stderr().lock();
        write!(asked, "{}", prompt(lang))?;
        asked.flush()?;
        io::BufRead::read_until(&mut stdin.lock(), b'\n', &mut typed)?;
        drop(silent);
        writeln!(asked)?;
    } else {
        stdin.lock().take(LONGEST as u64 + 1).read_to_end(&mut typed)?;
        if typed.len() > LONGEST {
            return Err(Failure::say(format!("the password is longer than {LONGEST} bytes")));
        }
    }
    typed.truncate(without_end(&typed).len());
    if typed.contains(&b'\n') {
        return Err(
            Failure::say("there is more than one line on standard input").hint("give one password alone")
        );
    }
    if typed.is_empty() {
        return Err(Failure::say("no password was given"));
    }
    Ok(Secret::new(typed))
}

/// A password without what may stand behind it and is no part of it: a line end, and the NUL that programs written in C hand over
/// with it (pam_exec did until Linux-PAM 1.4).
fn without_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    match text.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => text,
    }
}

/// A terminal that does not show what is typed, until it is dropped or somebody interrupts.
struct Silent(Termios);

impl Silent {
    fn new() -> Result<Self, Failure> {
        let before = tcgetattr(io::stdin()).map_err(io::Error::from)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO;
        let shown = before.clone();
        // Without a handler, an interrupt would leave the terminal silent.
        let _ = ctrlc::set_handler(move || {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &shown);
            std::process::exit(130);
        });
        tcsetattr(io::stdin(), OptionalActions::Now, &silent).map_err(io::Error::from)?;
        Ok(Self(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
