//! `mizumori store backup` and `restore`: from each database into each, whole or not at all.

use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};

use super::{Kept, on_both, server};

/// A backup with other lines between its first and its last, which fits them.
pub(super) fn doctored(backup: &str, change: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut lines: Vec<Value> = backup.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = lines.remove(0);
    lines.pop();
    change(&mut lines);
    let rows = lines.len();
    let text: String = std::iter::once(first).chain(lines).map(|line| format!("{line}\n")).collect();
    let hash = blake3::hash(text.as_bytes());
    text + &format!("{}\n", json!({"rows": rows, "blake3": hash.to_hex().as_str()}))
}

/// The row in a line.
pub(super) fn row_of(line: &mut Value) -> &mut Value {
    &mut line["row"]
}

fn filled(kept: &Kept) {
    kept.organisation("suigen", "full");
    kept.run("domain vouch suigen suigen.example --why x").ends(0);
    kept.run("org contact add suigen csirt@suigen.example").ends(0);
    kept.run("rule set suigen tell-user enabled=false").ends(0);
}

#[test]
fn a_store_moves_anywhere() {
    let server = server();
    let fresh = || {
        let postgres = server.as_ref().map(|server| Kept::postgres(server));
        std::iter::once(Kept::sqlite()).chain(postgres)
    };
    for from in fresh() {
        filled(&from);
        from.run("store backup backup").ends(0).saying(&["rows up"]);
        assert_eq!(std::fs::metadata(from.folder.path("backup")).unwrap().mode() & 0o777, 0o600);
        let (backup, said) = (from.folder.read("backup"), from.list("domain list"));
        for into in fresh() {
            into.folder.write("backup", &backup);
            into.run("store restore backup").ends(0).saying(&["restored "]);
            assert_eq!(into.list("domain list"), said);
            assert_eq!(into.list("rule list suigen"), from.list("rule list suigen"));
            assert_eq!(into.list("org contact list suigen").len(), 1);
            // The log goes on where that of the backup ends.
            let log: Vec<_> = into.audited(0).into_iter().map(|[action, ..]| action).collect();
            assert_eq!(log[4..], ["store backup", "store restore"]);
            into.run("audit verify").ends(0);
            into.run("store restore backup").ends(2).saying(&["the store is not empty", "--store"]);
            assert_eq!(into.audited(0).len(), log.len());
        }
    }
}

#[test]
fn by_way_of_a_pipe() {
    let kept = Kept::sqlite();
    filled(&kept);
    let out = kept.run("store backup -");
    out.ends(0);
    let restored = kept.folder.run_with_input(&["store", "restore", "-", "--store", "other.db"], out.bytes());
    restored.ends(0);
    assert_eq!(kept.list("org list --store other.db"), kept.list("org list"));
}

#[test]
fn what_is_there_is_never_replaced() {
    on_both(|kept| {
        filled(kept);
        kept.folder.write("there", "something else");
        std::os::unix::fs::symlink("elsewhere", kept.folder.path("link")).unwrap();
        for there in ["there", "link", "."] {
            kept.run(&format!("store backup {there}")).ends(2).saying(&["could not write", "never replaced"]);
        }
        kept.run("store backup nowhere/backup").ends(2).saying(&["could not write `nowhere/backup`"]);
        assert_eq!(kept.folder.read("there"), "something else");
        let names = kept.folder.names();
        assert!(names.iter().all(|name| !name.starts_with(".mizumori") && name != "elsewhere"), "{names:?}");
        // What was not made was not audited either.
        assert_eq!(kept.audited(4).len(), 0);
    });
}

#[test]
fn what_is_not_whole_is_not_restored() {
    on_both(|kept| {
        let source = Kept::sqlite();
        filled(&source);
        source.run("store backup backup").ends(0);
        let backup = source.folder.read("backup");
        for (spoiled, says) in [
            (backup[..backup.len() / 2].to_owned(), "of the backup is not what it should be"),
            (backup.lines().take(4).map(|line| format!("{line}\n")).collect(), "the backup is not whole"),
            (backup.replacen("suigen大学", "mori大学", 1), "the backup is not whole"),
            (backup.replacen("\"schema\":", "\"schema\":9", 1), "has schema"),
            ("{}\n".to_owned(), "line 1 of the backup"),
            (String::new(), "the backup is not whole"),
        ] {
            kept.folder.write("spoiled", &spoiled);
            kept.run("store restore spoiled").ends(2).saying(&[says, "hint: "]);
            assert!(kept.list("org list").is_empty() && kept.audited(0).is_empty());
        }
        kept.run("store restore nowhere").ends(2).saying(&["could not read `nowhere`"]);
        kept.folder.write("backup", &backup);
        kept.run("store restore backup").ends(0);
        assert_eq!(kept.list("org list").len(), 1);
    });
}
