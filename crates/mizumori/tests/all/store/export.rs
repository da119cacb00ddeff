//! `mizumori finding export`: read by the programs that others read exports with.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::channel::found;
use super::{Kept, on_both};

/// Where the test command puts it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/python/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mizumori-respond/tests/all/verify_exports.py");

fn export(kept: &Kept, more: &str) -> Value {
    let run = kept.run(&format!("finding export suigen {more}"));
    run.ends(0).quietly();
    run.json()
}

#[test]
fn is_read_by_others() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    let empty = [export(&kept, "--format stix"), export(&kept, "--format misp")];
    kept.work(found);
    let all = |form: &str| {
        ["", "--addresses", "--tlp clear --open", "--addresses --tlp red --at-least session"]
            .map(|more| export(&kept, &format!("--format {form} {more}")))
    };
    let [stix, misp] = ["stix", "misp"].map(|form| all(form).to_vec());
    let [no_stix, no_misp] = empty;
    let (stix, misp) = ([stix, vec![no_stix]].concat(), [misp, vec![no_misp]].concat());
    let given = json!({ "stix": stix, "misp": misp });
    if std::env::var_os("MIZUMORI_WITHOUT_CLIENTS").is_some() {
        return;
    }
    let mut child = Command::new(PYTHON)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python is missing: `cargo xtask test` fetches it");
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "5 5\n");
}

#[test]
fn names_nobody_unless_it_is_asked_for() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        let finding = kept.work(found);
        let tag = "00000000000000010000000000000002";
        for form in ["misp", "stix", "ocsf"] {
            let hidden = export(kept, &format!("--format {form}")).to_string();
            assert!(!hidden.contains('@') && hidden.contains(finding.reference.as_str()), "{hidden}");
            assert_eq!(hidden.contains(tag), form == "ocsf", "{hidden}");
            assert!(hidden.to_lowercase().contains("amber+strict"), "{hidden}");
            let shown = export(kept, &format!("--format {form} --addresses --tlp amber")).to_string();
            assert!(shown.contains("hanako@suigen.example"), "{shown}");
            assert!(!shown.to_lowercase().contains("strict"), "{shown}");
        }
        let event = export(kept, "--format ocsf");
        assert_eq!(
            (&event["class_uid"], &event["activity_id"], &event["status_id"]),
            (&2004.into(), &1.into(), &1.into())
        );
        kept.run(&format!("finding mark suigen {} closed --why done", finding.reference)).ends(0);
        let event = export(kept, "--format ocsf");
        assert_eq!((&event["activity_id"], &event["status_id"]), (&3.into(), &4.into()));
        kept.run("finding export suigen --format ocsf --open").ends(0).quietly();
        assert_eq!(kept.run("finding export suigen --format ocsf --open").out(), "");
        let audited = kept.audited(1);
        assert_eq!(audited[0], ["finding export", "suigen", "misp TLP:AMBER+STRICT 1 findings"]);
        assert_eq!(audited[1], ["finding export", "suigen", "misp TLP:AMBER 1 findings addresses"]);
    });
}

#[test]
fn a_file_is_for_its_owner() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full").organisation("try", "evaluation");
    kept.work(found);
    kept.run("finding export suigen --format stix --output all.json").ends(0).quietly();
    let written: Value = serde_json::from_str(&kept.folder.read("all.json")).unwrap();
    assert_eq!(written["type"], "bundle");
    let mode =
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(kept.folder.path("all.json")).unwrap());
    assert_eq!(mode & 0o077, 0);
    kept.run("finding export suigen --format stix --output all.json").ends(2).saying(&["never replaced"]);
    assert_eq!(kept.audited(2).len(), 1);
    for (wrong, says) in [
        ("other --format misp", "no organisation `other`"),
        ("try --format misp", "this edition does not have that"),
        ("suigen --format csv", "invalid value"),
        ("suigen --format misp --tlp white", "amber+strict"),
        ("suigen --format misp --at-least bad", "stealer-log"),
        ("suigen --format misp --organisation-uuid 1", "UUID"),
    ] {
        kept.run(&format!("finding export {wrong}")).ends(2).saying(&[says]);
    }
    let known = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let event = export(&kept, &format!("--format misp --organisation-uuid {known}"));
    assert_eq!(event["Event"]["Orgc"]["uuid"], known);
    // Another organisation's findings are its own.
    kept.organisation("mori", "full");
    let theirs = kept.run("finding export mori --format misp").json();
    assert_eq!(theirs["Event"]["Object"].as_array().map(Vec::len), Some(0));
}
