//! A message of syslog (RFC 5424).

use mizumori_core::{Severity, Timestamp};

use crate::syslog::{Record, SyslogSettings};

/// Bytes of a message: what every receiver over TLS should take (RFC 5425, section 4.3.1), and a datagram still carries.
const LONGEST: usize = 8192;

/// How bad a message is (RFC 5424, section 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 2.
    Critical,
    /// 3.
    Error,
    /// 4.
    Warning,
    /// 5.
    Notice,
    /// 6.
    Informational,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Address => Self::Informational,
            Severity::Personal => Self::Notice,
            Severity::Hash => Self::Warning,
            Severity::Password | Severity::OwnSite => Self::Error,
            Severity::StealerLog | Severity::Session => Self::Critical,
        }
    }
}

/// A field of structured data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; what must not stand in one is left out.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// Writes a message. Whatever stands in the record, it is one.
pub(crate) fn message(settings: &SyslogSettings, record: &Record) -> Vec<u8> {
    let priority = u16::from(settings.facility) * 8 + level(record.level);
    let mut message = format!(
        "<{priority}>1 {} {} mizumori {} {} ",
        time(record.at),
        word(&settings.hostname, 255),
        std::process::id(),
        word(&record.kind, 32),
    );
    let fields: Vec<_> = record.fields.iter().map(|field| (name(&field.name), value(&field.value))).collect();
    if fields.is_empty() {
        message.push('-');
    } else {
        message.push_str(&format!("[mizumori@{}", settings.enterprise));
        for (name, value) in fields.into_iter().filter(|(name, _)| !name.is_empty()) {
            message.push_str(&format!(" {name}=\"{value}\""));
        }
        message.push(']');
    }
    // A mark says that what follows is UTF-8, where it is more than ASCII.
    message.push(' ');
    let text: String = record.text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if !text.is_ascii() {
        message.push('\u{feff}');
    }
    message.push_str(&text);
    message.truncate(message.floor_char_boundary(LONGEST));
    message.into_bytes()
}

const fn level(level: Level) -> u16 {
    match level {
        Level::Critical => 2,
        Level::Error => 3,
        Level::Warning => 4,
        Level::Notice => 5,
        Level::Informational => 6,
    }
}

/// RFC 3339 with milliseconds.
fn time(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.strip_suffix('Z').unwrap_or(&text);
    format!("{seconds}.{:03}Z", at.0.rem_euclid(1000))
}

/// What may stand between blanks: printable ASCII.
fn word(text: &str, longest: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if word.is_empty() { "-".to_owned() } else { word }
}

/// The name of a field: printable ASCII without `=`, `]` and `"`.
fn name(text: &str) -> String {
    text.chars().filter(|sign| sign.is_ascii_graphic() && !matches!(sign, '=' | ']' | '"')).take(32).collect()
}

/// The value of a field: `"`, `\` and `]` are escaped.
fn value(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars().take(512) {
        match sign {
            '"' | '\\' | ']' => escaped.extend(['\\', sign]),
            _ if sign.is_control() => escaped.push(' '),
            _ => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(fields: &[(&str, &str)], text: &str) -> Record {
        let field =
            |(name, value): &(&str, &str)| Field { name: (*name).to_owned(), value: (*value).to_owned() };
        Record {
            at: Timestamp(1_795_392_000_007),
            level: Level::Error,
            kind: "finding.created".to_owned(),
            fields: fields.iter().map(field).collect(),
            text: text.to_owned(),
        }
    }

    fn written(record: &Record) -> String {
        let settings = SyslogSettings::new("log.example", 6514, "watch.example");
        let text = String::from_utf8(message(&settings, record)).unwrap();
        text.replace(&format!(" {} ", std::process::id()), " 1 ")
    }

    #[test]
    fn as_the_rfc_has_it() {
        assert_eq!(
            written(&record(&[("ref", "a\"b]c\\d"), ("tlp", "TLP:AMBER")], "plain")),
            "<35>1 2026-11-23T00:00:00.007Z watch.example mizumori 1 finding.created \
             [mizumori@32473 ref=\"a\\\"b\\]c\\\\d\" tlp=\"TLP:AMBER\"] plain"
        );
        assert_eq!(
            written(&record(&[], "水源\n省")),
            "<35>1 2026-11-23T00:00:00.007Z watch.example mizumori 1 finding.created - \u{feff}水源 省"
        );
        let long = message(&SyslogSettings::new("a", 1, "b"), &record(&[], &"水".repeat(9000)));
        assert!((8190..=8192).contains(&long.len()) && String::from_utf8(long).is_ok());
    }

    #[test]
    fn words_that_are_none() {
        assert_eq!((&*word("水 a\r\nb", 9), &*word("", 9), &*word("abc", 2)), ("ab", "-", "ab"));
        assert_eq!(name("a=b\"c]d 水"), "abcd");
    }

    proptest! {
        #[test]
        fn a_message_stays_one(name in "(?s).{0,40}", value in "(?s).{0,600}", text in "(?s).{0,300}") {
            let message = written(&record(&[("a", "b"), (&name, &value)], &text));
            prop_assert!(!message.chars().any(char::is_control));
            let data = message.find('[').unwrap();
            // What ends the structured data is the first bracket that is not escaped.
            let mut escaped = false;
            let end = message[data..].char_indices().find(|(_, sign)| {
                let ends = *sign == ']' && !escaped;
                escaped = *sign == '\\' && !escaped;
                ends
            });
            let behind = &message[data + end.unwrap().0 + 1..];
            let text: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
            prop_assert_eq!(behind.trim_start_matches(' ').trim_start_matches('\u{feff}').trim_start(), text.trim_start_matches('\u{feff}').trim_start());
        }
    }
}
