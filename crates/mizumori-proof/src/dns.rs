//! Looks for TXT records, and tells a name service that says no from one that says nothing.
//!
//! It asks resolvers and does not walk from the root. Signatures are not verified: see the crate's page.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use mizumori_core::proof::Method;

use crate::challenge::Challenge;
use crate::error::{Absence, ProofError, Result, Trouble};
use crate::found::Proof;
use crate::token::Token;

/// How many aliases are followed: as many as the resolver does.
const ALIASES: usize = 8;
/// Parts of the time for a name server: the first question, and one more.
const TRIES: u32 = 2;

/// Who is asked for records.
pub(crate) struct Names {
    /// Each answers for itself.
    resolvers: Vec<TokioResolver>,
    timeout: Duration,
}

/// What one of them says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    There,
    Missing(Absence),
    Unasked(Trouble),
}

impl Names {
    /// Prepares to ask `servers`, or the system's.
    pub(crate) fn new(servers: &[SocketAddr], timeout: Duration) -> Result<Self> {
        let unprepared = |error: NetError| ProofError::Names(error.to_string());
        let builders = if servers.is_empty() {
            vec![TokioResolver::builder_tokio().map_err(unprepared)?]
        } else {
            servers.iter().map(|server| asking(*server)).collect()
        };
        let build = |mut builder: ResolverBuilder<TokioRuntimeProvider>| {
            let options = builder.options_mut();
            // Remembered answers would hide what the holder has just published.
            options.cache_size = 0;
            options.timeout = timeout / TRIES;
            options.attempts = 1;
            options.try_tcp_on_error = true;
            builder.build()
        };
        let resolvers: std::result::Result<_, _> = builders.into_iter().map(build).collect();
        Ok(Self { resolvers: resolvers.map_err(unprepared)?, timeout })
    }

    /// Looks for the record of a challenge.
    pub(crate) async fn look(&self, challenge: &Challenge) -> Result<Proof> {
        let place = challenge.record_name();
        let name = name_of(challenge, &place)?;
        // Drawn for each look, so that nobody can have made a record of it.
        let stranger = format!("_{}.{}", Token::random()?, challenge.domain());
        let stranger = name_of(challenge, &stranger)?;
        let line = challenge.line();
        let ask = async |resolver: &TokioResolver| {
            let asked = ask(resolver, &name, &stranger, line.as_bytes());
            let late = Said::Unasked(Trouble::TimedOut(self.timeout));
            match tokio::time::timeout(self.timeout, asked).await.unwrap_or(late) {
                // The library's own limits are parts of ours.
                Said::Unasked(Trouble::TimedOut(_)) => late,
                said => said,
            }
        };
        let said = join_all(self.resolvers.iter().map(ask)).await;
        match agreed(&said) {
            Said::There => Ok(Proof { domain: challenge.domain().clone(), method: Method::Dns, place }),
            Said::Missing(why) => Err(ProofError::Missing { place, why }),
            Said::Unasked(why) => Err(ProofError::Unasked { place, why }),
        }
    }
}

/// One that asks this server alone.
fn asking(server: SocketAddr) -> ResolverBuilder<TokioRuntimeProvider> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
    let config = ResolverConfig::from_name_servers(vec![server]);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
}

/// A whole name, to which no search list is applied.
fn name_of(challenge: &Challenge, text: &str) -> Result<Name> {
    let mut name = Name::from_ascii(text).map_err(|_| ProofError::Unprovable {
        domain: challenge.domain().clone(),
        why: "its name is so long that no record can stand below it",
    })?;
    name.set_fqdn(true);
    Ok(name)
}

async fn ask(resolver: &TokioResolver, name: &Name, stranger: &Name, line: &[u8]) -> Said {
    let answer = match resolver.lookup(name.clone(), RecordType::TXT).await {
        Ok(answer) => answer,
        Err(error) => return failed(&error),
    };
    let owner = end_of_aliases(&answer, name);
    let mut values = answer.answers().iter().filter(|record| record.name == owner);
    if !values.any(|record| matches!(&record.data, RData::TXT(txt) if value(txt) == line)) {
        return Said::Missing(Absence::OtherRecords);
    }
    let Some(target) = alias(&answer, name) else { return Said::There };
    // A holder who makes all names below his domain those of a service (`*.suigen.example CNAME pages.example`) has not said that
    // the service may prove his domain; one who makes this name an alias has.
    match resolver.lookup(stranger.clone(), RecordType::CNAME).await {
        Ok(answer) if alias(&answer, stranger) == Some(target) => Said::Missing(Absence::WildcardAlias),
        Ok(_) => Said::There,
        Err(error) => match failed(&error) {
            Said::Missing(_) => Said::There,
            other => other,
        },
    }
}

