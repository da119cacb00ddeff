//! `mizumori audit`: what was written down, and what is seen of whoever meddles with it.

use serde_json::Value;

use super::backup::{doctored, row_of};
use super::{Kept, on_both, server};

/// Six entries.
fn filled(kept: &Kept) {
    kept.organisation("suigen", "full").organisation("mori", "full");
    kept.run("domain add suigen suigen.example").ends(0);
    kept.run("domain vouch suigen suigen.example --why 書面").ends(0);
    kept.run("org edition set trial --functions findings").ends(0);
    kept.run("rule set mori tell-user enabled=false").ends(0);
}

fn head(kept: &Kept, more: &str) -> String {
    let run = kept.run(&format!("audit head {more}"));
    run.ends(0).quietly();
    run.out().trim().to_owned()
}

#[test]
fn is_shown_and_exported() {
    on_both(|kept| {
        filled(kept);
        let all = kept.list("audit list");
        let numbers: Vec<_> = all.iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        let of = |organisation: &str| {
            let listed = kept.list(&format!("audit list --organisation {organisation} --after 1"));
            listed.iter().map(|entry| entry["number"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((of("suigen"), of("mori"), of("other")), (vec![3, 4], vec![2, 6], vec![]));
        assert!(kept.list("audit list --after 6").is_empty());
        kept.run("audit list").ends(0).printing(&["number  at", "domain vouch", "書面"]);

        kept.run("audit export log.jsonl").ends(0).saying(&["wrote 6 entries"]);
        let exported = kept.folder.read("log.jsonl");
        assert_eq!(exported, kept.run("audit export -").out());
        let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, all);
        // Anybody can check it by what the help says.
        let mut previous = blake3::Hash::from_bytes([0; 32]);
        for entry in &lines {
            previous = hash_of(entry, &previous);
            assert_eq!(entry["hash"], previous.to_hex().as_str());
        }
        assert_eq!(head(kept, ""), format!("6:{previous}"));
        kept.run("audit export nowhere/log.jsonl").ends(2).saying(&["could not write"]);
    });
}

/// The hash of an exported entry, as the help of `audit export` says it.
fn hash_of(entry: &Value, previous: &blake3::Hash) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous.as_bytes());
    for number in ["number", "milliseconds"] {
        hasher.update(&entry[number].as_i64().unwrap().to_le_bytes());
    }
    hasher.update(&[u8::from(!entry["organisation"].is_null())]);
    for text in ["actor", "organisation", "action", "subject", "detail"] {
        let text = entry[text].as_str().unwrap_or_default();
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hasher.finalize()
}

#[test]
fn is_what_was_written() {
    on_both(|kept| {
        kept.organisation("first", "full");
        let first = head(kept, "");
        filled(kept);
        let last = head(kept, "");
        assert!(first.starts_with("1:") && last.starts_with("7:"));
        kept.run("audit verify").ends(0).saying(&["all 7 entries", &last, "keep the head elsewhere"]);
        for kept_head in [&first, &last] {
            let run = kept.run(&format!("audit verify --head {kept_head}"));
            run.ends(0).saying(&["all 7 entries"]);
            assert!(!run.err().contains("hint"));
        }
        for wrong in ["7", "seven:00", "7:00", ":"] {
            kept.run(&format!("audit verify --head {wrong}")).ends(2).saying(&["64 hexadecimal digits"]);
        }
        // That of another log.
        let other = Kept::sqlite();
        other.organisation("other", "full");
        kept.run(&format!("audit verify --head {}", head(&other, "")))
            .ends(1)
            .saying(&["entry 1 is not what it was", "mizumori audit export"]);
        other.run(&format!("audit verify --head {last}")).ends(1).saying(&["entry 2 is missing"]);
    });
}

/// Changes the rows of the audit log in a copy of the store, and checks that.
fn meddled(change: impl Fn(&mut Vec<Value>), head: &str) -> crate::run::Run {
    let kept = Kept::sqlite();
    filled(&kept);
    kept.run("store backup backup").ends(0);
    let backup = doctored(&kept.folder.read("backup"), |lines| {
        let (mut log, rest): (Vec<_>, Vec<_>) =
            std::mem::take(lines).into_iter().partition(|line| line["table"] == "audit");
        change(&mut log);
        lines.extend(rest.into_iter().chain(log));
    });
    kept.folder.write("meddled", backup);
    // It adds an entry of its own at the end: the chain goes on from whatever is there.
    kept.run("store restore meddled --store meddled.db").ends(0);
    kept.run(&format!("audit verify --store meddled.db {head}"))
}

#[test]
fn whoever_meddles_is_seen() {
    let changed = meddled(|log| row_of(&mut log[2])["detail"] = "nothing".into(), "");
    changed.ends(1).saying(&["the audit log is broken: entry 3 does not follow"]);
    meddled(|log| row_of(&mut log[0])["at"] = 0.into(), "").ends(1).saying(&["entry 1 does not follow"]);
    meddled(|log| row_of(&mut log[1])["organisation"] = Value::Null, "")
        .ends(1)
        .saying(&["entry 2 does not"]);
    meddled(|log| drop(log.remove(3)), "").ends(1).saying(&["entry 4 is missing"]);
    meddled(|log| drop(log.remove(0)), "").ends(1).saying(&["entry 1 is missing"]);
    // A hash that is none, and a text that is none: nobody wrote them.
    let short = |log: &mut Vec<Value>| row_of(&mut log[4])["hash"] = serde_json::json!({"bytes": [1, 2, 3]});
    meddled(short, "").ends(1).saying(&["entry 5 does not follow"]);
}

#[test]
fn what_is_missing_at_the_end_is_seen_with_a_head_alone() {
    let kept = Kept::sqlite();
    filled(&kept);
    kept.run("store backup before").ends(0);
    kept.run("rule reset mori tell-user").ends(0);
    let last = head(&kept, "");
    // Somebody takes the last entries back, and lets the log go on.
    kept.run("store restore before --store shorter.db").ends(0);
    kept.run("audit verify --store shorter.db").ends(0);
    kept.run(&format!("audit verify --store shorter.db --head {last}"))
        .ends(1)
        .saying(&["entry 8 is not what it was when its head was kept"]);
}

#[test]
fn whoever_meddles_with_postgresql_is_seen() {
    let Some(server) = server() else { return };
    for (statement, says) in [
        ("UPDATE audit SET actor = 'user nobody' WHERE seq = 4", "entry 4 does not follow"),
        ("DELETE FROM audit WHERE seq = 2", "entry 2 is missing"),
        ("UPDATE audit SET hash = '\\x00' WHERE seq = 5", "entry 5 does not follow"),
    ] {
        let kept = Kept::postgres(&server);
        filled(&kept);
        let last = head(&kept, "");
        server.sql(&kept.url, statement).unwrap();
        kept.run("audit verify").ends(1).saying(&[says]);
        kept.run(&format!("audit verify --head {last}")).ends(1);
    }
    let kept = Kept::postgres(&server);
    filled(&kept);
    let last = head(&kept, "");
    server.sql(&kept.url, "DELETE FROM audit WHERE seq > 4").unwrap();
    kept.run("audit verify").ends(0);
    kept.run(&format!("audit verify --head {last}")).ends(1).saying(&["entry 5 is missing"]);
}
