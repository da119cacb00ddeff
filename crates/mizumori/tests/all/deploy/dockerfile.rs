//! The image.

use super::command_line::{is_understood, ours};
use super::{check_pinned, text, top};

/// The instructions of the image, continued lines joined: each with what stands behind it.
fn instructions() -> Vec<(String, String)> {
    let text = text("deploy/Dockerfile");
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let instruction = |line: &str| {
        let (name, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        (name.to_owned(), rest.trim().to_owned())
    };
    joined.lines().filter(|line| !line.is_empty()).map(instruction).collect()
}

/// What stands behind an instruction, each time.
fn all(name: &str) -> Vec<String> {
    instructions().into_iter().filter(|(found, _)| found == name).map(|(_, rest)| rest).collect()
}

/// The words that a container is started with: the entry point, or the default command.
pub(super) fn words(name: &str) -> Vec<String> {
    let [line] = &all(name)[..] else { panic!("{name} is not there once") };
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{name} is no list: {error}"))
}

#[test]
fn images_are_pinned_and_the_toolchain_is_the_workspace_s() {
    let stages = all("FROM");
    let images: Vec<_> = stages.iter().map(|from| from.split(' ').next().unwrap()).collect();
    images.iter().for_each(|image| check_pinned(image));
    let manifest = text("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let toolchain = format!("docker.io/library/rust:{}.", version.trim_matches('"'));
    assert!(images[0].starts_with(&toolchain), "{} is not {version}", images[0]);
}

#[test]
fn what_is_copied_is_there_and_let_through() {
    let ignored = text(".dockerignore");
    let mut patterns = ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(patterns.next(), Some("*"), "everything is left out but what is named");
    let through: Vec<_> = patterns.map(|line| line.strip_prefix('!').unwrap()).collect();
    let mut copied = Vec::new();
    for line in all("COPY").iter().filter(|line| !line.contains("--from=")) {
        let words: Vec<_> = line.split(' ').filter(|word| !word.starts_with("--")).collect();
        copied.extend(words[..words.len() - 1].iter().map(ToString::to_string));
    }
    for name in &copied {
        assert!(top().join(name).exists(), "{name} is copied, and is not there");
        assert!(through.contains(&name.as_str()), "{name} is copied, and .dockerignore leaves it out");
    }
    for name in through {
        assert!(copied.iter().any(|copied| copied == name), "{name} is let through for nothing");
    }
}

#[test]
fn it_is_built_as_it_ships_and_runs_as_nobody_in_particular() {
    let manifest = text("Cargo.toml");
    let build = all("RUN").remove(0);
    assert!(build.contains("cargo build --locked --profile dist --package mizumori --features cluster"));
    assert!(manifest.contains("\n[profile.dist]\n"));
    let user = all("USER").pop().unwrap();
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    for name in ["ENV", "ARG"] {
        for line in all(name) {
            let secret = ["KEY", "SECRET", "PASSWORD", "TOKEN"].iter().any(|word| line.contains(word));
            assert!(!secret, "a secret stays in the image's layers: {name} {line}");
        }
    }
}

#[test]
fn its_command_line_is_understood() {
    let entry = words("ENTRYPOINT");
    let copied = all("COPY");
    let script = &entry[0];
    assert!(copied.iter().any(|line| line.ends_with(&format!("with-secrets.sh {script}"))), "{entry:?}");
    assert_eq!(ours(&entry[1..]), Some(&[][..]), "the program is started");
    is_understood("deploy/Dockerfile", &words("CMD"));
}
