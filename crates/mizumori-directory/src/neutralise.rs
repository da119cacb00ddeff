//! Closing an account's leak in its directory.
//!
//! Every action may be asked for again: it ends in the same state. None sets, reads or tries a password. Whether an action took
//! effect is seen by looking at the entry again, which is the caller's to do; some directories answer before they are done.

use async_trait::async_trait;

use crate::directory::Lookup;
use crate::entry::Whom;
use crate::error::Result;

/// What can be done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The password must be changed at the next sign-on.
    ForceChange,
    /// The account cannot be signed in to until an administrator says so.
    Disable,
    /// Whoever is signed in is no longer.
    EndSessions,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ForceChange, Self::Disable, Self::EndSessions];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForceChange => "force-change",
            Self::Disable => "disable",
            Self::EndSessions => "end-sessions",
        }
    }

    /// The action of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// How an action ended where nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is done, or was already.
    Done,
    /// This kind of directory cannot do it.
    NotSupported,
    /// The directory exempts this account from it: a password that never expires, a smart card in its place, an account that
    /// another directory manages. Nothing was done.
    Exempt,
    /// There is no such entry, or none any more.
    NotFound,
}

/// A directory in which accounts can be neutralised.
#[async_trait]
pub trait Neutralise: Lookup {
    /// What it can do, for a preview. Whether it lets *us* do it is seen when it is tried.
    fn actions(&self) -> &'static [Action];

    /// Forces a change of the password at the next sign-on.
    ///
    /// # Errors
    /// When the directory cannot be asked or refuses.
    async fn force_change(&self, whom: &Whom) -> Result<Outcome>;

    /// Disables the account.
    ///
    /// # Errors
    /// When the directory cannot be asked or refuses.
    async fn disable(&self, whom: &Whom) -> Result<Outcome>;

    /// Ends the account's sessions.
    ///
    /// # Errors
    /// When the directory cannot be asked or refuses.
    async fn end_sessions(&self, whom: &Whom) -> Result<Outcome>;

    /// Does one of the three.
    ///
    /// # Errors
    /// As the action itself.
    async fn act(&self, action: Action, whom: &Whom) -> Result<Outcome> {
        match action {
            Action::ForceChange => self.force_change(whom).await,
            Action::Disable => self.disable(whom).await,
            Action::EndSessions => self.end_sessions(whom).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(action));
        }
        assert_eq!(Action::parse("destroy"), None);
    }
}
