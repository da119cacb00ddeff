//! The programs that chores need beside Rust and a C compiler: how to see whether they are there, and how to fetch
//! them, at pinned versions, from where they are published.
//!
//! Only what is really used stands in the table. The tests need the toolchain's own two components, programs of others that
//! read a lake which we wrote, set passwords, or ask our server, and servers that the loop works with; the peers are for
//! `cargo xtask bench --fetch`, and a bench runs without those that are missing. cargo-deny is used where it is installed
//! and never fetched: building it takes longer than all tests.

use anyhow::{Context, Result, bail};

use crate::command::{self, program, say};
use crate::repository;

/// A program that a chore uses.
#[derive(Debug)]
pub(crate) struct Component {
    /// What it is called here and with `--without`.
    pub(crate) name: &'static str,
    /// Program and arguments that end with 0 where it is installed; `{folder}` is its folder below `target/`.
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
    /// Packages of npm with their versions, installed into a folder below `target/`. Nothing that they bring is run.
    Npm(&'static str, &'static [&'static str]),
}

/// The Python environment of the bench's peers, from the repository's top.
pub(crate) const VENV: &str = "target/bench/python";
/// That of the programs that read a lake; the test that runs them looks for it there.
const READERS_VENV: &str = "target/readers/python";
/// That of the clients that ask our server, and the folder of those that node runs; the test looks for them there.
const CLIENTS_VENV: &str = "target/clients/python";
const CLIENTS_NODE: &str = "target/clients/node";
/// That of the SCIM server; the test servers look for it there.
const SCIM_VENV: &str = "target/scim/python";

/// Tests that need components, by the variable from which they know that one was left out.
pub(crate) const LEFT_OUT: &[(&str, &[&str])] = &[
    ("MIZUMORI_WITHOUT_READERS", &["duckdb-delta", "deltalake"]),
    ("MIZUMORI_WITHOUT_PAM", &["pamtester", "libpam-wrapper"]),
    (
        "MIZUMORI_WITHOUT_CLIENTS",
        &[
            "pwned-passwords-django",
            "pyhibp",
            "dkimpy",
            "standardwebhooks",
            "stix2",
            "stix2-validator",
            "pymisp",
        ],
    ),
    ("MIZUMORI_WITHOUT_NODE", &["nodejs", "npm", "hibp"]),
    ("MIZUMORI_WITHOUT_POSTGRESQL", &["postgresql"]),
    ("MIZUMORI_WITHOUT_SMTP", &["exim4"]),
    ("MIZUMORI_WITHOUT_SLAPD", &["slapd", "ldap-utils"]),
    ("MIZUMORI_WITHOUT_SCIM", &["scim2-server"]),
    (
        "MIZUMORI_WITHOUT_SAMBA",
        &["samba", "samba-dsdb-modules", "samba-ad-provision", "samba-vfs-modules", "ldap-utils"],
    ),
];

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
        detect: &["{folder}/bin/python", "-c", "import duckdb, duckdb_extension_delta"],
        origin: Origin::Pypi(READERS_VENV, &["duckdb==1.5.5", "duckdb-extension-delta==1.5.5"]),
        chore: Chore::Test,
    },
    Component {
        name: "deltalake",
        detect: &["{folder}/bin/python", "-c", "import deltalake"],
        origin: Origin::Pypi(READERS_VENV, &["deltalake==1.6.6"]),
        chore: Chore::Test,
    },
    Component {
        // It has no option that ends with 0.
        name: "pamtester",
        detect: &["sh", "-c", "command -v pamtester"],
        origin: Origin::Debian("pamtester"),
        chore: Chore::Test,
    },
    Component {
        // What cannot be loaded is named, and the program runs all the same; no word of the shell itself, which loads nothing.
        name: "libpam-wrapper",
        detect: &["sh", "-c", "! LD_PRELOAD=libpam_wrapper.so /bin/true 2>&1 | grep -q ."],
        origin: Origin::Debian("libpam-wrapper"),
        chore: Chore::Test,
    },
    Component {
        name: "pwned-passwords-django",
        detect: &[
            "{folder}/bin/python",
            "-c",
            "import django, importlib.util as u; u.find_spec('pwned_passwords_django').name",
        ],
        origin: Origin::Pypi(CLIENTS_VENV, &["django==5.2.19", "pwned-passwords-django==5.2.0"]),
        chore: Chore::Test,
    },
    Component {
        name: "pyhibp",
        detect: &["{folder}/bin/python", "-c", "import pyhibp"],
        origin: Origin::Pypi(CLIENTS_VENV, &["pyhibp==4.2.0"]),
        chore: Chore::Test,
    },
    Component {
        // With what it needs for Ed25519.
        name: "dkimpy",
        detect: &["{folder}/bin/python", "-c", "import dkim, nacl.signing"],
        origin: Origin::Pypi(CLIENTS_VENV, &["dkimpy[ed25519]==1.1.8"]),
        chore: Chore::Test,
    },
    Component {
        name: "standardwebhooks",
        detect: &["{folder}/bin/python", "-c", "import standardwebhooks.webhooks"],
        origin: Origin::Pypi(CLIENTS_VENV, &["standardwebhooks==1.1.0"]),
        chore: Chore::Test,
    },
    Component {
        name: "stix2",
        detect: &["{folder}/bin/python", "-c", "import stix2"],
        origin: Origin::Pypi(CLIENTS_VENV, &["stix2==3.0.2"]),
        chore: Chore::Test,
    },
    Component {
        // The schemas come with it: it asks nobody.
        name: "stix2-validator",
        detect: &["{folder}/bin/python", "-c", "import stix2validator"],
        origin: Origin::Pypi(CLIENTS_VENV, &["stix2-validator==3.3.2"]),
        chore: Chore::Test,
    },
    Component {
        // With MISP's own object templates in it.
        name: "pymisp",
        detect: &["{folder}/bin/python", "-c", "import pymisp"],
        origin: Origin::Pypi(CLIENTS_VENV, &["pymisp==2.5.34.4"]),
        chore: Chore::Test,
    },
    Component {
        name: "nodejs",
        detect: &["node", "--version"],
        origin: Origin::Debian("nodejs"),
        chore: Chore::Test,
    },
    Component {
        name: "npm",
        detect: &["npm", "--version"],
        origin: Origin::Debian("npm"),
        chore: Chore::Test,
    },
    Component {
        name: "hibp",
        detect: &[
            "node",
            "--eval",
            "for (const name of ['hibp', '@zxcvbn-ts/core', '@zxcvbn-ts/matcher-pwned'])
                require.resolve(name, { paths: ['{folder}'] })",
        ],
        origin: Origin::Npm(
            CLIENTS_NODE,
            &["hibp@15.2.1", "@zxcvbn-ts/core@3.0.4", "@zxcvbn-ts/matcher-pwned@3.0.4"],
        ),
        chore: Chore::Test,
    },
    Component {
        // The tests make clusters of their own: what the package may have made and started is not used.
        name: "postgresql",
        detect: &["sh", "-c", "ls /usr/lib/postgresql/*/bin/postgres"],
        origin: Origin::Debian("postgresql"),
        chore: Chore::Test,
    },
    Component {
        // Where another mail server is installed this fails, and the tests are left to do without it.
        name: "exim4",
        detect: &["/usr/sbin/exim4", "-bV"],
        origin: Origin::Debian("exim4-daemon-light"),
        chore: Chore::Test,
    },
    Component {
        // With the models that it is written for.
        name: "scim2-server",
        detect: &["{folder}/bin/scim2-server", "--help"],
        origin: Origin::Pypi(SCIM_VENV, &["scim2-server==0.8.3", "scim2-models==0.12.3"]),
        chore: Chore::Test,
    },
    Component {
        // The tests start servers of their own: what the package may have made and started is not used.
        name: "slapd",
        detect: &["/usr/sbin/slapd", "-VV"],
        origin: Origin::Debian("slapd"),
        chore: Chore::Test,
    },
    Component {
        name: "ldap-utils",
        detect: &["ldapwhoami", "-VV"],
        origin: Origin::Debian("ldap-utils"),
        chore: Chore::Test,
    },
    Component {
        // The tests make domains of their own: what the package may have made and started is not used.
        name: "samba",
        detect: &["/usr/sbin/samba", "--version"],
        origin: Origin::Debian("samba"),
        chore: Chore::Test,
    },
    Component {
        name: "samba-dsdb-modules",
        detect: &["sh", "-c", "ls /usr/lib/*/samba/ldb/samldb.so"],
        origin: Origin::Debian("samba-dsdb-modules"),
        chore: Chore::Test,
    },
    Component {
        name: "samba-ad-provision",
        detect: &["test", "-f", "/usr/share/samba/setup/provision.ldif"],
        origin: Origin::Debian("samba-ad-provision"),
        chore: Chore::Test,
    },
    Component {
        // The package of the server only recommends it, and provisioning ends without it.
        name: "samba-vfs-modules",
        detect: &["sh", "-c", "ls /usr/lib/*/samba/vfs/acl_xattr.so"],
        origin: Origin::Debian("samba-vfs-modules"),
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
        detect: &["{folder}/bin/python", "-c", "import duckdb"],
        origin: Origin::Pypi(VENV, &["duckdb==2.0.0"]),
        chore: Chore::Bench,
    },
    Component {
        name: "chdb",
        detect: &["{folder}/bin/python", "-c", "import chdb"],
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
        let folder = match self.origin {
            Origin::Pypi(folder, _) | Origin::Npm(folder, _) => path(folder),
            Origin::Rustup(_) | Origin::Debian(_) => String::new(),
        };
        let mut words = self.detect.iter().map(|word| word.replace("{folder}", &folder));
        words.next().is_some_and(|name| command::succeeds(program(name).args(words)))
    }

