//! Why nothing can be done to an account, however often it is tried.

use mizumori_directory::Action;

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
    /// It is among those that are never touched.
    #[error("the account, or a group of it, is in `never` of rule `neutralise`: nothing was done")]
    Never,
    /// Those that are never touched are named by their groups too, and whether it is in them is not known.
    #[error(
        "the groups of the account are not known, and `never` of rule `neutralise` names groups: nothing was done"
    )]
    GroupsUnknown,
    /// No directory of this kind does that; what it does.
    #[error("this kind of directory cannot do that: {}", can(.0))]
    CannotAct(&'static [Action]),
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
            Self::Never => {
                Some("take it out of `never` with `mizumori rule set`, or act in the directory itself")
            }
            Self::GroupsUnknown => Some(
                "`mizumori directory sync` asks who is in them; else take them out of `never`, write `user:NAME` for what is no \
                 group, or act in the directory itself",
            ),
            Self::Exempt => {
                Some("its password never expires, or another directory manages it: disable it, or ask there")
            }
            Self::NoDirectory | Self::CannotAct(_) | Self::NoId | Self::NotSupported => None,
        }
    }
}

fn can(actions: &[Action]) -> String {
    let words: Vec<_> = actions.iter().map(|action| action.as_str()).collect();
    match words.is_empty() {
        true => "it is only read".to_owned(),
        false => format!("it can {}", words.join(", ")),
    }
}
