//! What a finding can be, and how bad.

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

/// How bad a finding is: what somebody can do with it. The worse one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The address alone.
    Address,
    /// The address, and more of the person.
    Personal,
    /// A hash of the password.
    Hash,
    /// The password in clear.
    Password,
    /// A login to a site of the organisation's own.
    OwnSite,
    /// What malware took from the person's machine, which it may still be on.
    StealerLog,
    /// A session that needs no password.
    Session,
}

impl Severity {
    /// All of them, from the least on.
    pub const ALL: [Self; 7] = [
        Self::Address,
        Self::Personal,
        Self::Hash,
        Self::Password,
        Self::OwnSite,
        Self::StealerLog,
        Self::Session,
    ];

    /// Its number: 1 to 7.
    pub const fn number(self) -> i64 {
        self as i64 + 1
    }

    /// The severity of a number.
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.number() == number)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Personal => "personal",
            Self::Hash => "hash",
            Self::Password => "password",
            Self::OwnSite => "own-site",
            Self::StealerLog => "stealer-log",
            Self::Session => "session",
        }
    }

    /// The severity of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }

    /// One worse, where there is one.
    pub fn worse(self) -> Self {
        Self::of(self.number() + 1).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_come_back() {
        for state in State::ALL {
            assert_eq!(State::of(state.as_str()), Some(state));
        }
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.as_str()), Some(severity));
            assert_eq!(Severity::of(severity.number()), Some(severity));
            assert!(severity.worse() > severity || severity == Severity::Session);
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
