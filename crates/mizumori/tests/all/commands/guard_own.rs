//! `mizumori guard check --account`: what leaked with an account is refused, whether or not an index has it.

use crate::run::Folder;

/// The MD5 of `kawa-no-mizu-2019`.
const MD5: &str = "c35ec4183e95503c65e7fa1663d9c61d";
/// The SHA-1 of `KAWA-no-kaze-2020`, in upper case.
const SHA1: &str = "D5962FA58464A656DF756C8CA90E7F98ED6FBB8C";
/// A bcrypt hash of `kawa-no-ishi-2021`, of cost 4.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuOy4FC04CmuebC7i3KkAdxOnfBqj4MSq";

const WATCH: &str = "[[category]]\nid = 'c'\nname = 'c'\n\n[[organisation]]\nid = 'suigen'\ncategory = 'c'\nname = 'suigen'\n\
                     domains = ['suigen.example']\n";

/// A lake of what leaked with an account, at a level, and an index of something else.
fn world(level: &str) -> Folder {
    let folder = Folder::new();
    let secrets = ["himitsu-no-kotoba", MD5, SHA1, BCRYPT];
    let lines: String = secrets.iter().map(|secret| format!("taro@suigen.example:{secret}\n")).collect();
    folder.write("dumps/list.txt", lines + "hana@suigen.example:hana-no-kotoba-desu\n");
    folder.write("dumps/source.toml", "id = 'list'\nleaked = '2021-04'\n");
    folder.write("list.toml", WATCH).write("words.txt", "another-word-that-leaked\n");
    // The first one makes the lake, and its key ring; without a key of the domain nothing is sealed.
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml", "--level", level, "dumps"];
    folder.run_with_keys(&ingest).ends(0);
    if level == "sealed" {
        folder.run_with_keys(&["lake", "keys", "add", "--lake", "lake", "suigen.example"]).ends(0);
        folder.run_with_keys(&ingest).ends(0);
    }
    folder.run(&["guard", "import", "index", "words.txt"]).ends(0);
    folder
}

/// The check's exit code and what it says.
fn check(folder: &Folder, more: &[&str], password: &str) -> (Option<i32>, String) {
    use std::io::Write;
    let arguments = [&["guard", "check", "index", "--lake", "lake"], more].concat();
    let mut command = folder.command_with_keys(&arguments);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    let run = folder.wait(child);
    (run.code(), run.out() + &run.err())
}

#[test]
fn what_leaked_with_the_account_is_refused() {
    let of_taro = ["--account", "Taro@Suigen.example"];
    for (level, salted) in [("tags", 0), ("sealed", 1)] {
        let folder = world(level);
        for (password, code) in [
            ("himitsu-no-kotoba", 1),
            // Full-width letters, which are the same after NFKC.
            ("ｈｉｍｉｔｓｕ-no-kotoba", 1),
            ("kawa-no-mizu-2019", 1),
            ("KAWA-no-kaze-2020", 1),
            // A salt has to be read: tags do not show it.
            ("kawa-no-ishi-2021", salted),
            ("kawa-no-kaze-2020", 0),
            // It leaked with another account.
            ("hana-no-kotoba-desu", 0),
        ] {
            let (ended, said) = check(&folder, &of_taro, password);
            assert_eq!(ended, Some(code), "{level} {password}: {said}");
            let told = "it has leaked with this account: in one exposure\n";
            assert_eq!(said.contains(told), code == 1, "{said}");
        }
        // Who says no account is told of the index alone.
        assert_eq!(check(&folder, &[], "himitsu-no-kotoba").0, Some(0));
        assert_eq!(check(&folder, &of_taro, "another-word-that-leaked").0, Some(1));
    }
}

#[test]
fn what_cannot_be_looked_up_is_no_verdict() {
    let folder = world("tags");
    let (ended, said) = check(&folder, &["--account", "no account"], "himitsu-no-kotoba");
    assert!(ended == Some(2) && said.contains("this is no account"), "{said}");
    let of_taro = ["guard", "check", "index", "--account", "taro@suigen.example"];
    folder.run_with_input(&of_taro, b"himitsu-no-kotoba").ends(2).saying(&["no lake is named"]);
    let nowhere = [&of_taro[..], &["--lake", "nowhere"]].concat();
    folder.run_with_input(&nowhere, b"himitsu-no-kotoba").ends(2).saying(&["there is no lake"]);
}
