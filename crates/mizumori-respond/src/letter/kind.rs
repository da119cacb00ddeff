//! Which letters there are, what each of them may speak of, and the texts that come with the program.

use mizumori_core::Lang;

/// A kind of letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LetterKind {
    /// To the account's user: a leak was found.
    UserFinding,
    /// To the account's user: malware took it from a machine, which comes first.
    UserStealer,
    /// To the account's user: it is still to be dealt with.
    UserReminder,
    /// To the administrator: one finding.
    AdminFinding,
    /// To the administrator: many findings, counted.
    AdminDigest,
    /// To the administrator: what was found before the organisation came waits for a decision.
    AdminBacklog,
    /// To the administrator: nobody dealt with a finding in time.
    AdminOverdue,
    /// To the administrator alone: the leak is older than the present holder of the address.
    AdminFormerHolder,
    /// To the administrator: the evaluation ends.
    EvaluationEnding,
    /// To the administrator: what the evaluation gathered will be destroyed.
    EvaluationErasing,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::UserFinding,
        Self::UserStealer,
        Self::UserReminder,
        Self::AdminFinding,
        Self::AdminDigest,
        Self::AdminBacklog,
        Self::AdminOverdue,
        Self::AdminFormerHolder,
        Self::EvaluationEnding,
        Self::EvaluationErasing,
    ];

    /// The word for it in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserFinding => "user-finding",
            Self::UserStealer => "user-stealer",
            Self::UserReminder => "user-reminder",
            Self::AdminFinding => "admin-finding",
            Self::AdminDigest => "admin-digest",
            Self::AdminBacklog => "admin-backlog",
            Self::AdminOverdue => "admin-overdue",
            Self::AdminFormerHolder => "admin-former-holder",
            Self::EvaluationEnding => "evaluation-ending",
            Self::EvaluationErasing => "evaluation-erasing",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it goes to the account's user, so that it may name the account.
    pub const fn is_to_user(self) -> bool {
        matches!(self, Self::UserFinding | Self::UserStealer | Self::UserReminder)
    }

    /// Whether it is about one finding.
    pub const fn is_of_one(self) -> bool {
        matches!(
            self,
            Self::UserFinding
                | Self::UserStealer
                | Self::UserReminder
                | Self::AdminFinding
                | Self::AdminOverdue
                | Self::AdminFormerHolder
        )
    }

    /// The variables that its template may use.
    pub fn variables(self) -> Vec<&'static str> {
        let mut all = vec!["organisation", "portal", "portal_address", "contact", "deadline", "days"];
        if self.is_to_user() {
            all.push("account");
        }
        if self.is_of_one() {
            all.extend(ONE);
        } else {
            all.extend(MANY);
        }
        all
    }

    pub(crate) const fn built_in(self, lang: Lang) -> &'static str {
        macro_rules! both {
            ($name:literal) => {
                match lang {
                    Lang::Ja => include_str!(concat!("../../letters/ja/", $name, ".txt")),
                    Lang::En => include_str!(concat!("../../letters/en/", $name, ".txt")),
                }
            };
        }
        match self {
            Self::UserFinding => both!("user-finding"),
            Self::UserStealer => both!("user-stealer"),
            Self::UserReminder => both!("user-reminder"),
            Self::AdminFinding => both!("admin-finding"),
            Self::AdminDigest => both!("admin-digest"),
            Self::AdminBacklog => both!("admin-backlog"),
            Self::AdminOverdue => both!("admin-overdue"),
            Self::AdminFormerHolder => both!("admin-former-holder"),
            Self::EvaluationEnding => both!("evaluation-ending"),
            Self::EvaluationErasing => both!("evaluation-erasing"),
        }
    }
}

/// Of one finding.
const ONE: [&str; 9] =
    ["reference", "when", "source", "place", "site", "kind", "has_secret", "severity", "label"];

/// Of many.
const MANY: [&str; 2] = ["count", "counts"];
