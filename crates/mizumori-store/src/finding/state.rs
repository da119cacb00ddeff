//! What a finding can be.

/// Where a finding is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nobody has been told.
    New,
    /// Somebody has been told.
    Notified,
    /// Somebody has said that it is so.
    Confirmed,
    /// The password was changed.
    Changed,
    /// It is over.
    Closed,
    /// The account is disabled.
    InactiveAccount,
    /// The password was changed after it leaked, before anybody was told.
    AlreadyChanged,
    /// The account belonged to somebody else when it leaked.
    FormerHolder,
    /// It is none.
    FalsePositive,
    /// Somebody lives with it.
    RiskAccepted,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::Notified,
        Self::Confirmed,
        Self::Changed,
        Self::Closed,
        Self::InactiveAccount,
        Self::AlreadyChanged,
        Self::FormerHolder,
        Self::FalsePositive,
        Self::RiskAccepted,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Notified => "notified",
            Self::Confirmed => "confirmed",
            Self::Changed => "changed",
            Self::Closed => "closed",
            Self::InactiveAccount => "inactive-account",
            Self::AlreadyChanged => "already-changed",
            Self::FormerHolder => "former-holder",
            Self::FalsePositive => "false-positive",
            Self::RiskAccepted => "risk-accepted",
        }
    }

    /// The state of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nobody has to do anything any more.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::New | Self::Notified | Self::Confirmed)
    }

    /// Whether a finding that is this can become `next`. What is settled can be taken up again; nothing goes back to `new`.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (_, Self::New) => false,
            // Taken up again, or told for the first time.
            (Self::Confirmed, Self::Notified) => false,
            (Self::Changed, Self::Closed) => true,
            (from, Self::Notified | Self::Confirmed) => from as u8 != next as u8,
            (from, _) => !from.is_settled(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for state in State::ALL {
            assert_eq!(State::of(state.as_str()), Some(state));
        }
    }

    #[test]
    fn steps() {
        for from in State::ALL {
            assert!(!from.may_become(State::New) && !from.may_become(from), "{from:?}");
            // Whatever was settled can be taken up again, and nothing that is settled is settled otherwise.
            assert_eq!(from.may_become(State::FalsePositive), !from.is_settled(), "{from:?}");
            assert!(!from.is_settled() || from.may_become(State::Confirmed), "{from:?}");
        }
        assert!(State::New.may_become(State::InactiveAccount) && State::Changed.may_become(State::Closed));
        assert!(!State::Closed.may_become(State::Changed) && !State::Confirmed.may_become(State::Notified));
    }
}
