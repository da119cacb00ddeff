//! The compose file.

use std::collections::BTreeSet;

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Map, Value};

use super::command_line::is_understood;
use super::{check_pinned, key_files, text, top};

/// The file with its anchors and merges resolved.
fn compose() -> Value {
    let text = text("deploy/compose.yaml");
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("deploy/compose.yaml: {error}"));
    let [document] = &documents[..] else { panic!("deploy/compose.yaml is not one document") };
    json(document)
}

fn json(yaml: &Yaml) -> Value {
    if let Some(text) = yaml.as_str() {
        return Value::from(text);
    }
    if let Some(list) = yaml.as_sequence() {
        return list.iter().map(json).collect();
    }
    if let Some(map) = yaml.as_mapping() {
        let mut merged = Map::new();
        let key = |key: &Yaml| key.as_str().map(str::to_owned).unwrap_or_else(|| panic!("{key:?}"));
        // What is merged in comes first, so that what is written down replaces it.
        for (_, value) in map.iter().filter(|(name, _)| key(name) == "<<") {
            merged.extend(json(value).as_object().unwrap().clone());
        }
        merged.extend(
            map.iter().filter(|(name, _)| key(name) != "<<").map(|(name, value)| (key(name), json(value))),
        );
        return Value::Object(merged);
    }
    let scalar = yaml.as_bool().map(Value::from).or_else(|| yaml.as_integer().map(Value::from));
    scalar.unwrap_or(Value::Null)
}

/// The services with their names.
fn services(compose: &Value) -> impl Iterator<Item = (&String, &Value)> {
    compose["services"].as_object().unwrap().iter()
}

/// The strings of a list; of what is not there, none.
fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|item| item.as_str().unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

/// The names of a list, or of a table's keys.
fn names(value: &Value) -> BTreeSet<String> {
    match value.as_object() {
        Some(table) => table.keys().cloned().collect(),
        None => strings(value).into_iter().collect(),
    }
}

/// The secrets of a service: their names, and the files that they are.
fn secrets(service: &Value) -> Vec<(String, String)> {
    let list = service["secrets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let secret = |secret: &Value| match secret.as_str() {
        Some(name) => (name.to_owned(), format!("/run/secrets/{name}")),
        None => {
            (secret["source"].as_str().unwrap().to_owned(), secret["target"].as_str().unwrap().to_owned())
        }
    };
    list.iter().map(secret).collect()
}

fn is_ours(service: &Value) -> bool {
    service["image"].as_str().unwrap().starts_with("mizumori:")
}

#[test]
fn command_lines_are_understood() {
    let compose = compose();
    let ours: Vec<_> = services(&compose).filter(|(_, service)| is_ours(service)).collect();
    for (name, service) in &ours {
        assert!(service["entrypoint"].is_null(), "{name}: the image's entry point starts the program");
        is_understood(name, &strings(&service["command"]));
    }
    let starts =
        |service: &Value, what: [&str; 2]| strings(&service["command"])[..].iter().take(2).eq(what.iter());
    let does = |what: [&str; 2]| ours.iter().filter(|(_, service)| starts(service, what)).count();
    assert_eq!(does(["cluster", "scheduler"]), 1);
    assert_eq!(does(["cluster", "executor"]), 2);
    assert_eq!(does(["ingest", "--follow"]), 1);
}

#[test]
fn images_are_pinned() {
    let compose = compose();
    for (name, service) in services(&compose) {
        let image = service["image"].as_str().unwrap_or_else(|| panic!("{name} has no image"));
        check_pinned(image);
        if is_ours(service) {
            assert_eq!(image, format!("mizumori:{}", env!("CARGO_PKG_VERSION")));
        }
    }
    let built: Vec<_> = services(&compose).filter(|(_, service)| !service["build"].is_null()).collect();
    let [(_, builder)] = built[..] else { panic!("one service builds the image") };
    assert!(is_ours(builder));
    let context = top().join("deploy").join(builder["build"]["context"].as_str().unwrap());
    assert!(context.join(builder["build"]["dockerfile"].as_str().unwrap()).is_file());
    assert_eq!(context.canonicalize().unwrap(), top().canonicalize().unwrap());
}

