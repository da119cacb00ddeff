//! An event as a line of the Common Event Format (ArcSight, version 0), as it stands in a message of syslog.

use std::fmt::Write;

use crate::event::{Event, Subject};
use mizumori_core::{Lang, Severity};

impl Event {
    /// The event on one line.
    pub fn cef(&self) -> String {
        let mut line = format!(
            "CEF:0|Mizumori|Mizumori|{}|{}|{}|{}|",
            env!("CARGO_PKG_VERSION"),
            self.happened.as_str(),
            in_head(&self.line(Lang::En)),
            severity(self.severity),
        );
        let (account, tag) = match &self.subject {
            Subject::Account(address) => (address.as_str(), ""),
            Subject::Tag(tag) => ("", tag.as_str()),
        };
        let (time, leaked) = (self.at.0.to_string(), self.time.to_string());
        let mut is_first = true;
        for (key, value) in [
            ("rt", time.as_str()),
            ("externalId", &self.reference),
            ("deviceExternalId", &self.id),
            ("cat", self.kind.as_str()),
            ("suser", account),
            ("suid", tag),
            ("dhost", self.site.as_deref().unwrap_or_default()),
            ("outcome", &self.state),
            ("cs1Label", "source"),
            ("cs1", &self.title),
            ("cs2Label", "organisation"),
            ("cs2", &self.organisation),
            ("cs3Label", "severity"),
            ("cs3", self.severity.as_str()),
            ("cs4Label", "tlp"),
            ("cs4", self.tlp.label()),
            ("cs5Label", "leaked"),
            ("cs5", &leaked),
        ] {
            if value.is_empty() {
                continue;
            }
            let blank = if is_first { "" } else { " " };
            // Writing into a text does not fail.
            let _ = write!(line, "{blank}{key}={}", in_extension(value));
            is_first = false;
        }
        line
    }
}

/// 0 to 10.
pub(super) const fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Address => 2,
        Severity::Personal => 3,
        Severity::Hash => 5,
        Severity::Password => 7,
        Severity::OwnSite => 8,
        Severity::StealerLog => 9,
        Severity::Session => 10,
    }
}

/// In the head a bar and a backslash are escaped, and there are no line ends.
pub(super) fn in_head(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' | '|' => escaped.extend(['\\', sign]),
            _ if sign.is_control() => escaped.push(' '),
            _ => escaped.push(sign),
        }
    }
    escaped
}

/// In the extension an equals sign and a backslash are, and line ends are written as letters.
pub(super) fn in_extension(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' | '=' => escaped.extend(['\\', sign]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
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
    use crate::event::tests::sample;

    #[test]
    fn one_line() {
        let expected = format!(
            "CEF:0|Mizumori|Mizumori|{}|finding.created|Account of 水源省 found in a leak: password in clear|7|\
             rt=1795392000123 externalId=SG-2026-0001 deviceExternalId=evt_1 cat=clear suser=taro@suigen.example \
             dhost=shop.example outcome=new cs1Label=source cs1=A sample leak cs2Label=organisation cs2=水源省 \
             cs3Label=severity cs3=password cs4Label=tlp cs4=TLP:AMBER cs5Label=leaked cs5=2026-05",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(sample().cef(), expected);
    }

    /// Reads an extension as the format's page says: a key stands before each equals sign that is not escaped.
    fn read(extension: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut word = String::new();
        let mut signs = extension.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => match signs.next().unwrap() {
                    'n' => word.push('\n'),
                    'r' => word.push('\r'),
                    other => word.push(other),
                },
                '=' => {
                    let at = word.rfind(' ').map_or(0, |at| at + 1);
                    let key = word.split_off(at);
                    if let Some((_, value)) = pairs.last_mut() {
                        *value = word.strip_suffix(' ').unwrap_or(&word).to_owned();
                    }
                    pairs.push((key, String::new()));
                    word.clear();
                }
                _ => word.push(sign),
            }
        }
        if let Some((_, value)) = pairs.last_mut() {
            *value = word;
        }
        pairs
    }

    proptest! {
        #[test]
        fn nothing_adds_a_field(title in "(?s)[a-z=|\\\\\r\n\t 水]{1,60}", site in "[a-z=|\\\\ ]{1,30}") {
            let event = Event { title: title.clone(), site: Some(site.clone()), ..sample() };
            let line = Event { organisation: title.clone(), ..event }.cef();
            prop_assert!(!line.contains(['\r', '\n', '\t']));
            let unescaped = line.replace("\\\\", "  ").replace("\\|", "  ");
            prop_assert_eq!(unescaped.split('|').take(8).count(), 8);
            let at = unescaped.match_indices('|').nth(6).unwrap().0;
            let pairs = read(&line[at + 1..]);
            let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_str()).collect();
            prop_assert_eq!(keys.len(), 17);
            let value = |key: &str| pairs.iter().find(|(other, _)| other == key).unwrap().1.clone();
            prop_assert_eq!(value("cs1"), title.replace('\t', " "));
            prop_assert_eq!(value("dhost"), site);
        }
    }
}
