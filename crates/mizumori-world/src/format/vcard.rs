//! vCard 3.0 (RFC 2426): names and addresses of a stolen address book. There is no secret in it.

use super::{Format, Record};

/// One card a record.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vcard;

impl Format for Vcard {
    fn begin(&mut self, _: &mut String) {}

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        out.push_str("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:");
        for c in record.name.chars() {
            if matches!(c, ',' | ';' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push_str("\r\nEMAIL;TYPE=INTERNET:");
        out.push_str(record.login);
        out.push_str("\r\nEND:VCARD\r\n");
    }

    fn end(&mut self, _: &mut String) {}
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn holds_the_address_and_no_secret() {
        let text = write_all(&mut Vcard, SAMPLE);
        assert!(text.contains("\r\nEMAIL;TYPE=INTERNET:tanaka@suigen.example\r\nEND:VCARD\r\n"), "{text}");
        assert!(!text.contains("a:b"));
    }
}
