//! What the documents say about the repository: paths they name exist, and the two READMEs tell the same.
//!
//! Only inline code is looked at for paths; a code block shows commands, whose files are the reader's.

use super::Violation;
use crate::repository::Tree;

/// Folders at the top whose paths are checked even when nothing of them is left. A first component that is
/// neither one of these nor a folder of the tree makes no repository path (`text/plain`, `ministry/2019`).
const FOLDERS: &[&str] =
    &[".cargo", ".ci", "benches", "crates", "docs", "fuzz", "incidents", "watchlists", "xtask"];

/// Every repository path in inline code of the documents exists.
pub(super) fn check_named_paths(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (document, text) in tree.texts().filter(|(path, _)| is_document(path)) {
        for (line, code) in inline_code(text) {
            let Some(path) = repository_path(tree, code) else { continue };
            if !tree.has(path) {
                violations.push(Violation::at(
                    document,
                    line,
                    format!("names `{path}`, which does not exist"),
                ));
            }
        }
    }
    violations
}

/// README.md and README.ja.md: both or neither, with as many code blocks.
pub(super) fn check_readmes(tree: &Tree) -> Vec<Violation> {
    let (english, japanese) = ("README.md", "README.ja.md");
    match (tree.text(english), tree.text(japanese)) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![Violation::of_file(japanese, format!("is missing, and {english} exists"))],
        (None, Some(_)) => vec![Violation::of_file(english, format!("is missing, and {japanese} exists"))],
        (Some(en), Some(ja)) => {
            let (en, ja) = (code_blocks(en), code_blocks(ja));
            if en == ja {
                return Vec::new();
            }
            let message = format!("has {ja} code blocks, {english} has {en}: they must tell the same");
            vec![Violation::of_file(japanese, message)]
        }
    }
}

fn is_document(path: &str) -> bool {
    let top_level = !path.contains('/') && (path.starts_with("README") || path == "ARCHITECTURE.md");
    path.ends_with(".md") && (top_level || path.starts_with("docs/"))
}

/// What looks like a path from the repository's top: components without blanks or placeholders, the first of them one
/// of our folders; or a capitalised document at the top. A line number behind it (`a.rs:7`) is cut off.
fn repository_path<'a>(tree: &Tree, code: &'a str) -> Option<&'a str> {
    let path = code.split_once(':').map_or(code, |(path, _)| path);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if path.is_empty() || !path.chars().all(plain) || path.contains("//") || path.contains("...") {
        return None;
    }
    match path.split_once('/') {
        Some((first, _)) => {
            let ours = FOLDERS.contains(&first) || (!first.is_empty() && tree.has(&format!("{first}/")));
            ours.then_some(path)
        }
        None => {
            path.strip_suffix(".md").filter(|stem| stem.chars().all(|c| c.is_ascii_uppercase())).map(|_| path)
        }
    }
}

/// Inline code spans with their 1-based lines, fenced blocks left out. Spans do not cross lines here.
fn inline_code(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence = None;
    for (index, line) in text.lines().enumerate() {
        if toggles_fence(line, &mut fence) || fence.is_some() {
            continue;
        }
        // Pieces between backticks: the odd ones are code.
        found.extend(line.split('`').skip(1).step_by(2).map(|code| (index + 1, code.trim())));
    }
    found
}

fn code_blocks(text: &str) -> usize {
    let mut fence = None;
    text.lines().filter(|line| toggles_fence(line, &mut fence)).count().div_ceil(2)
}

/// Whether this line opens or closes a fenced block; `fence` holds the open fence's marks.
fn toggles_fence<'a>(line: &'a str, fence: &mut Option<&'a str>) -> bool {
    let line = line.trim_start();
    let marks = |mark: char| line.get(..line.len() - line.trim_start_matches(mark).len()).unwrap_or_default();
    let run = if line.starts_with('~') { marks('~') } else { marks('`') };
    match *fence {
        None if run.len() >= 3 => *fence = Some(run),
        Some(open) if run.starts_with(open) && line.trim_end() == run => *fence = None,
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(document: &str) -> Tree {
        Tree::of(&[("README.md", document), ("crates/a/src/lib.rs", ""), ("golden/x.txt", "")])
    }

    #[test]
    fn named_paths() {
        for (document, expected) in [
            ("See `crates/a/src/lib.rs`, `crates/a/` and `golden/x.txt`.", vec![]),
            ("See `crates/a/src/lib.rs:12`.", vec![]),
            ("See `crates/b` and\n`docs/adr/001-a.md`.", vec![1, 2]),
            ("`golden/y.txt`", vec![1]),
            ("`text/plain` `a/b` `crates/*/src` `crates/<name>` `crates/…`", vec![]),
            ("`source.toml` `Passwords.txt` `README.md` `CHANGES.md`", vec![1]),
            ("```sh\nls `crates/b`\n```\n`crates/c`", vec![4]),
            ("````md\n```\n`crates/b`\n```\n````\n`crates/c`", vec![6]),
            ("`mizumori survey --watch watchlists/none.toml`", vec![]),
            ("https://a.example/crates/b", vec![]),
        ] {
            let found: Vec<usize> =
                check_named_paths(&tree(document)).iter().filter_map(|v| v.line).collect();
            assert_eq!(found, expected, "{document:?}");
        }
    }

    #[test]
    fn only_documents_are_read() {
        let tree = Tree::of(&[("crates/a/README.md", "`crates/b`"), ("docs/adr/1.md", "`crates/b`")]);
        let found = check_named_paths(&tree);
        assert_eq!(found.iter().map(|v| v.path.as_str()).collect::<Vec<_>>(), ["docs/adr/1.md"]);
    }

    #[test]
    fn readmes_tell_the_same() {
        let one = "text\n```sh\nls\n```\n";
        for (files, expected) in [
            (&[][..], 0),
            (&[("README.md", one)], 1),
            (&[("README.ja.md", one)], 1),
            (&[("README.md", one), ("README.ja.md", one)], 0),
            (&[("README.md", one), ("README.ja.md", "text\n")], 1),
            (&[("README.md", one), ("README.ja.md", "~~~\n```\n~~~\n")], 0),
        ] {
            assert_eq!(check_readmes(&Tree::of(files)).len(), expected, "{files:?}");
        }
    }
}
