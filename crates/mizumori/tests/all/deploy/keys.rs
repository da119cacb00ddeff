//! Keys as the pages say: made by an empty lake, found beside the configuration, given to containers as files.

use std::fs;
use std::process::Command;

use super::{key_files, text, top};
use crate::run::Folder;
use crate::world::LIST;

#[test]
fn keys_that_an_empty_lake_made_are_those_of_the_next_found_beside_the_configuration() {
    let folder = Folder::new();
    let config = text("deploy/systemd/mizumori.toml");
    folder.write("etc/mizumori.toml", &config).write("etc/watchlist.toml", LIST);
    fs::create_dir(folder.path("drop")).unwrap();
    let with = |config: &str, arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.env("MIZUMORI_CONFIG", config);
        folder.wait(command.spawn().unwrap())
    };
    let first = ["ingest", "--lake", "first", "--watch", "etc/watchlist.toml", "drop"];
    with("etc/mizumori.toml", &first).ends(0).saying(&["made a master key", "made the lake's key ring"]);
    let key = folder.run(&["cluster", "key"]).ends(0).out();
    folder.write("etc/cluster.key", key);

    // What systemd hands over: copies in another folder.
    fs::create_dir(folder.path("credentials")).unwrap();
    for file in key_files(&config).iter().map(String::as_str).chain(["mizumori.toml"]) {
        fs::copy(folder.path("etc").join(file), folder.path("credentials").join(file)).unwrap();
    }
    folder.write("drop/list.txt", "taro@suigen.example:hunter2hunter2\n");
    let second = ["ingest", "--lake", "lake", "--watch", "etc/watchlist.toml", "drop"];
    let run = with("credentials/mizumori.toml", &second);
    run.ends(0).saying(&["made a lake"]);
    assert!(!run.err().contains("key"), "{}", run.err());
    let found = with("etc/mizumori.toml", &["lookup", "--lake", "lake", "taro@suigen.example"]);
    found.ends(0).printing(&["suigen.example"]);
}

#[test]
fn both_configurations_are_read() {
    let folder = Folder::new();
    for name in ["deploy/systemd/mizumori.toml", "deploy/container/mizumori.toml"] {
        let mut doctor = folder.command(&["doctor"]);
        doctor.env("MIZUMORI_CONFIG", top().join(name));
        let run = folder.wait(doctor.spawn().unwrap());
        let line = run.out().lines().find(|line| line.contains(" configuration ")).unwrap().to_owned();
        assert!(line.starts_with("ok ") && line.ends_with(name), "{}", run.shown());
    }
}

#[test]
fn a_store_s_credentials_come_from_files() {
    let folder = Folder::new();
    folder.write("access", "an-access-key\n").write("secret", "a-secret-key\n");
    let script = top().join("deploy/container/with-secrets.sh");
    let run = |secret: &str| {
        let mut command = Command::new("sh");
        command.arg(&script).arg("env").current_dir(folder.work());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("AWS_ACCESS_KEY_ID_FILE", "access").env("AWS_SECRET_ACCESS_KEY_FILE", secret);
        command.output().unwrap()
    };
    let done = run("secret");
    let out = String::from_utf8(done.stdout).unwrap();
    let lines: Vec<_> = out.lines().collect();
    assert!(done.status.success());
    assert!(lines.contains(&"AWS_ACCESS_KEY_ID=an-access-key"), "{out}");
    assert!(lines.contains(&"AWS_SECRET_ACCESS_KEY=a-secret-key"), "{out}");
    assert!(!out.contains("_FILE="), "{out}");
    let missing = run("nowhere");
    assert!(!missing.status.success() && missing.stdout.is_empty(), "it started without the secret");
}
