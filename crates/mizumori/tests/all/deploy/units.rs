//! The units for systemd.

use std::collections::BTreeMap;

use super::command_line::{commands, is_understood, ours};
use super::{key_files, text};

/// The exit codes beside 0 that systemd takes for a clean end of a unit.
pub(super) fn clean_codes(name: &'static str) -> Vec<i32> {
    let codes = Unit::read(name).all("Service.SuccessExitStatus").to_vec();
    codes.iter().map(|code| code.parse().unwrap()).collect()
}

const UNITS: [&str; 3] = ["mizumori-scheduler", "mizumori-executor", "mizumori-ingest"];

/// A unit: the values of each setting, as `Section.Name`, in their order.
struct Unit {
    name: &'static str,
    settings: BTreeMap<String, Vec<String>>,
}

impl Unit {
    fn read(name: &'static str) -> Self {
        let mut settings = BTreeMap::<String, Vec<String>>::new();
        let mut section = None;
        for line in text(&format!("deploy/systemd/{name}.service")).lines() {
            assert_eq!(line, line.trim(), "{name}: blanks around `{line}`");
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(title) = line.strip_prefix('[') {
                section =
                    Some(title.strip_suffix(']').unwrap_or_else(|| panic!("{name}: {line}")).to_owned());
                continue;
            }
            let (setting, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}"));
            let section = section.as_deref().unwrap_or_else(|| panic!("{name}: {line} is in no section"));
            settings.entry(format!("{section}.{setting}")).or_default().push(value.to_owned());
        }
        Self { name, settings }
    }

    fn all(&self, setting: &str) -> &[String] {
        self.settings.get(setting).map_or(&[], Vec::as_slice)
    }

    #[track_caller]
    fn one(&self, setting: &str) -> &str {
        match self.all(setting) {
            [value] => value,
            values => panic!("{}: {setting} is there {} times", self.name, values.len()),
        }
    }

    /// What the unit itself puts into the environment.
    fn variables(&self) -> BTreeMap<&str, &str> {
        self.all("Service.Environment").iter().map(|set| set.split_once('=').unwrap()).collect()
    }

    /// The arguments that it starts the program with.
    fn arguments(&self) -> Vec<String> {
        let mut line = self.one("Service.ExecStart").to_owned();
        for (name, value) in self.variables() {
            line = line.replace(&format!("${{{name}}}"), value);
        }
        assert!(!line.contains('$'), "{}: a variable is not set: {line}", self.name);
        assert!(line.starts_with("/usr/local/bin/mizumori "), "{}: {line}", self.name);
        ours(&commands(&line)[0]).unwrap().to_vec()
    }

    fn credentials(&self) -> Vec<&str> {
        let loaded = self.all("Service.LoadCredential").iter();
        loaded.map(|load| load.split_once(':').unwrap().0).collect()
    }
}

#[test]
fn command_lines_are_understood() {
    for name in UNITS {
        is_understood(name, &Unit::read(name).arguments());
    }
}

#[test]
fn every_unit_is_confined() {
    let users = text("deploy/systemd/sysusers.d/mizumori.conf");
    for name in UNITS {
        let unit = Unit::read(name);
        for (setting, value) in [
            ("CapabilityBoundingSet", ""),
            ("LimitCORE", "0"),
            ("MemoryDenyWriteExecute", "yes"),
            ("MemorySwapMax", "0"),
            ("NoNewPrivileges", "yes"),
            ("PrivateTmp", "yes"),
            ("ProtectHome", "yes"),
            ("ProtectSystem", "strict"),
            ("SocketBindDeny", "any"),
            ("UMask", "0077"),
        ] {
            assert_eq!(unit.one(&format!("Service.{setting}")), value, "{name}: {setting}");
        }
        let calls = unit.all("Service.SystemCallFilter");
        assert_eq!(calls[..2], ["@system-service", "~@privileged @resources"], "{name}");
        assert!(!unit.one("Service.MemoryMax").is_empty());
        assert!(unit.one("Service.Restart") == "always" || unit.one("Service.Restart") == "on-failure");
        assert_eq!(unit.one("Install.WantedBy"), "multi-user.target", "{name}");
        match unit.all("Service.User") {
            [] => assert_eq!(unit.one("Service.DynamicUser"), "yes", "{name}"),
            [user] => assert!(users.contains(&format!("\nu {user} ")), "{name}: nobody makes {user}"),
            users => panic!("{name}: {users:?}"),
        }
    }
}

#[test]
fn ports_that_are_listened_on_may_be_bound() {
    let scheduler = Unit::read("mizumori-scheduler");
    let port = scheduler.variables()["MIZUMORI_SCHEDULER"].rsplit_once(':').unwrap().1;
    assert_eq!(scheduler.one("Service.SocketBindAllow"), format!("tcp:{port}"));
    assert_eq!(scheduler.one("Service.IPAddressDeny"), "any");
    let executor = Unit::read("mizumori-executor");
    assert_eq!(executor.variables()["MIZUMORI_SCHEDULER"], scheduler.variables()["MIZUMORI_SCHEDULER"]);
    // The port is the program's default, and the one behind it.
    let help = crate::run::Folder::new().run(&["cluster", "executor", "--help"]).ends(0).out();
    let port = help.split("--port").nth(1).and_then(|port| port.split("[default: ").nth(1)).unwrap();
    let port: u16 = port.split(']').next().unwrap().parse().unwrap();
    assert_eq!(executor.one("Service.SocketBindAllow"), format!("tcp:{port}-{}", port + 1));
}

#[test]
fn keys_are_handed_over_under_the_names_that_the_configuration_says() {
    let keys = key_files(&text("deploy/systemd/mizumori.toml"));
    for name in UNITS {
        let unit = Unit::read(name);
        let credentials = unit.credentials();
        if name == "mizumori-scheduler" {
            assert!(credentials.is_empty(), "a scheduler holds no key");
            continue;
        }
        assert_eq!(unit.variables()["MIZUMORI_CONFIG"], "%d/mizumori.toml");
        assert!(credentials.contains(&"mizumori.toml"), "{name}");
        let needed = keys.iter().filter(|file| name == "mizumori-executor" || *file != "cluster.key");
        for file in needed {
            assert!(credentials.contains(&file.as_str()), "{name} has no {file}");
        }
        for set in unit.all("Service.SetCredential") {
            let id = set.split_once(':').unwrap().0;
            assert!(credentials.contains(&id), "{name}: a default for {id}, which is not loaded");
        }
    }
}

#[test]
fn certificates_are_handed_over_under_the_names_that_the_program_reads() {
    let addition = text("deploy/systemd/tls.conf");
    let help = crate::run::Folder::new().run(&["cluster", "scheduler", "--help"]).ends(0).out();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let names = help.split("--tls").nth(1).and_then(|tls| tls.split(['(', ')']).nth(1)).unwrap();
    let names: Vec<_> = names.split(", ").collect();
    assert_eq!(names.len(), 3, "{help}");
    for name in names {
        assert!(addition.contains(&format!("\nLoadCredential={name}:/etc/mizumori/tls/{name}\n")), "{name}");
    }
    assert!(addition.contains("\nEnvironment=MIZUMORI_TLS=%d\n"));
}

#[test]
fn the_followed_folder_is_made_for_the_group() {
    let arguments = Unit::read("mizumori-ingest").arguments();
    let folder = arguments.last().unwrap();
    let made = text("deploy/systemd/tmpfiles.d/mizumori.conf");
    assert!(made.contains(&format!("\nd {folder} 2770 root mizumori\n")), "{folder} is not in\n{made}");
}
