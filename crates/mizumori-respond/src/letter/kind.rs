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
    /// To another address of the account's user, or to who is responsible for him: the mailbox itself may be in other hands.
    UserBeside,
    /// To the administrator: one finding.
    AdminFinding,
    /// To the administrator: a machine that malware took accounts from. Its findings are one case.
    AdminMachine,
    /// To the administrator: many findings, counted.
    AdminDigest,
    /// To the administrator: what was found before the organisation came waits for a decision.
    AdminBacklog,
    /// To the administrator: nobody dealt with a finding in time.
    AdminOverdue,
    /// To the administrator alone: the leak is older than the present holder of the address.
    AdminFormerHolder,
    /// To the administrator: what the rule says is done to an account could not be.
    AdminNotNeutralised,
    /// To the administrator: more accounts are to be acted upon than may be in a day.
    AdminNeutraliseWaits,
    /// To a role address of a domain: the code by which whoever reads it shows that the domain is his.
    DomainCode,
    /// To the administrator: the proof of a domain is not there any more.
    DomainLapsing,
    /// To the administrator: it was away for too long, and the domain is not watched any more.
    DomainLapsed,
    /// To the administrator: the evaluation ends.
    EvaluationEnding,
    /// To the administrator: the evaluation has ended, and what it gathered will be destroyed.
    EvaluationErasing,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::UserFinding,
        Self::UserStealer,
        Self::UserReminder,
        Self::UserBeside,
        Self::AdminFinding,
        Self::AdminMachine,
        Self::AdminDigest,
        Self::AdminBacklog,
        Self::AdminOverdue,
        Self::AdminFormerHolder,
        Self::AdminNotNeutralised,
        Self::AdminNeutraliseWaits,
        Self::DomainCode,
        Self::DomainLapsing,
        Self::DomainLapsed,
        Self::EvaluationEnding,
        Self::EvaluationErasing,
    ];

    /// The word for it in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserFinding => "user-finding",
            Self::UserStealer => "user-stealer",
            Self::UserReminder => "user-reminder",
            Self::UserBeside => "user-beside",
            Self::AdminFinding => "admin-finding",
            Self::AdminMachine => "admin-machine",
            Self::AdminDigest => "admin-digest",
            Self::AdminBacklog => "admin-backlog",
            Self::AdminOverdue => "admin-overdue",
            Self::AdminFormerHolder => "admin-former-holder",
            Self::AdminNotNeutralised => "admin-not-neutralised",
            Self::AdminNeutraliseWaits => "admin-neutralise-waits",
            Self::DomainCode => "domain-code",
            Self::DomainLapsing => "domain-lapsing",
            Self::DomainLapsed => "domain-lapsed",
            Self::EvaluationEnding => "evaluation-ending",
            Self::EvaluationErasing => "evaluation-erasing",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether it goes to the account's user, or to whoever is to tell him, so that it names the account.
    pub const fn names_account(self) -> bool {
        matches!(self, Self::UserFinding | Self::UserStealer | Self::UserReminder | Self::UserBeside)
    }

    /// Whether it is about one finding, or one case.
    pub const fn is_of_one(self) -> bool {
        self.names_account()
            || matches!(
                self,
                Self::AdminFinding
                    | Self::AdminMachine
                    | Self::AdminOverdue
                    | Self::AdminFormerHolder
                    | Self::AdminNotNeutralised
            )
    }

    /// Whether it counts findings.
    pub const fn is_of_many(self) -> bool {
        matches!(
            self,
            Self::AdminMachine
                | Self::AdminDigest
                | Self::AdminBacklog
                | Self::AdminNeutraliseWaits
                | Self::EvaluationEnding
                | Self::EvaluationErasing
        )
    }

    /// Whether it lists findings one by one.
    pub const fn lists(self) -> bool {
        self.is_of_one()
            || matches!(self, Self::AdminDigest | Self::AdminBacklog | Self::AdminNeutraliseWaits)
    }

    /// Whether it is about a domain.
    pub const fn is_of_domain(self) -> bool {
        matches!(self, Self::DomainCode | Self::DomainLapsing | Self::DomainLapsed)
    }

    /// Whether a code is handed over in it.
    pub const fn has_code(self) -> bool {
        matches!(self, Self::DomainCode)
    }

    /// The variables that its template may use.
    pub fn variables(self) -> Vec<&'static str> {
        let mut all = vec!["organisation", "portal", "portal_address", "contact", "deadline", "days"];
        for (is_so, names) in [
            (self.names_account(), &["account"][..]),
            (self.is_of_one(), &ONE),
            (self.is_of_many(), &["count", "counts"]),
            (self.lists(), &["listed"]),
            (self.is_of_domain(), &["domain"]),
            (self.has_code(), &["code"]),
        ] {
            if is_so {
                all.extend(names);
            }
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
            Self::UserBeside => both!("user-beside"),
            Self::AdminFinding => both!("admin-finding"),
            Self::AdminMachine => both!("admin-machine"),
            Self::AdminDigest => both!("admin-digest"),
            Self::AdminBacklog => both!("admin-backlog"),
            Self::AdminOverdue => both!("admin-overdue"),
            Self::AdminFormerHolder => both!("admin-former-holder"),
            Self::AdminNotNeutralised => both!("admin-not-neutralised"),
            Self::AdminNeutraliseWaits => both!("admin-neutralise-waits"),
            Self::DomainCode => both!("domain-code"),
            Self::DomainLapsing => both!("domain-lapsing"),
            Self::DomainLapsed => both!("domain-lapsed"),
            Self::EvaluationEnding => both!("evaluation-ending"),
            Self::EvaluationErasing => both!("evaluation-erasing"),
        }
    }
}

/// Of one finding.
const ONE: [&str; 11] = [
    "reference",
    "when",
    "source",
    "place",
    "site",
    "kind",
    "has_secret",
    "is_session",
    "is_malware",
    "severity",
    "label",
];
