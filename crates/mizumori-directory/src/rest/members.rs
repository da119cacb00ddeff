//! Who is in which of the groups that are asked for, where a service tells it by the groups and not by the people.

use std::collections::HashMap;
use std::future::Future;

use mizumori_core::Groups;

use crate::entry::EntryId;
use crate::error::{DirectoryError, Result};

/// Groups by the names by which they are asked for, and their members by their ids.
#[derive(Debug, Default)]
pub(crate) struct Members {
    asked: Vec<String>,
    /// Places in `asked`.
    of: HashMap<EntryId, Vec<usize>>,
}

impl Members {
    /// Reads who is in each of the groups that are asked for. Of one that we may not see nothing is known.
    pub(crate) async fn read<'n, Who, Told>(names: &'n [String], who: impl Fn(&'n str) -> Who) -> Result<Self>
    where
        Who: Future<Output = Result<Told>>,
        Told: IntoIterator<Item = EntryId>,
    {
        let mut members = Self::default();
        for name in names {
            if let Some(ids) = permitted(who(name).await)? {
                members.add(name, ids);
            }
        }
        Ok(members)
    }

    /// Takes note of a group that could be read, with all of its members. Of one that is nowhere there are none; an id that no entry can
    /// have is nobody's, and not kept.
    pub(crate) fn add(&mut self, name: &str, members: impl IntoIterator<Item = EntryId>) {
        let place = self.asked.len();
        self.asked.push(name.to_owned());
        for member in members {
            let groups = self.of.entry(member).or_default();
            if groups.last() != Some(&place) {
                groups.push(place);
            }
        }
    }

    /// What is known of somebody.
    pub(crate) fn of(&self, id: &EntryId) -> Groups {
        if self.asked.is_empty() {
            return Groups::Unknown;
        }
        let places = self.of.get(id).into_iter().flatten();
        let found = places.filter_map(|place| self.asked.get(*place).cloned()).collect();
        Groups::Some { asked: self.asked.clone(), found }
    }
}

/// The answer to a question about groups, where we may ask it. Where we may not the groups are not known, and the rest is read.
pub(crate) fn permitted<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(DirectoryError::NotPermitted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_not_known() {
        let (mut members, id) = (Members::default(), |text: &str| EntryId::new(text).unwrap());
        assert_eq!(members.of(&id("a")), Groups::Unknown);
        members.add("keepers", ["a", "b", "a"].map(id));
        members.add("nowhere", []);
        members.add("staff", [id("b")]);
        let known = |text| members.of(&id(text)).known().join(" ");
        assert_eq!([known("a"), known("b"), known("c")], ["keepers", "keepers staff", ""]);
        let none = members.of(&id("c"));
        assert!(none.tell_of("nowhere") && !none.tell_of("others"));
    }
}
