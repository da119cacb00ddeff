//! Bundles from one store into another: taken once, in order, from whom they should be.

use std::fs;

use mizumori_core::keys::AccountTag;
use mizumori_core::{SecretKind, Severity};
use mizumori_store::{Contact, NewFinding, State};

use super::{Kept, id};

/// The public keys in what `bundle keys` prints: to, from.
fn public(kept: &Kept, command: &str) -> [String; 2] {
    let run = kept.run(command);
    run.ends(0);
    let key =
        |word: &str| run.out().lines().find_map(|line| line.strip_prefix(word).map(str::to_owned)).unwrap();
    ["to    ", "from  "].map(|word| key(word).split(' ').next().unwrap().to_owned())
}

/// A store outside with a finding; one inside; and the keys: to the inside, from the outside.
fn networks() -> (Kept, Kept, [String; 2]) {
    let (outside, inside) = (Kept::sqlite(), Kept::sqlite());
    outside.organisation("suigen", "full");
    inside.organisation("suigen", "full");
    found(&outside, 1);
    inside.work(async |session| {
        let contact = Contact {
            address: "csirt@suigen.example".to_owned(),
            name: String::new(),
            language: mizumori_core::Lang::En,
        };
        session.tenant(&id("suigen")).keep_contact(&contact).await.unwrap();
    });
    let [_, from] = public(&outside, "bundle keys new outside.keys");
    let [to, _] = public(&inside, "bundle keys new inside.keys");
    (outside, inside, [to, from])
}

fn found(kept: &Kept, account: i64) {
    kept.work(async |session| {
        let new = NewFinding {
            account: AccountTag { hi: account, lo: 2 },
            secret: None,
            site: None,
            source: "list-1".to_owned(),
            place: String::new(),
            month: None,
            host: "suigen.example".to_owned(),
            kind: SecretKind::Clear,
            machine: None,
            severity: Severity::Password,
            state: State::New,
            backlog: false,
            same_as: None,
            version: 1,
        };
        session.tenant(&id("suigen")).record(&new, "2026-11-01".parse().unwrap()).await.unwrap();
    });
}

/// Carries a file over.
fn carry(outside: &Kept, inside: &Kept, name: &str) {
    fs::copy(outside.folder.path(name), inside.folder.path(name)).unwrap();
}

#[test]
fn what_was_found_outside_is_told_inside_once() {
    let (outside, inside, [to, from]) = networks();
    outside
        .run(&format!("bundle export suigen one.bundle --to {to} --sign outside.keys"))
        .ends(0)
        .saying(&["1 findings"]);
    found(&outside, 3);
    outside
        .run(&format!("bundle export --all two.bundle --to {to} --sign outside.keys"))
        .ends(0)
        .saying(&["2 findings"]);
    for name in ["one.bundle", "two.bundle"] {
        carry(&outside, &inside, name);
    }
    let shown = inside.run("bundle show two.bundle --format jsonl");
    shown.ends(0).quietly();
    assert_eq!(shown.lines()[0]["number"], 2);
    let import = |name: &str| inside.run(&format!("bundle import {name} --key inside.keys --from {from}"));
    import("two.bundle").ends(0).saying(&["2 findings are new", "2 notices"]);
    assert_eq!(inside.list("finding list suigen").len(), 2);
    assert_eq!(inside.list("notice list suigen").len(), 2);
    let audited = inside.audited(1);
    import("two.bundle").ends(0).saying(&["taken before"]);
    import("one.bundle").ends(2).saying(&["has number 1, and number 2", "nothing was changed"]);
    assert_eq!((inside.audited(1), inside.list("notice list suigen").len()), (audited, 2));
    assert!(inside.audited(1)[0][2].contains("2 findings new"), "{:?}", inside.audited(1));
    assert!(outside.audited(1)[0][2].contains("number 1 of"), "{:?}", outside.audited(1));
}

#[test]
fn what_is_not_as_it_should_be_changes_nothing() {
    let (outside, inside, [to, from]) = networks();
    outside.run(&format!("bundle export suigen one.bundle --to {to} --sign outside.keys")).ends(0);
    carry(&outside, &inside, "one.bundle");
    let [other_to, other_from] = public(&inside, "bundle keys new other.keys");
    let bytes = fs::read(inside.folder.path("one.bundle")).unwrap();
    inside.folder.write("cut.bundle", &bytes[..bytes.len() - 20]);
    let mut changed = bytes.clone();
    let middle = bytes.len() - 200;
    changed[middle] ^= 1;
    inside.folder.write("changed.bundle", changed);
    inside.folder.write("text.bundle", "something else");
    let before = inside.audited(0).len();
    for (command, why) in [
        (format!("cut.bundle --key inside.keys --from {from}"), "not whole"),
        (format!("changed.bundle --key inside.keys --from {from}"), "damaged or changed"),
        (format!("text.bundle --key inside.keys --from {from}"), "it is no bundle"),
        (format!("one.bundle --key other.keys --from {from}"), "not for this key"),
        (format!("one.bundle --key inside.keys --from {other_from}"), "not from whom it should be"),
        (format!("one.bundle --key one.bundle --from {from}"), "could not read"),
        (format!("one.bundle --key mizumori.toml --from {from}"), "no keys of bundles"),
        (format!("one.bundle --key inside.keys --from {to}"), "the one that begins with `mizumori-from:`"),
        (format!("none.bundle --key inside.keys --from {from}"), "could not read `none.bundle`"),
    ] {
        inside.run(&format!("bundle import {command}")).ends(2).saying(&[why]);
    }
    assert_eq!((inside.audited(0).len(), inside.list("finding list suigen").len()), (before, 0));
    // Nor is anything written that cannot be.
    let before = outside.audited(0).len();
    for (command, why) in [
        (format!("export x.bundle --to {to} --sign outside.keys"), "nothing says what the bundle is to hold"),
        (format!("export other x.bundle --to {to} --sign outside.keys"), "there is no organisation `other`"),
        (format!("export suigen one.bundle --to {to} --sign outside.keys"), "one.bundle"),
        (format!("export suigen x.bundle --to {other_to} --sign one.bundle"), "could not read"),
        ("export suigen x.bundle --sign outside.keys".to_owned(), "--to"),
        ("keys new outside.keys".to_owned(), "outside.keys"),
    ] {
        outside.run(&format!("bundle {command}")).ends(2).saying(&[why]);
    }
    assert_eq!(outside.audited(0).len(), before);
    assert!(!outside.folder.path("x.bundle").exists());
    // An edition without exports carries nothing out.
    outside.organisation("mori", "evaluation");
    outside
        .run(&format!("bundle export mori x.bundle --to {to} --sign outside.keys"))
        .ends(2)
        .saying(&["does not have that"]);
    outside
        .run(&format!("bundle export --all x.bundle --to {to} --sign outside.keys"))
        .ends(0)
        .saying(&["`mori` is left out"]);
}

