//! `mizumori guard check` as programs call it where passwords are set: words of the environment, an index that is not there, a
//! folder that somebody else has chosen.

use std::io::Write;
use std::process::Stdio;

use super::guard::{LEAKED, check, index};

/// What no list here holds.
const OTHER: &str = "a river that never leaked";

#[test]
fn words_come_from_the_environment() {
    let folder = index();
    let with = |name: &str, value: &[u8], password: &str| {
        use std::os::unix::ffi::OsStrExt;
        let mut command = folder.command(&["guard", "check", "index", "--context-env", "PAM_USER"]);
        command.env(name, std::ffi::OsStr::from_bytes(value)).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        folder.wait(child)
    };
    let refused = with("PAM_USER", b"Taro-of-the-River", "taro-of-the-river");
    refused.ends(1).quietly().printing(&["it is a name that belongs here"]);
    with("PAM_USER", b"hana", "taro-of-the-river").ends(0).quietly();
    with("PAM_RUSER", b"taro-of-the-river", "taro-of-the-river").ends(0).quietly();
    // A name in no encoding that we know is no reason to fail.
    with("PAM_USER", b"taro-of-the-riv\xe9r", "taro-of-the-river").ends(0).quietly();
}

#[test]
fn what_cannot_be_checked_is_refused_or_accepted() {
    let folder = index();
    folder.write("no-filter", "x").write("damaged/index.json", "{");
    for there in [&["nowhere"][..], &["damaged"], &["--filter", "no-filter"], &["--filter", "nowhere"]] {
        check(&folder, there, OTHER, 2);
        let told = check(&folder, &[there, &["--accept-unchecked"]].concat(), LEAKED, 0);
        assert!(
            told.starts_with("acceptable\nwhether it has leaked could not be checked\nwarning: "),
            "{told}"
        );
    }
    let accepting = ["nowhere", "--accept-unchecked"];
    // The other rules hold all the same, and what is no password is none.
    assert!(check(&folder, &accepting, "short", 1).contains("too short"));
    check(&folder, &[&accepting[..], &["--context", OTHER]].concat(), OTHER, 1);
    check(&folder, &accepting, "", 2);
    check(&folder, &accepting, "one line\nand another line", 2);
    check(&folder, &["--accept-unchecked"], OTHER, 2);
    let json = [&["guard", "check", "--json"], &accepting[..]].concat();
    let json = folder.run_with_input(&json, OTHER.as_bytes()).ends(0).json();
    assert_eq!((&json["acceptable"], &json["by"]), (&true.into(), &serde_json::Value::Null));
    // Where the index is there, nothing changes.
    assert_eq!(
        check(&folder, &["index", "--accept-unchecked"], LEAKED, 1),
        "refused\nit has leaked: it was seen once\n"
    );
}

#[test]
fn a_nul_behind_the_password_is_no_part_of_it() {
    let folder = index();
    for end in ["\0", "\n\0", "\r\n\0"] {
        check(&folder, &["index"], &format!("{LEAKED}{end}"), 1);
    }
    check(&folder, &["index"], &format!("{LEAKED}\0more"), 0);
}

/// The check runs as root where anybody changes his password: what it said of a bad file there would show lines of it.
#[test]
fn a_folder_that_anybody_chose_has_no_say() {
    let folder = index();
    folder.run(&["guard", "filter", "index", "-o", "filter"]).ends(0);
    folder.write("mizumori.toml", "root:$6$salt$hash:20000:0:99999:7:::\n");
    for there in [&["index"][..], &["--filter", "filter"]] {
        check(&folder, there, LEAKED, 1);
        check(&folder, there, OTHER, 0);
    }
    let mut command = folder.command(&["guard", "check", "index"]);
    command.env("MIZUMORI_CONFIG", "mizumori.toml");
    command.env("MIZUMORI_GUARD", "nowhere").stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(LEAKED.as_bytes()).unwrap();
    folder.wait(child).ends(1).quietly();
}
