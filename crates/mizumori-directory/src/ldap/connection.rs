//! One connection to an LDAP server: bound, bounded in time, and not to be brought down by an answer.
//!
//! The library panics at some answers that break the protocol. Such a panic stays inside: the task that reads the connection is
//! one of its own, and requests are awaited behind `catch_unwind`; both end as [`DirectoryError::Nonsense`].

use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use ldap3::controls::{Control, ControlType, MakeCritical, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchOptions};
use tokio::task::JoinHandle;
use tokio::time;

use super::found::{Found, may_have_people};
use super::settings::{LdapSettings, Protection};
use super::tls;
use crate::error::{DirectoryError, Result};

/// Entries that a look-up brings at most: two would be one too many already.
const FEW: i32 = 10;
/// References to other servers that may come beside the entries that were asked for.
const REFERENCES: usize = 1000;
/// Empty pages in a row. Active Directory has them where a filter takes it long; who sends more never ends.
const EMPTY_PAGES: u32 = 1000;

/// A connection that is bound.
pub(super) struct Connection {
    ldap: Ldap,
    driver: Option<JoinHandle<ldap3::result::Result<()>>>,
    server: String,
    timeout: Duration,
    empty_pages: u32,
}

/// What a search brought.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) found: Vec<Found>,
    /// Entries that could not be taken apart.
    pub(super) unreadable: u64,
    /// References to other servers.
    pub(super) elsewhere: u64,
    /// Where the next page goes on; empty at the end.
    pub(super) cookie: Vec<u8>,
}

/// How a change ended where nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modified {
    Done,
    /// There is no such entry.
    NoEntry,
    /// The server knows no such attribute.
    NoAttribute,
}

/// A search that is read page by page. A base that is not there has nothing below it.
pub(super) struct All<'c> {
    connection: &'c mut Connection,
    settings: &'c LdapSettings,
    base: &'c str,
    filter: &'c str,
    attributes: &'c [&'c str],
    /// Nothing at the end.
    cookie: Option<Vec<u8>>,
}

impl All<'_> {
    /// The next page, or `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Found>>> {
        let Some(cookie) = self.cookie.take() else { return Ok(None) };
        let Self { settings, base, filter, attributes, .. } = *self;
        let answer = match self.connection.page(settings, base, filter, attributes, cookie).await {
            Err(DirectoryError::Missing { .. }) => return Ok(None),
            answer => answer?,
        };
        if answer.unreadable > 0 {
            return Err(self.connection.makes_no_sense("an entry cannot be read"));
        }
        self.cookie = Some(answer.cookie).filter(|cookie| !cookie.is_empty());
        Ok(Some(answer.found))
    }

    /// The server, as it is called in messages.
    pub(super) fn server(&self) -> &str {
        self.connection.server()
    }
}

impl Connection {
    /// Connects and binds.
    pub(super) async fn open(settings: &LdapSettings) -> Result<Self> {
        let server = settings.server();
        let mut how = LdapConnSettings::new().set_conn_timeout(settings.connect_timeout);
        match settings.protection {
            Protection::Tls | Protection::StartTls => {
                how = how.set_config(tls::config(settings.extra_ca.as_deref())?);
                how = how.set_starttls(settings.protection == Protection::StartTls);
            }
            Protection::PlainOnLoopback | Protection::Plain => {}
        }
        let connecting = AssertUnwindSafe(LdapConnAsync::with_settings(how, &settings.url)).catch_unwind();
        let (driver, ldap) = match connecting.await {
            Ok(Ok(pair)) => pair,
            Ok(Err(error)) => return Err(no_connection(&server, error)),
            Err(_) => return Err(nonsense(&server)),
        };
        let driver = Some(tokio::spawn(driver.drive()));
        let mut connection = Self { ldap, driver, server, timeout: settings.timeout, empty_pages: 0 };
        connection.bind(settings).await?;
        Ok(connection)
    }

    async fn bind(&mut self, settings: &LdapSettings) -> Result<()> {
        if settings.bind_name.is_empty() {
            return Ok(());
        }
        let mut ldap = self.ldap.clone();
        let (name, password) = (settings.bind_name.clone(), settings.bind_password.clone());
        let bound = self.guarded(async move { ldap.simple_bind(&name, password.expose()).await }).await?;
        let server = self.server.clone();
        match bound.rc {
            0 => Ok(()),
            // invalidDNSSyntax, inappropriateAuthentication, invalidCredentials.
            34 | 48 | 49 => Err(DirectoryError::Credentials { server }),
            _ => Err(self.refusal(&bound, "let us in")),
        }
    }

