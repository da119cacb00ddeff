//! `cargo xtask tidy`: what neither the compiler nor clippy sees. Each check is a function of a tree of files (or of
//! cargo's own description of the workspace) that gives the violations it found.
//!
//! It changes nothing, builds nothing and needs no network.

mod documents;
mod layers;
mod names;
mod sources;

use std::fmt;

use anyhow::{Result, bail};

use crate::command::say;
use crate::repository::Tree;

/// Something that is not as it should be, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    path: String,
    /// 1-based; `None` when it is about the file as a whole.
    line: Option<usize>,
    message: String,
}

impl Violation {
    fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, message: message.into() }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// Runs every check over the checkout and reports all violations, not only the first.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::load()?;
    let mut violations = layers::check(&layers::workspace()?);
    violations.extend(sources::check_module_docs(&tree));
    violations.extend(sources::check_attributes(&tree));
    violations.extend(sources::check_lengths(&tree, sources::LONG_FILES));
    violations.extend(names::check_file_names(&tree));
    violations.extend(names::check_machine_paths(&tree));
    violations.extend(documents::check_named_paths(&tree));
    violations.extend(documents::check_readmes(&tree));
    for violation in &violations {
        say(&violation.to_string());
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("tidy found 1 violation"),
        count => bail!("tidy found {count} violations"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_says_where() {
        assert_eq!(Violation::of_file("a.rs", "too long").to_string(), "a.rs: too long");
        assert_eq!(Violation::at("a.rs", 7, "no").to_string(), "a.rs:7: no");
    }
}
