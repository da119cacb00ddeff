//! What every command says of itself: help, completions, usage errors, the check of the machine.

use crate::run::Folder;
use crate::snapshot;

#[test]
#[cfg(all(feature = "cluster", feature = "guard", feature = "loop"))]
fn help_of_every_command() {
    let folder = Folder::new();
    let (mut shown, mut commands) = (String::new(), vec![String::new()]);
    // Each help names the commands below it.
    while let Some(command) = commands.pop() {
        for help in ["-h", "--help"] {
            let arguments: Vec<_> = command.split_whitespace().chain([help]).collect();
            let run = folder.run(&arguments);
            run.ends(0).quietly();
            shown += &format!("$ mizumori {}\n{}\n", arguments.join(" "), run.out());
        }
        let help = folder.run(&command.split_whitespace().chain(["-h"]).collect::<Vec<_>>()).out();
        let (_, below) = help.split_once("\nCommands:\n").unwrap_or_default();
        // What a word is for may go on in the next line, further in.
        let names =
            below.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names =
            names.filter_map(|line| line.split(' ').next()).filter(|name| !["", "help"].contains(name));
        let mut names: Vec<_> = names.map(|name| format!("{command} {name}")).collect();
        names.reverse();
        commands.append(&mut names);
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
