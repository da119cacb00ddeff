//! What every command says of itself: help, completions, usage errors, the check of the machine.

use crate::run::Folder;
use crate::snapshot;

#[test]
#[cfg(all(feature = "lake", feature = "guard", feature = "store"))]
fn help_of_every_command() {
    let folder = Folder::new();
    let mut shown = String::new();
    let commands = [
        "",
        "demo",
        "survey",
        "scan",
        "guard",
        "guard import",
        "guard check",
        "guard verify",
        "guard filter",
        "guard export",
        "guard status",
        "guard private",
        "guard private create",
        "guard private import",
        "guard private status",
        "guard private rotate",
        "guard private retire",
        "guard private forget",
        "ingest",
        "lookup",
        "new",
        "lake",
        "lake status",
        "lake optimize",
        "lake vacuum",
        "lake forget",
        "lake keys",
        "org",
        "org add",
        "org change",
        "org remove",
        "org list",
        "org contact",
        "org contact add",
        "org edition",
        "org edition set",
        "domain",
        "domain add",
        "domain vouch",
        "domain remove",
        "domain list",
        "rule",
        "rule list",
        "rule set",
        "rule reset",
        "notice",
        "notice list",
        "notice retry",
        "notice waiting",
        "audit",
        "audit list",
        "audit export",
        "audit verify",
        "audit head",
        "store",
        "store backup",
        "store restore",
        "store status",
        "doctor",
        "completions",
    ];
    for command in commands {
        for help in ["-h", "--help"] {
            let arguments: Vec<_> = command.split_whitespace().chain([help]).collect();
            let run = folder.run(&arguments);
            run.ends(0).quietly();
            shown += &format!("$ mizumori {}\n{}\n", arguments.join(" "), run.out());
        }
    }
    snapshot::check("help", &shown);
}

#[test]
fn usage_errors() {
    let folder = Folder::new();
    let mut shown = String::new();
    for arguments in [
        &[][..],
        &["bogus"],
        &["survay"],
        &["survey"],
        &["survey", "--form", "json", "x"],
        &["survey", "--format", "xml", "x"],
        &["survey", "--from", "2021-13", "x"],
        &["survey", "--from", "2021", "x"],
        &["survey", "--detail", "account", "x"],
        &["survey", "--lang", "fr", "x"],
        &["survey", "--reveal", "x"],
        &["scan", "--all", "--yes", "x"],
        &["scan", "--all", "--threads", "0", "x"],
        &["scan", "--all", "--threads", "many", "x"],
        &["completions"],
        &["completions", "cmd"],
    ] {
        let run = folder.run(arguments);
        run.ends(2);
        assert_eq!(run.out(), "");
        shown += &format!("$ mizumori {}\n{}\n", arguments.join(" "), run.err());
    }
    snapshot::check("usage-errors", &shown);
}

#[test]
fn completions_of_every_shell() {
    let folder = Folder::new();
    for (shell, word) in [
        ("bash", "complete -F _mizumori"),
        ("zsh", "#compdef mizumori"),
        ("fish", "complete -c mizumori"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[mizumori]"),
    ] {
        let run = folder.run(&["completions", shell]);
        run.ends(0).quietly();
        assert!(run.out().contains(word), "{shell}: no `{word}`");
        for option in ["survey", "watch", "discussion", "doctor"] {
            assert!(run.out().contains(option), "{shell}: no `{option}`");
        }
    }
}

#[test]
fn version() {
    let run = Folder::new().run(&["--version"]);
    run.ends(0).quietly();
    assert_eq!(run.out(), concat!("mizumori ", env!("CARGO_PKG_VERSION"), "\n"));
}
