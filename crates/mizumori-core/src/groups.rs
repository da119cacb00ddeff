//! What is known of the groups that an account is in.
//!
//! Not all that a directory knows is asked for, and not all of them tell: what is not known is said, so that nobody takes it for a no.

/// What a directory has told of an account's groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Groups {
    /// Nothing.
    #[default]
    Unknown,
    /// All of them: distinguished names, or display names.
    All(Vec<String>),
    /// Of some, by the names by which they were asked for.
    Some {
        /// Those that were asked for.
        asked: Vec<String>,
        /// Those of them that it is in.
        found: Vec<String>,
    },
}

impl Groups {
    /// Those that it is known to be in.
    pub fn known(&self) -> &[String] {
        match self {
            Self::Unknown => &[],
            Self::All(names) => names,
            Self::Some { found, .. } => found,
        }
    }

    /// Whether it is known whether it is in a group. Case and what stands around a name do not matter.
    pub fn tell_of(&self, name: &str) -> bool {
        let is_asked = |other: &String| other.trim().to_lowercase() == name.trim().to_lowercase();
        match self {
            Self::Unknown => false,
            Self::All(_) => true,
            Self::Some { asked, .. } => asked.iter().any(is_asked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_no() {
        let all = Groups::All(vec!["staff".to_owned()]);
        assert!(all.tell_of("keepers") && all.known() == ["staff"]);
        let some = Groups::Some {
            asked: vec!["Keepers".to_owned(), "staff".to_owned()],
            found: vec!["staff".to_owned()],
        };
        assert!(some.tell_of(" keepers ") && !some.tell_of("others") && some.known() == ["staff"]);
        assert!(!Groups::Unknown.tell_of("keepers") && Groups::Unknown.known().is_empty());
    }
}
