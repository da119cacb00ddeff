//! Command lines as they stand in pages and units, and whether the program understands them.

use crate::run::Folder;

/// Gives a command line to the built program with `--help` behind it: it reads every option and value before it helps.
#[track_caller]
pub(super) fn is_understood(place: &str, arguments: &[String]) {
    let folder = Folder::new();
    let run = folder.run(&[arguments, &["--help".to_owned()]].concat());
    assert_eq!(run.code(), Some(0), "{place}: {arguments:?}\n{}", run.shown());
}

/// The simple commands of a line of shell, as words: quotes are taken away, comments and redirections left out.
pub(super) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == '#' && word.is_none() => break,
            None if c.is_whitespace() || "&;|<>".contains(c) => {
                commands.last_mut().unwrap().extend(word.take());
                if "<>".contains(c) {
                    commands.last_mut().unwrap().push(c.to_string());
                } else if !c.is_whitespace() {
                    commands.push(Vec::new());
                }
            }
            None => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "a quote is open: {line}");
    commands.last_mut().unwrap().extend(word);
    for command in &mut commands {
        if let Some(redirection) = command.iter().position(|word| word == "<" || word == ">") {
            command.truncate(redirection);
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// What a command gives to our program, by itself or in a container.
pub(super) fn ours(command: &[String]) -> Option<&[String]> {
    let is_setting = |word: &&String| word.contains('=') && !word.starts_with('-');
    let settings = command.iter().take_while(is_setting).count();
    let (program, rest) = command[settings..].split_first()?;
    if program.rsplit('/').next() == Some("mizumori") {
        return Some(rest);
    }
    if program != "docker" || !rest.iter().any(|word| word == "run") {
        return None;
    }
    let at = rest.iter().position(|word| word == "console" || word.starts_with("mizumori:"))?;
    Some(&rest[at + 1..])
}

#[test]
fn lines_become_commands() {
    for (line, expected) in [
        ("a b", vec![vec!["a", "b"]]),
        ("a 'b c' \"d;e\" # f", vec![vec!["a", "b c", "d;e"]]),
        ("a && b; c | d", vec![vec!["a"], vec!["b"], vec!["c"], vec!["d"]]),
        ("umask 077; a b > c", vec![vec!["umask", "077"], vec!["a", "b"]]),
        ("# nothing", vec![]),
    ] {
        assert_eq!(commands(line), expected, "{line}");
    }
    for (line, expected) in [
        ("mizumori lake status", Some("lake status")),
        ("A=b /usr/local/bin/mizumori doctor", Some("doctor")),
        ("docker run --rm mizumori:1.2.3 cluster key", Some("cluster key")),
        ("docker compose run --rm console lake status", Some("lake status")),
        ("docker compose up", None),
        ("install target/dist/mizumori", None),
    ] {
        let command = commands(line).remove(0);
        assert_eq!(ours(&command).map(|words| words.join(" ")).as_deref(), expected, "{line}");
    }
}

#[test]
fn what_the_program_does_not_know_is_not_understood() {
    for line in [
        "cluster executor --schedule 10.0.0.1:50050",
        "cluster scheduler --listen everywhere",
        "ingest --follow=yes",
        "follow",
    ] {
        let arguments = commands(line).remove(0);
        assert!(std::panic::catch_unwind(|| is_understood("here", &arguments)).is_err(), "{line}");
    }
}
