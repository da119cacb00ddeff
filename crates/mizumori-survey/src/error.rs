//! What can go wrong in a survey, classified by what the caller does next.

use mizumori_core::document::Mistakes;
use mizumori_core::{ErrorClass, Month};

/// An error of the counting method or of the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// The period that was asked for ends before it begins.
    #[error("could not count from {from} to {to}: the period ends before it begins")]
    PeriodReversed {
        /// The first month asked for.
        from: Month,
        /// The last month asked for.
        to: Month,
    },
    /// No key could be drawn for the run.
    #[error("could not draw a key for this run")]
    Key(#[source] getrandom::Error),
    /// The list of incidents has mistakes, each with its file and line.
    #[error("{0}")]
    Incidents(Mistakes),
    /// A report could not be read back.
    #[error("could not read the report")]
    Report(#[source] serde_json::Error),
    /// A report is of another version than this program reads.
    #[error("could not read the report: its schema is {found}, not {}", crate::model::SCHEMA)]
    Schema {
        /// The version that the report gives.
        found: u32,
    },
    /// A report could not be written as JSON.
    #[error("could not write the report as JSON")]
    Json(#[source] serde_json::Error),
}

impl SurveyError {
    /// What the caller can do about it.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::PeriodReversed { .. } | Self::Incidents(_) | Self::Report(_) | Self::Schema { .. } => {
                ErrorClass::Usage
            }
            Self::Key(_) => ErrorClass::Environment,
            Self::Json(_) => ErrorClass::Internal,
        }
    }

    /// The next action, where there is one.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::PeriodReversed { .. } => Some("give the earlier month to --from and the later one to --to"),
            Self::Schema { .. } => Some("render it with the version of mizumori that wrote it"),
            Self::Key(_) | Self::Incidents(_) | Self::Report(_) | Self::Json(_) => None,
        }
    }
}