#[test]
fn what_a_service_names_is_declared() {
    let compose = compose();
    let declared = |what: &str| names(&compose[what]);
    let mut used = BTreeSet::new();
    let mut check = |name: &str, what: &'static str, of: &str| {
        assert!(declared(what).contains(of), "{name}: {of} is not among {what}");
        used.insert((what, of.to_owned()));
    };
    for (name, service) in services(&compose) {
        names(&service["networks"]).iter().for_each(|network| check(name, "networks", network));
        secrets(service).iter().for_each(|(secret, _)| check(name, "secrets", secret));
        names(&service["depends_on"]).iter().for_each(|other| check(name, "services", other));
        for mount in strings(&service["volumes"]) {
            let source = mount.split(':').next().unwrap().to_owned();
            if !source.starts_with('.') {
                check(name, "volumes", &source);
            }
        }
    }
    for what in ["networks", "secrets", "volumes"] {
        for of in declared(what) {
            assert!(used.contains(&(what, of.clone())), "{of} of {what} is used by nobody");
        }
    }
}

#[test]
fn files_that_are_mounted_are_there_or_are_the_user_s_own() {
    let compose = compose();
    let ignored = text(".gitignore");
    let is_own = |path: &str| {
        let name = format!("deploy/{}", path.trim_start_matches("./"));
        ignored.lines().any(|line| line.trim_end_matches('/') == name)
    };
    for (name, service) in services(&compose) {
        for mount in strings(&service["volumes"]).iter().filter(|mount| mount.starts_with('.')) {
            let source = mount.split(':').next().unwrap();
            let is_there = top().join("deploy").join(source).is_file();
            assert!(
                is_there != is_own(source),
                "{name}: {source} is not there, nor left out of the repository"
            );
            assert!(mount.ends_with(":ro") || source == "./keys" && name == "console", "{name}: {mount}");
        }
    }
    for (name, secret) in compose["secrets"].as_object().unwrap() {
        let file = secret["file"].as_str().unwrap();
        assert!(file.starts_with("./keys/") && is_own("./keys"), "{name}: {file}");
    }
}

#[test]
fn keys_are_files_where_they_are_looked_for() {
    let compose = compose();
    let keys = key_files(&text("deploy/container/mizumori.toml"));
    for (name, service) in services(&compose) {
        let given: Vec<_> = secrets(service).into_iter().map(|(_, file)| file).collect();
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_else(|| panic!("{name}: {variable} is no text"));
            match variable.strip_suffix("_FILE") {
                Some(_) => assert!(given.iter().any(|file| file == value), "{name}: {value} is not given"),
                None => assert!(!variable.contains("KEY"), "{name}: {variable} is a secret in clear"),
            }
        }
        if service["environment"]["MIZUMORI_CONFIG"].is_null() {
            assert!(!given.iter().any(|file| file.starts_with("/keys/")), "{name} needs no key");
            continue;
        }
        let has_folder = strings(&service["volumes"]).iter().any(|mount| mount == "./keys:/keys");
        for key in &keys {
            assert!(has_folder != given.contains(key), "{name}: {key}");
        }
    }
}

#[test]
fn executors_are_found_by_their_names_and_nothing_is_reached_from_outside() {
    let compose = compose();
    assert_eq!(compose["networks"]["cluster"]["internal"], true);
    let option = |service: &Value, name: &str| {
        let words = strings(&service["command"]);
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    for (name, service) in services(&compose) {
        assert_eq!(strings(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(strings(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(names(&service["networks"]).contains("cluster"), "{name}");
        let ports = strings(&service["ports"]);
        assert!(ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{name}: {ports:?}");
        if is_ours(service) {
            assert_eq!(names(&service["networks"]).len(), 1, "{name} is on another network");
            assert_eq!(service["ulimits"]["core"], 0, "{name}");
            assert!(ports.is_empty(), "{name}");
        }
        if let Some(host) = option(service, "--host") {
            assert_eq!(&host, name);
            let scheduler = option(service, "--scheduler").unwrap();
            let (host, port) = scheduler.split_once(':').unwrap();
            let listen = option(&compose["services"][host], "--listen").unwrap();
            assert_eq!(listen.rsplit_once(':').unwrap().1, port, "{name}");
        }
    }
}
