//! The check of machine and configuration: what is well, what is not, and what to do about it.

use crate::run::Folder;
use crate::world;

/// The line about a subject.
fn about<'t>(text: &'t str, subject: &str) -> &'t str {
    text.lines().find(|line| line.get(7..).is_some_and(|line| line.starts_with(subject))).unwrap_or_default()
}

#[test]
fn all_is_well() {
    let folder = world::folder(&[("mizumori.toml", "watch = 'list.toml'\n")]);
    let run = folder.run(&["doctor"]);
    run.ends(0).quietly();
    let text = run.out();
    assert!(about(&text, "program").ends_with(concat!("mizumori ", env!("CARGO_PKG_VERSION"))));
    assert!(
        about(&text, "features")
            .ends_with("survey, scan, guard, lake, sql, cluster, store, monitor, loop, demo")
    );
    assert!(about(&text, "configuration").ends_with("mizumori.toml"));
    assert!(about(&text, "watch list").ends_with("3 organisations, 4 domains, 1 of them unverified"));
    assert!(about(&text, "core dumps").ends_with("off"));
    for subject in ["program", "features", "configuration", "watch list", "temporary folder", "core dumps"] {
        assert!(about(&text, subject).starts_with("ok "), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let folder = world::folder(&[("mizumori.toml", "wach = 'list.toml'\n"), ("bad.toml", "x = 1\n")]);
    let nowhere = folder.path("nowhere");
    let output = folder.command(&["doctor", "--watch", "bad.toml"]).env("TMPDIR", nowhere).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(about(&text, "configuration").contains("mizumori.toml:1: unknown key `wach`; write `watch`"));
    assert!(about(&text, "watch list").contains("bad.toml:1: unknown key `x`"));
    assert!(about(&text, "temporary folder").contains("No such file or directory"));
    assert!(text.contains("set TMPDIR to a folder that can be written"));
    for subject in ["configuration", "watch list", "temporary folder"] {
        assert!(about(&text, subject).starts_with("wrong "), "{text}");
    }
}

#[test]
fn without_a_watch_list_there_is_a_note() {
    let run = Folder::new().run(&["doctor"]);
    run.ends(0).quietly();
    assert!(about(&run.out(), "watch list").starts_with("note "));
}
