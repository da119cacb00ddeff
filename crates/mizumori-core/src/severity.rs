//! How bad a finding is.

use crate::names::Lang;

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

    /// What it is called where people read it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Address, Lang::Ja) => "メールアドレスのみ",
            (Self::Personal, Lang::Ja) => "個人に関する情報",
            (Self::Hash, Lang::Ja) => "ハッシュ化されたパスワード",
            (Self::Password, Lang::Ja) => "平文のパスワード",
            (Self::OwnSite, Lang::Ja) => "組織内システムのパスワード",
            (Self::StealerLog, Lang::Ja) => "端末の情報窃取マルウェア感染",
            (Self::Session, Lang::Ja) => "ログイン状態を引き継げる情報",
            (Self::Address, Lang::En) => "address only",
            (Self::Personal, Lang::En) => "personal data",
            (Self::Hash, Lang::En) => "hashed password",
            (Self::Password, Lang::En) => "password in clear",
            (Self::OwnSite, Lang::En) => "password of one of our own systems",
            (Self::StealerLog, Lang::En) => "machine infected with an information stealer",
            (Self::Session, Lang::En) => "live session",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_come_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.as_str()), Some(severity));
            assert_eq!(Severity::of(severity.number()), Some(severity));
            assert!(severity.worse() > severity || severity == Severity::Session);
        }
    }
}
