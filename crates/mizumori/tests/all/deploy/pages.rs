//! The pages on deployment: their commands, and the files these copy.

use super::command_line::{commands, is_understood, ours};
use super::{text, top};

/// The commands in the fenced blocks of a page, with their lines.
fn in_blocks(page: &str) -> Vec<(usize, Vec<String>)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in text(page).lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            found.extend(commands(line).into_iter().map(|command| (index + 1, command)));
        }
    }
    assert!(!inside, "{page}: a block is open");
    found
}

#[test]
fn commands_are_understood_and_the_same_in_both_languages() {
    let page = "docs/deploy.md";
    let english = in_blocks(page);
    for (line, command) in &english {
        if let Some(arguments) = ours(command) {
            is_understood(&format!("{page}:{line}"), arguments);
        }
    }
    let ours_of = |blocks: &[(usize, Vec<String>)]| blocks.iter().filter(|(_, c)| ours(c).is_some()).count();
    assert!(ours_of(&english) >= 10, "the commands of {page} are not found any more");
    let words = |blocks: Vec<(usize, Vec<String>)>| blocks.into_iter().map(|(_, c)| c).collect::<Vec<_>>();
    assert_eq!(words(english), words(in_blocks("docs/deploy.ja.md")));
}

#[test]
fn files_that_are_copied_are_there() {
    let mut seen = 0;
    for (line, command) in in_blocks("docs/deploy.md") {
        if command[0] != "cp" {
            continue;
        }
        for name in &command[1..command.len() - 1] {
            let name = match name.strip_prefix("../") {
                Some(name) => name,
                None if name.starts_with("deploy/") => name,
                None => continue,
            };
            seen += 1;
            let path = top().join(name);
            let is_there = match name.rsplit_once("/*") {
                Some((folder, ending)) => std::fs::read_dir(top().join(folder))
                    .unwrap()
                    .any(|entry| entry.unwrap().file_name().to_str().unwrap().ends_with(ending)),
                None => path.is_file(),
            };
            assert!(is_there, "docs/deploy.md:{line} copies {name}");
        }
    }
    assert!(seen >= 5, "only {seen} files are copied");
}
