//! Reminders of when leaks out of an organisation's own systems are to be reported, as lists and pages show them.

use mizumori_core::Timestamp;
use mizumori_monitor::Deadlines;
use mizumori_store::FindingSource;
use serde_json::{Value, json};

use crate::tidings;

/// The dates of a source, and what they are, in words.
pub(crate) fn in_words(deadlines: &Deadlines) -> String {
    let Deadlines { preliminary: [from, to], last, last_if_wrongful } = deadlines;
    format!("first by {from} to {to}, finally by {last}, or {last_if_wrongful} after unauthorised access")
}

/// The dates as an object; nothing where there are none.
pub(crate) fn object(deadlines: Option<&Deadlines>) -> Value {
    deadlines.map_or(Value::Null, |deadlines| {
        json!({
            "preliminary_from": deadlines.preliminary[0],
            "preliminary_to": deadlines.preliminary[1],
            "final": deadlines.last,
            "final_if_wrongful": deadlines.last_if_wrongful,
            "legal_advice": false,
        })
    })
}

/// Reminds of the sources whose last day has not passed.
pub(crate) fn remind<'s>(of: &str, sources: impl Iterator<Item = &'s FindingSource>, now: Timestamp) {
    for source in sources {
        if let Some(deadlines) = Deadlines::of(source).filter(|deadlines| !deadlines.are_over(now)) {
            tidings::hint(&format!(
                "{of}`{}` came from the organisation's own system: report it to the authority, {} (a reminder, no legal advice)",
                source.source,
                in_words(&deadlines)
            ));
        }
    }
}