/// The strings of a record, which belong together (RFC 7208, section 3.3, has the same), without blanks around them.
fn value(txt: &TXT) -> Vec<u8> {
    txt.txt_data.concat().trim_ascii().to_vec()
}

/// What a name is an alias of, in an answer.
fn alias<'a>(answer: &'a Lookup, name: &Name) -> Option<&'a Name> {
    answer.answers().iter().find_map(|record| match &record.data {
        RData::CNAME(CNAME(target)) if record.name == *name => Some(target),
        _ => None,
    })
}

/// The name that an answer's records have, behind its aliases.
fn end_of_aliases(answer: &Lookup, name: &Name) -> Name {
    let next = |name: &&Name| alias(answer, name);
    std::iter::successors(Some(name), next).take(ALIASES).last().unwrap_or(name).clone()
}

/// Sorts failures: only a name server that answers, and is one to ask, can say that there is nothing.
fn failed(error: &NetError) -> Said {
    let trouble = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => return Said::Missing(Absence::NoSuchName),
            // RFC 2308, section 2.2: name servers without a start of authority are a referral.
            ResponseCode::NoError if none.ns.is_some() && none.soa.is_none() => Trouble::Referral,
            ResponseCode::NoError => return Said::Missing(Absence::NoRecords),
            _ => Trouble::Broken,
        },
        NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail)) => Trouble::ServFail,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused | ResponseCode::NotAuth)) => {
            Trouble::Refused
        }
        NetError::Timeout => Trouble::TimedOut(Duration::ZERO),
        NetError::Io(_) | NetError::NoConnections | NetError::Busy => Trouble::Unreachable,
        _ => Trouble::Broken,
    };
    Said::Unasked(trouble)
}

/// What more than half of them say.
fn agreed(said: &[Said]) -> Said {
    let is_most = |which: fn(&Said) -> bool| 2 * said.iter().filter(|said| which(said)).count() > said.len();
    let first = |which: fn(&Said) -> bool| said.iter().find(|said| which(said)).copied();
    let is_missing = |said: &Said| matches!(said, Said::Missing(_));
    let is_unasked = |said: &Said| matches!(said, Said::Unasked(_));
    if is_most(|said| *said == Said::There) {
        return Said::There;
    }
    let most_miss = if is_most(is_missing) { first(is_missing) } else { None };
    most_miss.or_else(|| first(is_unasked)).unwrap_or(Said::Unasked(Trouble::Disagreement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_a_record_belong_together() {
        for (strings, expected) in [
            (vec!["mizumori-domain-", "", "verification=", "0"], "mizumori-domain-verification=0"),
            (vec!["  a b", " c \n"], "a b c"),
            (vec![""], ""),
        ] {
            let txt = TXT::from_bytes(strings.iter().map(|string| string.as_bytes()).collect());
            assert_eq!(value(&txt), expected.as_bytes());
        }
    }

    #[test]
    fn more_than_half_decide() {
        let (there, no, none) =
            (Said::There, Said::Missing(Absence::NoSuchName), Said::Unasked(Trouble::ServFail));
        let disagreement = Said::Unasked(Trouble::Disagreement);
        for (said, expected) in [
            (&[there][..], there),
            (&[no], no),
            (&[none], none),
            (&[there, there], there),
            (&[there, no], disagreement),
            (&[there, none], none),
            (&[no, none], none),
            (&[there, there, no], there),
            (&[there, none, there], there),
            (&[no, there, no], no),
            (&[no, none, no], no),
            (&[no, there, none], none),
            (&[none, none, there], none),
            (&[there, there, no, no], disagreement),
            (&[], disagreement),
        ] {
            assert_eq!(agreed(said), expected, "{said:?}");
        }
    }
}