    fn fetch(&self) -> Result<()> {
        match self.origin {
            Origin::Rustup(component) => {
                command::run(program("rustup").args(["component", "add", component]))
            }
            Origin::Debian(package) => {
                command::run(program("apt-get").args(["update", "--quiet"]))?;
                // Some packages ask how they are to be set up; nobody may be there to answer.
                command::run(program("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
                    "install",
                    "--yes",
                    "--quiet",
                    "--no-install-recommends",
                    // Rather fail than take away what somebody works with.
                    "--no-remove",
                    package,
                ]))
            }
            Origin::Pypi(folder, packages) => {
                let venv = path(folder);
                let python = format!("{venv}/bin/python");
                if !command::succeeds(program(&python).arg("--version")) {
                    command::run(program("python3").args(["-m", "venv", &venv]))?;
                }
                command::run(program(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))
            }
            Origin::Npm(folder, packages) => command::run(
                program("npm")
                    .args(["install", "--prefix", &path(folder), "--no-save", "--ignore-scripts"])
                    .args(["--no-audit", "--no-fund"])
                    .args(packages),
            ),
        }
    }
}

fn path(folder: &str) -> String {
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
            let (pin, packages) = match component.origin {
                Origin::Pypi(_, packages) => ("==", packages),
                Origin::Npm(_, packages) => ("@", packages),
                Origin::Rustup(_) | Origin::Debian(_) => continue,
            };
            // A scope begins with the sign as well.
            assert!(packages.iter().all(|package| package[1..].contains(pin)), "{}", component.name);
        }
    }

    #[test]
    fn what_can_be_left_out_is_there() {
        for name in LEFT_OUT.iter().flat_map(|(_, names)| *names) {
            assert!(COMPONENTS.iter().any(|component| component.name == *name), "{name}");
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
