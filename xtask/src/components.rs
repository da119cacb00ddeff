//! The programs that chores need beside Rust and a C compiler: how to see whether they are there, and how to fetch
//! them, at pinned versions, from where they are published.
//!
//! Only what is really used stands in the table. The tests need the toolchain's own two components, and two programs that
//! read a lake which we wrote; the peers are for `cargo xtask bench --fetch`, and a bench runs without those that are
//! missing. cargo-deny is used where it is installed and never fetched: building it takes longer than all tests.

use anyhow::{Context, Result, bail};

use crate::command::{self, program, say};
use crate::repository;

/// A program that a chore uses.
#[derive(Debug)]
pub(crate) struct Component {
    /// What it is called here and with `--without`.
    pub(crate) name: &'static str,
    /// Program and arguments that end with 0 where it is installed; `{venv}` is its Python environment.
    detect: &'static [&'static str],
    origin: Origin,
    pub(crate) chore: Chore,
}

/// The chore that a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Test,
    Bench,
}

/// Where a component is published.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Comes with the toolchain, in the toolchain's version.
    Rustup(&'static str),
    /// A Debian package, installed by apt-get as root, in the version of the Debian release.
    Debian(&'static str),
    /// Packages of PyPI with their versions, installed into a Python environment below `target/`.
    Pypi(&'static str, &'static [&'static str]),
}

/// The Python environment of the bench's peers, from the repository's top.
pub(crate) const VENV: &str = "target/bench/python";
/// That of the programs that read a lake; the test that runs them looks for it there.
const READERS_VENV: &str = "target/readers/python";
/// The components that read a lake.
pub(crate) const READERS: [&str; 2] = ["duckdb-delta", "deltalake"];

/// Every component of every chore.
pub(crate) const COMPONENTS: &[Component] = &[
    Component {
        name: "rustfmt",
        detect: &["cargo", "fmt", "--version"],
        origin: Origin::Rustup("rustfmt"),
        chore: Chore::Test,
    },
    Component {
        name: "clippy",
        detect: &["clippy-driver", "--version"],
        origin: Origin::Rustup("clippy"),
        chore: Chore::Test,
    },
    Component {
        name: "python3-venv",
        detect: &["python3", "-c", "import ensurepip, venv"],
        origin: Origin::Debian("python3-venv"),
        chore: Chore::Test,
    },
    Component {
        // A version whose extension for Delta tables is published too.
        name: "duckdb-delta",
        detect: &["{venv}/bin/python", "-c", "import duckdb, duckdb_extension_delta"],
        origin: Origin::Pypi(READERS_VENV, &["duckdb==1.5.5", "duckdb-extension-delta==1.5.5"]),
        chore: Chore::Test,
    },
    Component {
        name: "deltalake",
        detect: &["{venv}/bin/python", "-c", "import deltalake"],
        origin: Origin::Pypi(READERS_VENV, &["deltalake==1.6.6"]),
        chore: Chore::Test,
    },
    Component {
        name: "ripgrep",
        detect: &["rg", "--version"],
        origin: Origin::Debian("ripgrep"),
        chore: Chore::Bench,
    },
    Component {
        name: "nginx",
        detect: &["nginx", "-v"],
        origin: Origin::Debian("nginx-light"),
        chore: Chore::Bench,
    },
    Component {
        name: "wrk",
        detect: &["sh", "-c", "command -v wrk"],
        origin: Origin::Debian("wrk"),
        chore: Chore::Bench,
    },
    Component {
        name: "duckdb",
        detect: &["{venv}/bin/python", "-c", "import duckdb"],
        origin: Origin::Pypi(VENV, &["duckdb==2.0.0"]),
        chore: Chore::Bench,
    },
    Component {
        name: "chdb",
        detect: &["{venv}/bin/python", "-c", "import chdb"],
        origin: Origin::Pypi(VENV, &["chdb==4.4.0"]),
        chore: Chore::Bench,
    },
];

/// Fetches what is missing of a chore's components, except those named in `without`.
pub(crate) fn fetch_missing(chore: Chore, without: &[String]) -> Result<()> {
    let wanted = COMPONENTS.iter().filter(|component| component.chore == chore);
    for component in wanted.filter(|component| !without.iter().any(|name| name == component.name)) {
        if component.is_installed() {
            continue;
        }
        say(&format!("   {} is missing: fetching it", component.name));
        component.fetch().with_context(|| format!("could not fetch {}", component.name))?;
        if !component.is_installed() {
            bail!("{} was fetched and still does not run", component.name);
        }
    }
    Ok(())
}

impl Component {
    /// Whether it is there and starts.
    pub(crate) fn is_installed(&self) -> bool {
        let venv = match self.origin {
            Origin::Pypi(folder, _) => venv(folder),
            Origin::Rustup(_) | Origin::Debian(_) => String::new(),
        };
        let mut words = self.detect.iter().map(|word| word.replace("{venv}", &venv));
        words.next().is_some_and(|name| command::succeeds(program(name).args(words)))
    }

    fn fetch(&self) -> Result<()> {
        match self.origin {
            Origin::Rustup(component) => {
                command::run(program("rustup").args(["component", "add", component]))
            }
            Origin::Debian(package) => {
                command::run(program("apt-get").args(["update", "--quiet"]))?;
                command::run(program("apt-get").args([
                    "install",
                    "--yes",
                    "--quiet",
                    "--no-install-recommends",
                    package,
                ]))
            }
            Origin::Pypi(folder, packages) => {
                let venv = venv(folder);
                let python = format!("{venv}/bin/python");
                if !command::succeeds(program(&python).arg("--version")) {
                    command::run(program("python3").args(["-m", "venv", &venv]))?;
                }
                command::run(program(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))
            }
        }
    }
}

fn venv(folder: &str) -> String {
    repository::top().join(folder).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, component) in COMPONENTS.iter().enumerate() {
            assert!(
                COMPONENTS[..index].iter().all(|other| other.name != component.name),
                "{}",
                component.name
            );
        }
    }

    #[test]
    fn versions_are_pinned() {
        for component in COMPONENTS {
            if let Origin::Pypi(_, packages) = component.origin {
                assert!(packages.iter().all(|package| package.contains("==")), "{}", component.name);
            }
        }
    }

    #[test]
    fn what_is_not_there_is_not_installed() {
        let component = Component {
            name: "none",
            detect: &["no-such-program-here", "--version"],
            origin: Origin::Debian("none"),
            chore: Chore::Test,
        };
        assert!(!component.is_installed());
    }
}
