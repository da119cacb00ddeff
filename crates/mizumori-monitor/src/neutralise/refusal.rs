//! Why nothing can be done to an account, however often it is tried.

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No entry has the account.
    #[error("no directory knows the account")]
    Unknown,
    /// More than one entry has it.
    #[error("several entries have the account: nothing was done")]
    Several,
    /// The entry's directory is gone.
    #[error("its directory was removed meanwhile")]
    NoDirectory,
    /// It may do more than others, and nobody has said that it is meant.
    #[error("the account is privileged: nothing was done")]
    Privileged,
    /// No directory of this kind does that.
    #[error("this kind of directory cannot do that")]
    CannotAct,
    /// The directory cannot be asked for it.
    #[error("the entry has no usable id")]
    NoId,
    /// This directory does not do it.
    #[error("the directory cannot do that")]
    NotSupported,
    /// Nor to this account.
    #[error("the directory exempts the account from it")]
    Exempt,
    /// The entry is gone.
    #[error("the directory has no such entry any more")]
    NotFound,
}

impl Refusal {
    /// What the administrator can do, where there is something.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Unknown | Self::NotFound => Some("`mizumori directory sync` reads the directories"),
            Self::Several => Some("put it right in the directories, and read them again"),
            Self::Privileged => {
                Some("--privileged does it all the same; who administers the directory may lock himself out")
            }
            Self::CannotAct => Some("a file is only read; LDAP and SCIM can act"),
            Self::Exempt => {
                Some("its password never expires, or another directory manages it: disable it, or ask there")
            }
            Self::NoDirectory | Self::NoId | Self::NotSupported => None,
        }
    }
}
