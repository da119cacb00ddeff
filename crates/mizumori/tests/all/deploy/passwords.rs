//! The pages on where passwords are set: their blocks are the same in both languages, the program understands what they have others
//! call, and what they copy is there.

use super::command_line::is_understood;
use super::{text, top};

/// Lines of the fenced blocks of a page, with their numbers.
fn in_blocks(page: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in text(page).lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            found.push((index + 1, line.to_owned()));
        }
    }
    assert!(!inside, "{page}: a block is open");
    found
}

#[test]
fn what_others_are_told_to_call_is_understood() {
    let mut seen = 0;
    for entry in std::fs::read_dir(top().join("docs/passwords")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".ja.md") {
            continue;
        }
        let page = format!("docs/passwords/{name}");
        let english = in_blocks(&page);
        let lines =
            |blocks: &[(usize, String)]| blocks.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>();
        let japanese = in_blocks(&page.replace(".md", ".ja.md"));
        assert_eq!(lines(&english), lines(&japanese), "{page}");
        for (number, line) in english {
            let place = format!("{page}:{number}");
            if let Some((_, arguments)) = line.split_once("mizumori guard ") {
                let words = ["guard"].into_iter().chain(arguments.split_whitespace());
                is_understood(&place, &words.map(str::to_owned).collect::<Vec<_>>());
                seen += 1;
            }
            for file in line.split_whitespace().filter(|word| word.starts_with("deploy/")) {
                assert!(top().join(file).is_file(), "{place} copies {file}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen} are found");
}

/// The page shows the line that is shipped, and that the tests run.
#[test]
fn the_line_on_the_page_is_the_one_that_is_shipped() {
    let profile = text("deploy/pam/mizumori-guard");
    let shipped: Vec<_> = profile.lines().last().unwrap().split_whitespace().collect();
    let page = in_blocks("docs/passwords/pam.md");
    let is_it = |line: &str| line.split_whitespace().skip(1).eq(shipped.iter().copied());
    assert!(page.iter().any(|(_, line)| is_it(line)), "{shipped:?}");
}
