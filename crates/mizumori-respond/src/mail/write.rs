//! Writes a mail down (RFC 5322, MIME), in ASCII whatever it says, so that no server on its way has to change it.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};

use crate::error::{RespondError, Result};
use crate::mail::address::one_line;
use crate::mail::{DkimKey, Mail, MessageId};

/// Longer than anybody reads.
const LONGEST_SUBJECT: usize = 200;
/// More than any server keeps of a thread; its first and its last count.
const MOST_REFERENCES: usize = 20;
/// The year 9999 ends.
const LAST_SECOND: u64 = 253_402_300_799;

/// The bytes of a mail, signed by each key that is of the sender's domain.
///
/// # Errors
/// When its date has no place in a calendar, or it cannot be signed.
pub(crate) fn written(mail: &Mail, keys: &[DkimKey]) -> Result<Vec<u8>> {
    let mut bytes = message(mail)?.formatted();
    let mut signatures = Vec::new();
    for key in keys.iter().filter(|key| key.signs_for(mail.from.domain())) {
        signatures.extend_from_slice(&key.signature(&bytes, mail.date)?);
    }
    signatures.append(&mut bytes);
    Ok(signatures)
}

fn message(mail: &Mail) -> Result<Message> {
    // The library panics on the others.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND);
    if !(SystemTime::UNIX_EPOCH..last).contains(&mail.date) {
        return Err(RespondError::Unwritable("its date is in no calendar"));
    }
    let mut builder = Message::builder()
        .date(mail.date)
        .from(mail.from.mailbox())
        .to(mail.to.mailbox())
        .subject(one_line(&mail.subject, LONGEST_SUBJECT))
        .message_id(Some(mail.id.bracketed()));
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(reply_to.mailbox());
    }
    if let Some(last) = mail.thread.last() {
        let skipped = mail.thread.len().saturating_sub(MOST_REFERENCES);
        let rest = mail.thread.iter().skip(1.max(skipped));
        let all: Vec<_> = mail.thread.first().into_iter().chain(rest).map(MessageId::bracketed).collect();
        builder = builder.in_reply_to(last.bracketed()).references(all.join(" "));
    }
    for (name, value) in [
        // Nobody's absence answers it (RFC 3834; the second one is Exchange's).
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", mail.lang.tag()),
        ("X-TLP", mail.tlp.label()),
    ] {
        builder =
            builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
    }
    let text = whole_lines(&mail.text);
    let message = match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, whole_lines(html))),
        None => builder.singlepart(SinglePart::plain(text)),
    };
    message.map_err(|_| RespondError::Unwritable("something of its head is missing"))
}

/// A text with one kind of line end, and without other control characters: servers disagree on what a lone one ends.
fn whole_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .map(|sign| if sign.is_control() && !matches!(sign, '\n' | '\t') { ' ' } else { sign })
        .collect()
}

#[cfg(test)]
mod tests {
    use mizumori_core::Lang;
    use proptest::prelude::*;

    use super::*;
    use crate::mail::MailAddress;
    use crate::tlp::Tlp;

    fn mail(subject: &str, name: &str, text: &str) -> Mail {
        Mail {
            id: "f1.1@suigen.example".parse().unwrap(),
            thread: Vec::new(),
            from: MailAddress::new("mizumori@suigen.example").unwrap().named(name),
            reply_to: None,
            to: MailAddress::new("taro@suigen.example").unwrap().named(name),
            date: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_392_000),
            lang: Lang::Ja,
            tlp: Tlp::AmberStrict,
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: None,
        }
    }

    /// Names of the headers, and whether all is ASCII in lines that SMTP takes.
    fn headers(bytes: &[u8]) -> Vec<String> {
        assert!(bytes.is_ascii());
        let text = std::str::from_utf8(bytes).unwrap();
        for line in text.split("\r\n") {
            assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line:?}");
        }
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        names.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    const PLAIN: &[&str] = &[
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Language",
        "X-TLP",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];

    #[test]
    fn threads_name_their_first_and_last() {
        let mut mail = mail("a", "b", "c");
        mail.thread = (0..50).map(|at| format!("f1.{at}@suigen.example").parse().unwrap()).collect();
        let text = String::from_utf8(written(&mail, &[]).unwrap()).unwrap().replace("\r\n ", " ");
        assert!(text.contains("In-Reply-To: <f1.49@suigen.example>\r\n"), "{text}");
        assert!(text.contains("References: <f1.0@suigen.example> <f1.30@suigen.example>"), "{text}");
        assert_eq!(text.matches("<f1.49@").count(), 2);
        mail.thread.truncate(1);
        let text = String::from_utf8(written(&mail, &[]).unwrap()).unwrap();
        assert!(text.contains("References: <f1.0@suigen.example>\r\n"), "{text}");
    }

    #[test]
    fn a_lone_carriage_return_ended_a_line_for_some() {
        let bytes = written(&mail("a", "b", "c\r.\rd\0e\r\n\n"), &[]).unwrap();
        assert!(
            bytes.ends_with(b"\r\n\r\nc\r\n.\r\nd e\r\n\r\n\r\n"),
            "{:?}",
            String::from_utf8_lossy(&bytes)
        );
    }

    #[test]
    fn dates_that_no_calendar_has() {
        let mut mail = mail("a", "b", "c");
        for date in [
            SystemTime::UNIX_EPOCH - Duration::from_secs(1),
            SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND + 1),
        ] {
            mail.date = date;
            assert!(matches!(written(&mail, &[]), Err(RespondError::Unwritable(_))));
        }
    }

    proptest! {
        #[test]
        fn nothing_adds_a_header(subject in "(?s).{0,300}", name in "(?s).{0,150}", text in "(?s).{0,600}") {
            let bytes = written(&mail(&subject, &name, &text), &[]).unwrap();
            prop_assert_eq!(headers(&bytes), PLAIN);
        }

        #[test]
        fn line_ends_add_no_header(ends in proptest::collection::vec("[\r\n\t :a<>,;\"\\\\=?@]{0,12}", 3)) {
            let subject = format!("{}Bcc: b@suigen.example", ends[0]);
            let name = format!("{}\r\nBcc: <b@suigen.example>{}", ends[1], ends[2]);
            let bytes = written(&mail(&subject, &name, "a"), &[]).unwrap();
            prop_assert_eq!(headers(&bytes), PLAIN);
        }
    }
}
