//! What every Rust file obeys: it starts with `//!`, allows no lint silently, ignores no test, and is short.
//!
//! Lines are looked at, not syntax: only an attribute at the start of its line is seen, which is where rustfmt
//! puts it.

use super::Violation;
use crate::repository::Tree;

/// Files that may be longer than [`MAX_LINES`], each with its reason.
pub(super) const LONG_FILES: &[(&str, &str)] = &[];

/// A file that is longer does two things.
const MAX_LINES: usize = 500;

/// Attributes that silence something, and what to write instead.
const SILENCERS: &[(&str, &str)] = &[
    ("allow(", "write `#[expect(lint, reason = \"…\")]`, or mend what the lint found"),
    ("ignore", "a test that does not run proves nothing: mend it or delete it"),
];

/// The first line of every Rust file is module documentation.
pub(super) fn check_module_docs(tree: &Tree) -> Vec<Violation> {
    rust_files(tree)
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| {
            Violation::of_file(path, "does not start with `//!`: say what it is and what it is not")
        })
        .collect()
}

/// No `allow` and no `ignore` attribute.
pub(super) fn check_attributes(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in rust_files(tree) {
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let Some(attribute) = line.strip_prefix("#[").or_else(|| line.strip_prefix("#![")) else {
                continue;
            };
            for (silencer, instead) in SILENCERS {
                if attribute.trim_start().starts_with(silencer) {
                    let name = silencer.trim_end_matches('(');
                    violations.push(Violation::at(path, index + 1, format!("`{name}` attribute: {instead}")));
                }
            }
        }
    }
    violations
}

/// No file is longer than [`MAX_LINES`] unless it is listed, and nothing is listed that need not be.
pub(super) fn check_lengths(tree: &Tree, long_files: &[(&str, &str)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in rust_files(tree) {
        let lines = text.lines().count();
        let listed = long_files.iter().any(|(long, _)| *long == path);
        if lines > MAX_LINES && !listed {
            let message = format!("{lines} lines, at most {MAX_LINES}: split it by what its parts do");
            violations.push(Violation::of_file(path, message));
        }
        if lines <= MAX_LINES && listed {
            violations.push(Violation::of_file(path, "is listed as long and is not: take it off the list"));
        }
    }
    for (path, reason) in long_files {
        if !tree.has(path) {
            violations.push(Violation::of_file(path, "is listed as long and does not exist"));
        }
        if reason.trim().is_empty() {
            violations.push(Violation::of_file(path, "is listed as long without a reason"));
        }
    }
    violations
}

fn rust_files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.texts().filter(|(path, _)| path.ends_with(".rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_docs() {
        let check = |text: &str| check_module_docs(&Tree::of(&[("a.rs", text), ("b.md", "text")])).len();
        for (text, expected) in
            [("//! Yes.\n", 0), ("// No.\n", 1), ("", 1), ("\n//! Late.\n", 1), ("use a;\n//! Late.\n", 1)]
        {
            assert_eq!(check(text), expected, "{text:?}");
        }
    }

    #[test]
    fn attributes() {
        let check = |text: &str| {
            let tree = Tree::of(&[("a.rs", text), ("a.md", "#[ignore]")]);
            check_attributes(&tree).iter().map(|violation| violation.line).collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("//! A.\n#[expect(dead_code, reason = \"\")]\n", vec![]),
            ("//! A.\n#[allow(dead_code)]\n", vec![Some(2)]),
            ("#![allow(dead_code)]\n", vec![Some(1)]),
            ("//! A.\n    #[ignore]\n    #[ignore = \"slow\"]\n", vec![Some(2), Some(3)]),
            ("let text = \"#[ignore]\";\n", vec![]),
            ("// #[allow(x)]\n", vec![]),
        ] {
            assert_eq!(check(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lengths() {
        let long = "//! Long.\n".repeat(MAX_LINES + 1);
        let tree = Tree::of(&[("long.rs", &long), ("short.rs", "//! Short.\n")]);
        let check = |list: &[(&str, &str)]| check_lengths(&tree, list).len();
        assert_eq!(check(&[]), 1);
        assert_eq!(check(&[("long.rs", "a table")]), 0);
        assert_eq!(check(&[("long.rs", " ")]), 1);
        assert_eq!(check(&[("long.rs", "a table"), ("short.rs", "none")]), 1);
        assert_eq!(check(&[("long.rs", "a table"), ("gone.rs", "none")]), 1);
    }
}
