//! Layers point strictly downwards: a crate may depend only on workspace crates of a lower layer. A crate's layer
//! is `layer` in its `[package.metadata.mizumori]`.
//!
//! Every crate below `crates/` has a layer; the chores have none, and nothing may depend on them. What a crate uses
//! only in its tests obeys the same rule: a test that needs a higher layer belongs into the higher crate.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;
use crate::command;

/// One crate of the workspace.
#[derive(Debug)]
pub(super) struct Crate {
    name: String,
    /// The manifest's path from the repository's top.
    manifest: String,
    layer: Option<i64>,
    /// Names of the workspace's own crates it depends on, of whatever kind (normal, build, dev).
    dependencies: Vec<String>,
}

/// Asks cargo for the workspace's crates and the edges between them.
pub(super) fn workspace() -> Result<Vec<Crate>> {
    let printed = command::output(command::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]))?;
    parse(&printed)
}

/// Reads `cargo metadata --format-version 1 --no-deps`.
fn parse(metadata: &str) -> Result<Vec<Crate>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata printed no JSON")?;
    let top = metadata["workspace_root"].as_str().context("cargo metadata names no workspace root")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().context("a package without a name")?;
            let manifest = package["manifest_path"].as_str().context("a package without a manifest")?;
            let dependencies =
                package["dependencies"].as_array().context("a package without dependencies")?;
            Ok(Crate {
                name: name.to_owned(),
                manifest: manifest.trim_start_matches(top).trim_start_matches(['/', '\\']).to_owned(),
                layer: package["metadata"]["mizumori"]["layer"].as_i64(),
                dependencies: dependencies
                    .iter()
                    .filter(|dependency| dependency["path"].is_string())
                    .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
                    .collect(),
            })
        })
        .collect()
}

/// Finds crates without a layer and edges that do not point downwards.
pub(super) fn check(crates: &[Crate]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for krate in crates {
        if krate.layer.is_none() && krate.manifest.starts_with("crates/") {
            let message = "no `layer` in [package.metadata.mizumori]";
            violations.push(Violation::of_file(&krate.manifest, message));
        }
        for name in &krate.dependencies {
            let Some(dependency) = crates.iter().find(|other| other.name == *name) else {
                continue;
            };
            let points_down = match (krate.layer, dependency.layer) {
                (Some(from), Some(to)) => to < from,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            if !points_down {
                violations.push(Violation::of_file(
                    &krate.manifest,
                    format!(
                        "`{}` ({}) may not depend on `{name}` ({})",
                        krate.name,
                        describe(krate.layer),
                        describe(dependency.layer)
                    ),
                ));
            }
        }
    }
    violations
}

fn describe(layer: Option<i64>) -> String {
    layer.map_or_else(|| "no layer".to_owned(), |layer| format!("layer {layer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(name: &str, layer: Option<i64>, dependencies: &[&str]) -> Crate {
        let manifest = match name {
            "xtask" => "xtask/Cargo.toml".to_owned(),
            name => format!("crates/{name}/Cargo.toml"),
        };
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.to_owned(), manifest, layer, dependencies }
    }

    #[test]
    fn edges_point_strictly_downwards() {
        let check_edge = |from: Crate, expected: Option<&str>| {
            let crates = [krate("low", Some(0), &[]), krate("peer", Some(2), &[]), from];
            let found: Vec<String> = check(&crates).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected.into_iter().map(str::to_owned).collect::<Vec<_>>());
        };
        check_edge(krate("high", Some(2), &["low"]), None);
        check_edge(krate("high", Some(2), &["somebody-elses"]), None);
        check_edge(krate("xtask", None, &["low"]), None);
        check_edge(
            krate("high", Some(2), &["peer"]),
            Some("crates/high/Cargo.toml: `high` (layer 2) may not depend on `peer` (layer 2)"),
        );
        check_edge(
            krate("lower", Some(1), &["peer"]),
            Some("crates/lower/Cargo.toml: `lower` (layer 1) may not depend on `peer` (layer 2)"),
        );
        check_edge(
            krate("new", None, &[]),
            Some("crates/new/Cargo.toml: no `layer` in [package.metadata.mizumori]"),
        );
    }

    #[test]
    fn nothing_depends_on_the_chores() {
        let crates = [krate("xtask", None, &[]), krate("high", Some(9), &["xtask"])];
        assert_eq!(check(&crates).len(), 1);
    }

    #[test]
    fn cargo_metadata_is_understood() {
        let crates = parse(
            r#"{"workspace_root":"/top","packages":[{"name":"a","manifest_path":"/top/crates/a/Cargo.toml",
                "metadata":{"mizumori":{"layer":3}},
                "dependencies":[{"name":"b","path":"/top/crates/b"},{"name":"serde","path":null}]}]}"#,
        )
        .unwrap();
        let [a] = crates.as_slice() else { panic!("{crates:?}") };
        assert_eq!((a.manifest.as_str(), a.layer), ("crates/a/Cargo.toml", Some(3)));
        assert_eq!(a.dependencies, ["b"]);
        assert!(parse("{}").is_err());
    }
}
