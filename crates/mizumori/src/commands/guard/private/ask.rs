//! `mizumori guard check --private`: asks a server whether an account and its password stand together in a leak.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use mizumori_core::{Account, Lang, LocalPart, Secret};
use mizumori_guard::GuardError;
use mizumori_guard::private::{MOST_ANSWER, MOST_PARAMETERS, Parameters, Query};
use ureq::http::{Response, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::tidings;

/// Which server is asked about whom.
#[derive(Debug, Args)]
pub(in crate::commands::guard) struct AskOptions {
    /// Ask a server whether the account and its password stand together in a leak; it learns neither
    #[arg(
        long,
        requires_all = ["server", "account"],
        conflicts_with_all = [
            "index", "filter", "second_factor", "least", "context", "context_env", "accept_unchecked",
        ]
    )]
    private: bool,

    /// The server's address, with https; port and path where it has them
    #[arg(long, value_name = "URL", requires = "private")]
    server: Option<String>,

    /// A key that the server may use, as its operator told it; may be given several times [default: whichever it announces]
    #[arg(long, value_name = "HEX", requires = "private")]
    public_key: Vec<String>,

    /// Certificates of the authority that vouches for the server [default: those of the system]
    #[arg(long, value_name = "FILE", requires = "private")]
    ca: Option<PathBuf>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where the private check is, below the server's address.
const PARAMETERS: &str = "/api/v1/private/parameters";
const QUERY: &str = "/api/v1/private/query";

/// Somebody who is to be asked.
pub(in crate::commands::guard) struct Asked<'a> {
    options: &'a AskOptions,
    account: Account<'a>,
    base: String,
    agent: Agent,
}

impl AskOptions {
    /// Whether that was asked for.
    pub(in crate::commands::guard) const fn is_asked(&self) -> bool {
        self.private
    }

    /// Whom to ask about an account, where that was asked for. What is wrong with it is told before anybody types.
    pub(in crate::commands::guard) fn asked<'a>(
        &'a self,
        account: Option<&'a str>,
    ) -> Result<Option<Asked<'a>>, Failure> {
        let (true, Some(server), Some(account)) = (self.private, &self.server, account) else {
            return Ok(None);
        };
        let account = Account::parse(account, LocalPart::Column).ok_or_else(|| {
            Failure::say("--account is no e-mail address that could stand in a leak")
                .hint("write it as name@domain, of a domain that there can be")
        })?;
        let base = server.trim_end_matches('/').to_owned();
        check_url(&base)?;
        Ok(Some(Asked { options: self, account, base, agent: agent(self.ca.as_deref())? }))
    }
}

/// Runs the command with the password that was given.
pub(in crate::commands::guard) fn run(
    asked: &Asked<'_>,
    password: &Secret<Vec<u8>>,
    lang: Lang,
    json: bool,
) -> Result<Outcome, Failure> {
    let found = match asked.found(password)? {
        Some(found) => found,
        // An ingest came between parameters and question: the next ones hold.
        None => asked.found(password)?.ok_or_else(|| {
            Failure::say("the server changes its parameters faster than it can be asked").hint("ask again")
        })?,
    };
    let leaked = !found.is_empty();
    let text = if json {
        let object = serde_json::json!({"schema": 1, "leaked": leaked, "generations": found});
        format!("{object}\n")
    } else {
        let words = match (leaked, lang) {
            (true, Lang::Ja) => "このアカウントとパスワードの組は漏えいしています",
            (true, Lang::En) => "this account has leaked with this password",
            (false, Lang::Ja) => "このアカウントとパスワードの組は、このサーバーの漏えい情報にはありません",
            (false, Lang::En) => "no leak of this server has this account with this password",
        };
        format!("{words}\n")
    };
    match io::stdout().write_all(text.as_bytes()) {
        // As in any check: a closed pipe does not change the verdict.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(crate::output::to_standard_output(error).into());
        }
        _ => {}
    }
    Ok(if leaked { Outcome::Found } else { Outcome::Done })
}

