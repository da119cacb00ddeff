//! Names in the repository: no file name that looks like dump text, and no path of somebody's machine in a file.
//!
//! A file name is shown in listings, logs and reports, so an address in one is an address published.

use super::Violation;
use crate::repository::Tree;

/// Folders at a machine's root in which people and build machines keep their checkouts. In pieces, since this
/// file is checked too.
const MACHINE_FOLDERS: &[&str] =
    &[concat!("/", "home", "/"), concat!("/", "root", "/"), concat!("/", "work", "/")];

/// No file name looks like dump text.
pub(super) fn check_file_names(tree: &Tree) -> Vec<Violation> {
    tree.paths()
        .filter(|path| path.contains(['@', '＠']))
        .map(|path| Violation::of_file(path, "an `@` in a file name looks like an address from a dump"))
        .collect()
}

/// No text names an absolute path of a machine. A path inside a URL (`https://a.example/home/x`) is none.
pub(super) fn check_machine_paths(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            for folder in MACHINE_FOLDERS {
                let absolute = line.match_indices(folder).any(|(at, _)| {
                    let before = line.get(..at).unwrap_or_default();
                    !before.ends_with(|c: char| c.is_alphanumeric() || "._-~*?}>]".contains(c))
                });
                if absolute {
                    let message = format!("names a path below `{folder}`: it is not there on other machines");
                    violations.push(Violation::at(path, index + 1, message));
                }
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        let tree = Tree::of(&[("tests/golden/list.txt", ""), ("tests/golden/a@b.example.txt", "")]);
        let found = check_file_names(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].path.contains('@'));
    }

    #[test]
    fn machine_paths() {
        let home = |before: &str| format!("{before}{}alice/dumps\n", MACHINE_FOLDERS[0]);
        for (before, expected) in [
            ("", 1),
            ("cd ", 1),
            ("file://", 1),
            ("\"", 1),
            ("https://a.example", 0),
            ("crates/a", 0),
            ("<path>", 0),
            ("../..", 0),
        ] {
            let tree = Tree::of(&[("a.md", &home(before))]);
            assert_eq!(check_machine_paths(&tree).len(), expected, "{before:?}");
        }
    }
}
