//! `cargo xtask watchlist`: makes `watchlists/jp-government.toml` from the two tables in `watchlists/sources/`.
//!
//! The list is a file to be read and argued about, so every row's evidence stays in it as a comment, and what rests on
//! memory alone is marked. Nothing is looked up: what the tables and [`knowledge`] do not say is not in the list.

mod knowledge;
mod organisations;
mod render;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::say;
use crate::repository;

/// The generated list, from the repository's top.
const LIST: &str = "watchlists/jp-government.toml";
const MINISTRIES: &str = "watchlists/sources/jp-ministries-domains.tsv";
const AFFILIATED: &str = "watchlists/sources/jp-affiliated-bodies-domains.tsv";

/// What `cargo xtask watchlist` may be told.
#[derive(Args)]
pub(crate) struct WatchlistArguments {
    /// Write nothing; fail when the committed list is not what would be made
    #[arg(long)]
    check: bool,
}

/// Makes the list, or checks it.
pub(crate) fn run(arguments: &WatchlistArguments) -> Result<()> {
    if arguments.check {
        return check();
    }
    fs::write(path(LIST), make()?).with_context(|| format!("could not write {LIST}"))?;
    say(&format!("wrote {LIST}"));
    Ok(())
}

/// Fails when the committed list is not what the step makes.
pub(crate) fn check() -> Result<()> {
    if read(LIST)? != make()? {
        bail!("{LIST} is not what its tables give: run `cargo xtask watchlist`");
    }
    Ok(())
}

/// The list's text, from the committed tables.
fn make() -> Result<String> {
    let ministries = table::parse(MINISTRIES, &read(MINISTRIES)?)?;
    let affiliated = table::parse(AFFILIATED, &read(AFFILIATED)?)?;
    Ok(render::render(&organisations::build(&ministries, &affiliated)?))
}

fn read(name: &str) -> Result<String> {
    fs::read_to_string(path(name)).with_context(|| format!("could not read {name}"))
}

fn path(name: &str) -> PathBuf {
    repository::top().join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_list_is_what_the_step_makes() {
        check().unwrap();
    }

    #[test]
    fn the_list_is_toml_with_both_categories() {
        let list: toml::Table = make().unwrap().parse().unwrap();
        let categories: Vec<&str> = list["category"]
            .as_array()
            .unwrap()
            .iter()
            .map(|category| category["id"].as_str().unwrap())
            .collect();
        assert_eq!(categories, ["ministry", "affiliated"]);
        assert!(list["organisation"].as_array().unwrap().len() > 100);
    }

    #[test]
    fn the_list_loads_and_finds_by_date() {
        let list = mizumori_core::WatchList::parse(LIST, &make().unwrap()).unwrap_or_else(|mistakes| {
            panic!("{mistakes:?}");
        });
        let unverified = list.unverified();
        assert!(unverified > 0 && unverified < list.domains.len(), "{unverified} of {}", list.domains.len());
        let holders = |name: &str| -> Vec<&str> {
            let domains = list.domains.iter().filter(|domain| domain.name.to_string() == name);
            domains.map(|domain| list.organisations[domain.organisation.0].id.as_str()).collect()
        };
        assert_eq!(holders("nisc.go.jp"), ["nco"]);
        assert_eq!(holders("nra.go.jp"), ["nra"]);
        assert_eq!(holders("niid.go.jp"), ["niid", "jihs"]);
    }

    #[test]
    fn every_row_is_in_the_list() {
        let list = make().unwrap();
        for name in [MINISTRIES, AFFILIATED] {
            for row in table::parse(name, &read(name).unwrap()).unwrap() {
                assert!(list.contains(&row.name_ja), "{}", row.name_ja);
                assert!(list.contains(&row.domain), "{}", row.domain);
                assert!(list.contains(&row.evidence), "{}", row.evidence);
            }
        }
    }

    #[test]
    fn what_is_outside_the_ministries_is_commented_out() {
        let list: toml::Table = make().unwrap().parse().unwrap();
        let listed = format!("{:?}", list["organisation"]);
        for outside in ["shugiin.go.jp", "courts.go.jp", "jbaudit.go.jp"] {
            assert!(!listed.contains(outside), "{outside}");
        }
    }
}
