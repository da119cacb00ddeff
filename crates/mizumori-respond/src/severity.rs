//! How bad a finding is: by what it can do.

use mizumori_core::Lang;

/// What whoever has the leak can do with it, from the least on.
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

    /// The word for it in outputs.
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
