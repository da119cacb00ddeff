//! What is different on a terminal: colours, the question of `--reveal`, the table.

use std::process::Stdio;

use crate::terminal::Terminal;
use crate::world;

#[test]
fn colours_are_for_terminals() {
    let folder = world::folder(&[]);
    for (no_colour, is_coloured) in [(None, true), (Some(""), true), (Some("1"), false)] {
        for arguments in [&["survey", "x"][..], &["bogus"]] {
            let terminal = Terminal::new();
            let mut command = folder.command(arguments);
            command.env("TERM", "xterm").stderr(terminal.end());
            if let Some(value) = no_colour {
                command.env("NO_COLOR", value);
            }
            let status = command.status().unwrap();
            drop(command);
            assert_eq!(status.code(), Some(2));
            let shown = terminal.shown();
            assert!(shown.contains("error:"), "{shown}");
            assert_eq!(shown.contains('\u{1b}'), is_coloured, "NO_COLOR={no_colour:?}: {shown:?}");
        }
    }
}

#[test]
fn revealing_asks() {
    let folder = world::folder(&[("a.txt", "taro@suigen.example:himitsu123\n")]);
    for (answer, code) in [("yes\n", 0), ("no\n", 2), ("\n", 2), ("y\n", 2)] {
        let mut terminal = Terminal::new();
        let mut command = folder.command(&["scan", "--all", "--reveal", "a.txt"]);
        command.stdin(terminal.end()).stderr(terminal.end()).stdout(Stdio::piped());
        terminal.types(answer);
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        drop(command);
        assert_eq!(output.status.code(), Some(code), "{answer:?}");
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(out.contains("himitsu123"), code == 0, "{answer:?}");
        assert!(terminal.shown().contains("Type yes"));
    }
}

#[test]
fn a_table_is_shown_on_a_terminal() {
    let folder = world::folder(&[("a.txt", "taro@suigen.example:himitsu123\n")]);
    let terminal = Terminal::new();
    let mut command = folder.command(&["scan", "--watch", "list.toml", "a.txt"]);
    command.stdout(terminal.end());
    assert!(command.status().unwrap().success());
    drop(command);
    let shown = terminal.shown();
    assert!(shown.starts_with("account or login "), "{shown}");
    assert!(shown.contains("suigen (by account)"), "{shown}");
}

#[test]
fn progress_is_for_terminals() {
    let folder = world::folder(&[("a.txt", "taro@suigen.example:himitsu123\n")]);
    let terminal = Terminal::new();
    let mut command = folder.command(&["survey", "--watch", "list.toml", "a.txt"]);
    command.env("TERM", "xterm").stderr(terminal.end()).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    drop(command);
    // What a bar drew is cleared again: nothing of it stays.
    let shown = terminal.shown();
    assert!(!shown.contains("error"), "{shown:?}");
    assert!(shown.is_empty() || shown.contains('\u{1b}'), "{shown:?}");
}