    /// The server, as it is called in messages.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Looks a few entries up. A base that is not there has none.
    pub(super) async fn find(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[impl AsRef<str> + Send + Sync],
    ) -> Result<Vec<Found>> {
        let mut ldap = self.ldap.clone();
        ldap.with_search_options(SearchOptions::new().sizelimit(FEW));
        let most = usize::try_from(FEW).unwrap_or_default();
        let (answer, result) = self.search(ldap, base, scope, filter, attributes, most).await?;
        match result.map(|result| (result.rc, result)) {
            // A server need not keep to the limit that it was told. sizeLimitExceeded: enough for those who look for one.
            None | Some((0 | 4, _)) => Ok(answer.found),
            // noSuchObject, and a value that is no name at all.
            Some((32 | 34, _)) => Ok(Vec::new()),
            Some((_, result)) => Err(self.refusal(&result, "be searched")),
        }
    }

    /// All entries below a base that pass the filter, page by page.
    pub(super) fn all<'c>(
        &'c mut self,
        settings: &'c LdapSettings,
        base: &'c str,
        filter: &'c str,
        attributes: &'c [&'c str],
    ) -> All<'c> {
        All { connection: self, settings, base, filter, attributes, cookie: Some(Vec::new()) }
    }

    /// A page of all entries below a base that pass the filter, from where the cookie says.
    pub(super) async fn page(
        &mut self,
        settings: &LdapSettings,
        base: &str,
        filter: &str,
        attributes: &[impl AsRef<str> + Send + Sync],
        cookie: Vec<u8>,
    ) -> Result<Answer> {
        let mut ldap = self.ldap.clone();
        // Critical: a server without pages would answer with everything at once.
        ldap.with_controls(PagedResults { size: i32::from(settings.page), cookie }.critical());
        let most = usize::from(settings.page);
        let (answer, result) = self.search(ldap, base, Scope::Subtree, filter, attributes, most).await?;
        let Some(result) = result else {
            return Err(self.makes_no_sense("a page has more entries than were asked for"));
        };
        match result.rc {
            0 => {}
            // sizeLimitExceeded, adminLimitExceeded: whoever has no limits of his own reads the first few hundred.
            4 | 11 => return Err(self.not_permitted("read all entries")),
            32 => return Err(DirectoryError::Missing { server: self.server.clone(), what: "such base" }),
            _ => return Err(self.refusal(&result, "be read")),
        }
        self.empty_pages = if answer.found.is_empty() { self.empty_pages + 1 } else { 0 };
        if self.empty_pages > EMPTY_PAGES {
            return Err(self.makes_no_sense("one empty page follows another"));
        }
        Ok(answer)
    }

    /// Reads what a search brings; the result is missing where it brings more than `most`, which is where the reading ends.
    async fn search(
        &mut self,
        mut ldap: Ldap,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[impl AsRef<str> + Send + Sync],
        most: usize,
    ) -> Result<(Answer, Option<LdapResult>)> {
        self.guarded(async move {
            let mut answer = Answer::default();
            let mut stream = ldap.streaming_search(base, scope, filter, attributes).await?;
            let mut items = 0;
            while let Some(item) = stream.next().await? {
                items += 1;
                if items > most + REFERENCES {
                    return Ok((answer, None));
                }
                if item.is_ref() {
                    answer.elsewhere += u64::from(may_have_people(&item.0));
                } else if !item.is_intermediate() {
                    match Found::read(item.0) {
                        Some(found) => answer.found.push(found),
                        None => answer.unreadable += 1,
                    }
                }
            }
            let result = stream.finish().await;
            for Control(kind, raw) in &result.ctrls {
                if matches!(kind, Some(ControlType::PagedResults)) {
                    answer.cookie = raw.parse::<PagedResults>().cookie;
                }
            }
            Ok((answer, Some(result)))
        })
        .await
    }

    /// Puts one value in the place of all that an attribute has.
    pub(super) async fn replace(&mut self, name: &str, attribute: &str, value: &str) -> Result<Modified> {
        let mut ldap = self.ldap.clone();
        let change = vec![Mod::Replace(attribute, HashSet::from([value]))];
        let result = self.guarded(async move { ldap.modify(name, change).await }).await?;
        match result.rc {
            0 => Ok(Modified::Done),
            32 => Ok(Modified::NoEntry),
            // undefinedAttributeType; objectClassViolation, where the attribute is known and not allowed there.
            17 | 65 => Ok(Modified::NoAttribute),
            _ => Err(self.refusal(&result, "change an entry")),
        }
    }

    /// Says good-bye. A server that does not listen any more is no mistake.
    pub(super) async fn close(mut self) {
        let mut ldap = self.ldap.clone();
        let _ = self.guarded(async move { ldap.unbind().await }).await;
    }

    /// Awaits a request, for so long, whatever the answer is.
    async fn guarded<T>(&mut self, work: impl Future<Output = ldap3::result::Result<T>>) -> Result<T> {
        match time::timeout(self.timeout, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => Err(self.failure(error).await),
            Ok(Err(_)) => Err(nonsense(&self.server)),
            Err(_) => Err(DirectoryError::TimedOut { server: self.server.clone() }),
        }
    }

    async fn failure(&mut self, error: LdapError) -> DirectoryError {
        match error {
            // The task that reads the connection has ended, and knows of what.
            LdapError::OpSend { .. }
            | LdapError::ResultRecv { .. }
            | LdapError::IdScrubSend { .. }
            | LdapError::EndOfStream => self.ended().await,
            LdapError::FilterParsing => DirectoryError::Settings("the filter is none (RFC 4515)".to_owned()),
            error => no_connection(&self.server, error),
        }
    }

    async fn ended(&mut self) -> DirectoryError {
        let server = self.server.clone();
        let Some(driver) = self.driver.take() else {
            return DirectoryError::Unreachable { server, cause: None };
        };
        match time::timeout(self.timeout, driver).await {
            Ok(Ok(Err(error))) => no_connection(&server, error),
            Ok(Err(panic)) if panic.is_panic() => nonsense(&server),
            Ok(_) | Err(_) => DirectoryError::Unreachable { server, cause: None },
        }
    }

    /// It does not let us; LDAP has no names for rights.
    pub(super) fn not_permitted(&self, what: &'static str) -> DirectoryError {
        DirectoryError::NotPermitted { server: self.server.clone(), what, right: None }
    }

    fn makes_no_sense(&self, what: &'static str) -> DirectoryError {
        DirectoryError::Nonsense { server: self.server.clone(), what }
    }

    /// What a result code means (RFC 4511, appendix A).
    fn refusal(&self, result: &LdapResult, what: &'static str) -> DirectoryError {
        let server = self.server.clone();
        match result.rc {
            10 => DirectoryError::Referral { server },
            // strongerAuthRequired, confidentialityRequired.
            8 | 13 => DirectoryError::Tls { server, why: "it asks for a protected connection".to_owned() },
            // timeLimitExceeded, which is the server's own.
            3 => DirectoryError::TimedOut { server },
            // operationsError: what Active Directory answers to who is not bound. insufficientAccessRights.
            1 | 50 => self.not_permitted(what),
            // busy, unavailable.
            51 | 52 => DirectoryError::Busy { server, after: None },
            code => DirectoryError::Refused { server, what, code },
        }
    }
}

