//! How a command ended, and the exit code that says so.

use std::process::ExitCode;

use mizumori_core::ErrorClass;

use crate::tidings;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done.
    Done,
    /// Done; something was found, and the caller wanted to know. Of a password: it is refused; of an audit log: it is broken.
    #[cfg_attr(
        not(any(feature = "scan", feature = "guard", feature = "store")),
        expect(
            dead_code,
            reason = "only a scan fails on findings, only a guard refuses, only an audit log is broken"
        )
    )]
    Found,
    /// It could not be done.
    Failed,
    /// Done, but some input could not be read.
    Partly,
    /// Interrupted.
    Interrupted,
}

impl Outcome {
    /// The exit code.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Failed => 2,
            Self::Partly => 3,
            Self::Interrupted => 130,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    error: anyhow::Error,
    hint: Option<String>,
    outcome: Outcome,
}

impl Failure {
    /// A failure that the user can mend.
    pub(crate) fn new(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), hint: None, outcome: Outcome::Failed }
    }

    /// The same, in words.
    pub(crate) fn say(what: impl Into<String>) -> Self {
        Self { error: anyhow::Error::msg(what.into()), hint: None, outcome: Outcome::Failed }
    }

    /// With the next thing to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Tells it, and says how the command ended. Somebody who closed the pipe has seen enough.
    pub(crate) fn tell(&self) -> Outcome {
        if self.is_broken_pipe() {
            return Outcome::Done;
        }
        if self.outcome == Outcome::Interrupted {
            tidings::warning(&self.in_words());
            return self.outcome;
        }
        tidings::error(&self.in_words());
        if let Some(hint) = &self.hint {
            tidings::hint(hint);
        }
        self.outcome
    }

    /// The next thing to do, where there is one.
    #[cfg(any(feature = "lake", feature = "monitor"))]
    pub(crate) fn next(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error with its causes.
    pub(crate) fn in_words(&self) -> String {
        let mut words = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            // Some errors say their cause themselves.
            if !words.contains(&cause) {
                let between = if words.is_empty() { "" } else { ": " };
                words.push_str(between);
                words.push_str(&cause);
            }
        }
        words
    }

    /// The error alone.
    #[cfg(any(feature = "sql", feature = "loop"))]
    pub(crate) fn into_error(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.error.into()
    }

    /// What was wrong with a lake, where that is it.
    #[cfg(feature = "cluster")]
    pub(crate) fn of_lake(&self) -> Option<&mizumori_lake::LakeError> {
        self.error.downcast_ref()
    }

    fn is_broken_pipe(&self) -> bool {
        self.error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
            .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl From<mizumori_survey::SurveyError> for Failure {
    fn from(error: mizumori_survey::SurveyError) -> Self {
        let hint = error.hint().map(str::to_owned);
        let class = error.class();
        let failure = Self { hint, ..Self::new(error) };
        if class == ErrorClass::Internal {
            failure.hint("this is a defect of mizumori: please report it")
        } else {
            failure
        }
    }
}

#[cfg(feature = "guard")]
impl From<mizumori_guard::GuardError> for Failure {
    fn from(error: mizumori_guard::GuardError) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(error) }
    }
}

#[cfg(feature = "serve")]
impl From<mizumori_web::WebError> for Failure {
    fn from(error: mizumori_web::WebError) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(error) }
    }
}

#[cfg(feature = "lake")]
impl From<mizumori_lake::LakeError> for Failure {
    fn from(error: mizumori_lake::LakeError) -> Self {
        let hint = error.hint();
        let outcome = match error.class() {
            ErrorClass::Interrupted => Outcome::Interrupted,
            _ => Outcome::Failed,
        };
        Self { error: error.into(), hint, outcome }
    }
}

#[cfg(feature = "lake")]
impl From<mizumori_lake::StoreError> for Failure {
    fn from(error: mizumori_lake::StoreError) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(error) }
    }
}

#[cfg(feature = "cluster")]
impl From<mizumori_cluster::ClusterError> for Failure {
    fn from(error: mizumori_cluster::ClusterError) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self { hint, ..Self::new(error) }
    }
}

#[cfg(feature = "sql")]
impl From<mizumori_sql::SqlError> for Failure {
    fn from(error: mizumori_sql::SqlError) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(error) }
    }
}

impl From<mizumori_scan::ScanError> for Failure {
    fn from(error: mizumori_scan::ScanError) -> Self {
        Self::new(error)
    }
}

#[cfg(all(test, feature = "lake"))]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_is_no_failure() {
        let ended = |error: mizumori_lake::LakeError| Failure::from(error).tell();
        assert_eq!(ended(mizumori_lake::LakeError::Interrupted), Outcome::Interrupted);
        assert_eq!(ended(mizumori_lake::LakeError::Missing("x".to_owned())), Outcome::Failed);
    }
}
