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
    /// What is known when these were asked for: nothing where there are none.
    pub fn among(asked: &[String], is_in: impl Fn(&str) -> bool) -> Self {
        if asked.is_empty() {
            return Self::Unknown;
        }
        let found = asked.iter().filter(|name| is_in(name)).cloned().collect();
        Self::Some { asked: asked.to_vec(), found }
    }

    /// Those that it is known to be in.
    pub fn known(&self) -> &[String] {
        match self {
            Self::Unknown => &[],
            Self::All(names) => names,
            Self::Some { found, .. } => found,
        }
    }

    /// Whether it is known whether it is in a group, by a name as [`is_same_name`] compares them.
    pub fn tell_of(&self, name: &str) -> bool {
        match self {
            Self::Unknown => false,
            Self::All(_) => true,
            Self::Some { asked, .. } => asked.iter().any(|other| is_same_name(other, name)),
        }
    }
}

/// Whether two names are one, as directories compare them: case and what stands around them do not matter.
pub fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
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
        let asked = ["staff".to_owned(), "keepers".to_owned()];
        let among = Groups::among(&asked, |name| name == "staff");
        assert!(among.tell_of("keepers") && among.known() == ["staff"]);
        assert_eq!(Groups::among(&[], |_| true), Groups::Unknown, "nothing was asked");
    }
}