#[test]
fn keys_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let kept = Kept::sqlite();
    let keys = public(&kept, "bundle keys new my.keys");
    assert_eq!(public(&kept, "bundle keys show my.keys"), keys);
    assert_eq!(fs::metadata(kept.folder.path("my.keys")).unwrap().permissions().mode() & 0o077, 0);
    let run = kept.run("bundle keys show my.keys");
    assert!(!run.out().contains("secret"), "{}", run.out());
}

#[cfg(feature = "guard")]
#[test]
fn leaked_passwords_become_a_source_of_an_index() {
    let (outside, inside, [to, from]) = networks();
    outside.folder.write("words.txt", "himitsu no kotoba\nsomething that leaked\n");
    outside.run("guard import leaked words.txt --format words").ends(0);
    inside.folder.write("own.txt", "one of our own words\n");
    inside.run("guard import ours own.txt --format words").ends(0);
    outside.run(&format!("bundle export one.bundle --guard leaked --to {to} --sign outside.keys")).ends(0);
    carry(&outside, &inside, "one.bundle");
    let import = |options: &str| {
        inside.run(&format!("bundle import one.bundle --key inside.keys --from {from} {options}"))
    };
    import("").ends(2).saying(&["no index is named for them", "nothing was changed"]);
    import("--guard ours").ends(0).saying(&["4 hashes of leaked passwords"]);
    let status = inside.run("guard status ours --json");
    status.ends(0);
    assert!(status.out().contains("bundle ") && status.out().contains("leaked"), "{}", status.out());
    import("--guard ours").ends(0).saying(&["taken before"]);
    // An index that was lost, or could not be written, comes back with the same bundle.
    fs::remove_dir_all(inside.folder.path("ours")).unwrap();
    import("--guard ours").ends(0).saying(&["taken before", "4 hashes of leaked passwords"]);
    import("").ends(0).saying(&["nothing is changed"]);
    inside.run("guard import ours own.txt --format words").ends(0);
    // The next one takes the place of what the first has brought; what is the index's own stays.
    outside.folder.write("more.txt", "a third one\n");
    outside.run("guard import leaked more.txt --format words").ends(0);
    outside.run(&format!("bundle export two.bundle --guard leaked --to {to} --sign outside.keys")).ends(0);
    carry(&outside, &inside, "two.bundle");
    inside
        .run(&format!("bundle import two.bundle --key inside.keys --from {from} --guard ours"))
        .ends(0)
        .saying(&["6 hashes"]);
    inside.run("guard verify ours").ends(0);
    // Nothing is left beside it.
    assert!(
        inside.folder.names().iter().all(|name| !name.starts_with(".mizumori")),
        "{:?}",
        inside.folder.names()
    );
    outside
        .run(&format!("bundle export x.bundle --guard none --to {to} --sign outside.keys"))
        .ends(2)
        .saying(&["none"]);
}

#[cfg(feature = "guard")]
#[test]
fn a_damaged_index_is_seen_before_anything_is_taken() {
    let (outside, inside, [to, from]) = networks();
    for (name, word) in [("leaked", "something that leaked\n"), ("more", "another one\n")] {
        outside.folder.write("words.txt", word);
        outside.run(&format!("guard import {name} words.txt --format words")).ends(0);
    }
    // Of the second a file is not what it was.
    let data = fs::read_dir(outside.folder.path("more"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.is_file()
                && path.file_name().unwrap() != "index.json"
                && fs::metadata(path).unwrap().len() > 64
        })
        .unwrap();
    let mut bytes = fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&data).unwrap();
    fs::write(&data, bytes).unwrap();
    let export =
        format!("bundle export --all one.bundle --guard leaked --guard more --to {to} --sign outside.keys");
    outside.run(&export).ends(0);
    carry(&outside, &inside, "one.bundle");
    let import = format!("bundle import one.bundle --key inside.keys --from {from}");
    let before = inside.audited(0).len();
    inside
        .run(&format!("{import} --guard ours"))
        .ends(2)
        .saying(&["`more` in the bundle was damaged", "nothing was changed"]);
    assert_eq!((inside.audited(0).len(), inside.list("finding list suigen").len()), (before, 0));
    assert!(!inside.folder.path("ours").exists(), "nor is the first of them taken");
    inside.run(&format!("{import} --without-guard")).ends(0).saying(&["1 findings are new"]);
}