fn nonsense(server: &str) -> DirectoryError {
    DirectoryError::Nonsense { server: server.to_owned(), what: "it does not keep to LDAP" }
}

/// What an error of the connection means.
fn no_connection(server: &str, error: LdapError) -> DirectoryError {
    let owned = server.to_owned();
    match error {
        LdapError::Io { source } => {
            if let Some(failure) = tls::failure(server, &source) {
                return failure;
            }
            match source.kind() {
                // So the library says that it cannot make sense of what came.
                io::ErrorKind::Other | io::ErrorKind::InvalidData => nonsense(server),
                io::ErrorKind::TimedOut => DirectoryError::TimedOut { server: owned },
                _ => DirectoryError::Unreachable { server: owned, cause: Some(source) },
            }
        }
        LdapError::Timeout { .. } => DirectoryError::TimedOut { server: owned },
        LdapError::Rustls { source } => tls::explain(server, &source),
        LdapError::LdapResult { .. } => {
            DirectoryError::Tls { server: owned, why: "it does not offer StartTLS".to_owned() }
        }
        LdapError::DNSName { .. } | LdapError::UrlParsing { .. } | LdapError::UnknownScheme(_) => {
            DirectoryError::Settings("the URL names no server".to_owned())
        }
        _ => DirectoryError::Unreachable { server: owned, cause: None },
    }
}
