//! The obvious way to do what the benches measure: read line by line, split, lower-case, walk the suffixes through a hash
//! map. One core, no tricks; what anybody would write first.
//!
//! It detects nothing: the list must be UTF-8 with colons, as the generated ones are.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::unpacked;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Work {
    /// Count the lines `account:password` whose account is watched.
    Survey,
    /// Count the lines `url:login:password` whose login or site is watched.
    Urls,
    /// Open and read a file, or every file below a folder; the number is their bytes.
    Open,
    /// Write every distinct line, as CSV.
    Unique,
    /// Count the distinct accounts of every domain; the number is their sum.
    Domains,
    /// Count the lines of accounts of a list, in every `list.txt` in the folders of a folder.
    Lookups,
}

/// Does the work and prints its number.
pub(super) fn run(work: Work, domains: &Path, path: &Path) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match work {
        Work::Survey => {
            let mut counts = Counts::of(&fs::read_to_string(domains)?);
            for_each_line(path, |line| {
                counts.add_account(line.split(':').next().unwrap_or_default());
            })?;
            writeln!(out, "{}", counts.total())?;
        }
        Work::Urls => {
            let mut counts = Counts::of(&fs::read_to_string(domains)?);
            for_each_line(path, |line| {
                let mut fields = line.rsplitn(3, ':');
                let (_, login, url) = (fields.next(), fields.next(), fields.next());
                if !counts.add_account(login.unwrap_or_default()) {
                    counts.add_host(host(url.unwrap_or_default()));
                }
            })?;
            writeln!(out, "{}", counts.total())?;
        }
        Work::Open => writeln!(out, "{}", read_all(path)?)?,
        Work::Unique => {
            let mut seen = HashSet::new();
            let mut failed = Ok(());
            for_each_line(path, |line| {
                if failed.is_ok() && !seen.contains(line) {
                    seen.insert(line.to_owned());
                    let (account, password) = line.split_once(':').unwrap_or((line, ""));
                    failed = writeln!(out, "{account},\"{}\"", password.replace('"', "\"\""));
                }
            })?;
            failed?;
        }
        Work::Domains => {
            let mut domains = HashMap::<String, HashSet<String>>::new();
            for_each_line(path, |line| {
                let account = line.split(':').next().unwrap_or_default().to_lowercase();
                if let Some((_, domain)) = account.rsplit_once('@') {
                    domains.entry(domain.to_owned()).or_default().insert(account);
                }
            })?;
            writeln!(out, "{}", domains.values().map(HashSet::len).sum::<usize>())?;
        }
        Work::Lookups => {
            let accounts = fs::read_to_string(domains)?;
            let (accounts, mut found) = (accounts.lines().collect::<HashSet<_>>(), 0_u64);
            for dump in fs::read_dir(path)? {
                for_each_line(&dump?.path().join("list.txt"), |line| {
                    let account = line.split(':').next().unwrap_or_default().to_lowercase();
                    found += u64::from(accounts.contains(account.as_str()));
                })?;
            }
            writeln!(out, "{found}")?;
        }
    }
    out.flush().context("could not write")
}

/// How many accounts each watched domain has.
struct Counts(HashMap<String, u64>);

impl Counts {
    /// `domains` has one a line.
    fn of(domains: &str) -> Self {
        Self(domains.lines().map(|domain| (domain.to_owned(), 0)).collect())
    }

    /// Counts an account when its domain, or one above it, is watched.
    fn add_account(&mut self, account: &str) -> bool {
        account.rsplit_once('@').is_some_and(|(_, host)| self.add_host(host))
    }

    fn add_host(&mut self, host: &str) -> bool {
        let host = host.to_lowercase();
        let mut suffix = host.as_str();
        loop {
            if let Some(count) = self.0.get_mut(suffix) {
                *count += 1;
                return true;
            }
            match suffix.split_once('.') {
                Some((_, shorter)) => suffix = shorter,
                None => return false,
            }
        }
    }

    fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The host of a URL: behind the scheme and user, before port and path.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}

fn for_each_line(path: &Path, mut take: impl FnMut(&str)) -> Result<()> {
    let mut lines = BufReader::with_capacity(1 << 20, unpacked(path)?);
    let mut line = String::new();
    while lines.read_line(&mut line)? != 0 {
        take(line.trim_end_matches(['\n', '\r']));
        line.clear();
    }
    Ok(())
}

/// Reads every `.txt` below a folder.
fn read_all(folder: &Path) -> Result<u64> {
    if folder.is_file() {
        return Ok(io::copy(&mut BufReader::with_capacity(1 << 20, File::open(folder)?), &mut io::sink())?);
    }
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            bytes += read_all(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            bytes += fs::read(&path)?.len() as u64;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_walked_by_labels() {
        let mut counts = Counts::of("suigen.example\n");
        for (account, expected) in [
            ("a@suigen.example", true),
            ("a@mail.SUIGEN.example", true),
            ("a@evilsuigen.example", false),
            ("a@suigen.example.test", false),
            ("suigen.example", false),
        ] {
            assert_eq!(counts.add_account(account), expected, "{account}");
        }
        assert_eq!(counts.total(), 2);
    }

    #[test]
    fn a_url_has_a_host() {
        for (url, expected) in [
            ("https://vpn.suigen.example:8443/login", "vpn.suigen.example"),
            ("http://suigen.example", "suigen.example"),
            ("android://abc@com.example.app/", "com.example.app"),
            ("suigen.example/x", "suigen.example"),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