impl Asked<'_> {
    /// The generations that have the pair; `None` when the server has other parameters by now.
    fn found(&self, password: &Secret<Vec<u8>>) -> Result<Option<Vec<u32>>, Failure> {
        let parameters = self.parameters()?;
        let mut found = Vec::new();
        for generation in &parameters.generations {
            let query = Query::new(generation, &self.account, password)?;
            let sent = self.agent.post(format!("{}{QUERY}", self.base));
            let sent = sent.header("content-type", "application/octet-stream").send(query.message());
            let Some(answer) = self.body(sent, MOST_ANSWER)? else { return Ok(None) };
            if query.finish(&answer)? {
                found.push(generation.number);
            }
        }
        Ok(Some(found))
    }

    /// What the server says of itself, where its keys are those that were given.
    fn parameters(&self) -> Result<Parameters, Failure> {
        let sent = self.agent.get(format!("{}{PARAMETERS}", self.base)).call();
        let body = self.body(sent, MOST_PARAMETERS)?.unwrap_or_default();
        let parameters = Parameters::parse(&body)?;
        if parameters.generations.is_empty() {
            return Err(GuardError::Answer("it has no generation that answers").into());
        }
        let pinned = &self.options.public_key;
        for generation in &parameters.generations {
            let key = &generation.public_key;
            if pinned.is_empty() {
                tidings::hint(&format!(
                    "the key was taken on trust; give --public-key {key} to have no other"
                ));
            } else if !pinned.iter().any(|pinned| pinned.eq_ignore_ascii_case(key)) {
                return Err(Failure::say(format!("the server announces a key that was not given: {key}"))
                    .hint("ask its operator, on another way, whether it is his; then give it with --public-key as well"));
            }
        }
        Ok(parameters)
    }

    /// What the server answered; `None` when it says that the question was made with old parameters.
    fn body(
        &self,
        sent: Result<Response<Body>, ureq::Error>,
        most: usize,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let failed = || format!("could not ask `{}`", self.base);
        let mut answer = sent.with_context(failed).map_err(Failure::new)?;
        match answer.status().as_u16() {
            200 => {
                let body = answer.body_mut().with_config().limit(most as u64).read_to_vec();
                body.with_context(failed).map(Some).map_err(Failure::new)
            }
            409 => Ok(None),
            404 => Err(Failure::say(format!("there is no private check at `{}`", self.base))
                .hint("its operator gives --private to `mizumori guard serve`")),
            429 => {
                let wait = answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok());
                let wait = wait.and_then(|wait| wait.parse::<u64>().ok());
                let told = Failure::say(format!("`{}` was asked too often", self.base));
                Err(match wait {
                    Some(seconds) => told.hint(format!("ask again in {} seconds", grouped(seconds))),
                    None => told.hint("ask again later"),
                })
            }
            status => Err(Failure::say(format!("`{}` answered with status {status}", self.base))),
        }
    }
}

/// Whether questions may be sent there: in clear only within this machine.
fn check_url(base: &str) -> Result<(), Failure> {
    let url: Option<Uri> = base.parse().ok();
    let parts = url.as_ref().and_then(|url| Some((url.scheme_str()?, url.host()?)));
    match parts {
        Some(("https", _)) => Ok(()),
        Some(("http", "localhost" | "127.0.0.1" | "[::1]")) => Ok(()),
        Some(("http", _)) => Err(Failure::say("--server is no https address").hint(
            "over http anybody on the way sees which bucket is asked for, and answers in the server's place",
        )),
        _ => {
            Err(Failure::say("--server is no address").hint("write it as https://HOST or https://HOST:PORT"))
        }
    }
}

fn agent(ca: Option<&Path>) -> Result<Agent, Failure> {
    let roots = match ca {
        None => RootCerts::PlatformVerifier,
        Some(file) => {
            let failed = || format!("could not read the certificates `{}`", file.display());
            let text = std::fs::read(file).with_context(failed).map_err(Failure::new)?;
            let mut certificates = Vec::new();
            for item in parse_pem(&text) {
                if let PemItem::Certificate(certificate) = item.with_context(failed).map_err(Failure::new)? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(Failure::say(format!("there is no certificate in `{}`", file.display()))
                    .hint("give a PEM file"));
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(provider).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(PATIENCE))
        // Somebody else than was named is not asked.
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("mizumori/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_questions_may_be_sent_to() {
        for (url, may) in [
            ("https://guard.suigen.example", true),
            ("https://guard.suigen.example:8443/path", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("http://127.0.0.1.suigen.example", false),
            ("http://guard.suigen.example", false),
            ("guard.suigen.example", false),
            ("ftp://guard.suigen.example", false),
            ("", false),
        ] {
            assert_eq!(check_url(url).is_ok(), may, "{url}");
        }
    }
}
