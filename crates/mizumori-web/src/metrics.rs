//! How many requests came and how they were answered, in the text format of Prometheus.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. Paths are told by their kind alone.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A range.
    Range,
    /// Whether a password may be chosen.
    Check,
    /// Of the private check.
    Private,
}

impl Asked {
    const ALL: [Self; 3] = [Self::Range, Self::Check, Self::Private];

    const fn name(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Check => "check",
            Self::Private => "private",
        }
    }
}

/// The statuses that are told apart.
const STATUSES: [StatusCode; 12] = [
    StatusCode::OK,
    StatusCode::NO_CONTENT,
    StatusCode::NOT_MODIFIED,
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::NOT_IMPLEMENTED,
];

/// Counters, shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Metrics([[AtomicU64; STATUSES.len()]; Asked::ALL.len()]);

impl Metrics {
    /// An answer was given.
    pub(crate) fn count(&self, asked: Asked, status: StatusCode) {
        let at = STATUSES.iter().position(|known| *known == status);
        let counters = Asked::ALL.iter().zip(&self.0).find(|(known, _)| **known == asked);
        if let Some(counter) = counters.zip(at).and_then(|((_, counters), at)| counters.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Appends what was counted.
    pub(crate) fn write(&self, text: &mut String) {
        text.push_str("# HELP mizumori_requests_total Requests that were answered.\n");
        text.push_str("# TYPE mizumori_requests_total counter\n");
        for (asked, counters) in Asked::ALL.iter().zip(&self.0) {
            for (status, counter) in STATUSES.iter().zip(counters) {
                let count = counter.load(Ordering::Relaxed);
                if count > 0 || *status == StatusCode::OK {
                    let (asked, status) = (asked.name(), status.as_str());
                    // Writing into memory does not fail.
                    let _ = writeln!(
                        text,
                        "mizumori_requests_total{{asked=\"{asked}\",status=\"{status}\"}} {count}"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::default();
        metrics.count(Asked::Range, StatusCode::NOT_MODIFIED);
        metrics.count(Asked::Range, StatusCode::NOT_MODIFIED);
        let mut text = String::new();
        metrics.write(&mut text);
        assert!(text.contains("{asked=\"range\",status=\"304\"} 2\n"));
        assert!(text.contains("{asked=\"check\",status=\"200\"} 0\n"));
        assert_eq!(text.lines().count(), 2 + 4);
    }
}
