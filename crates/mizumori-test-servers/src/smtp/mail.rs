//! A mail as a server took it, with as much of it read as tests look at.

use mail_parser::{HeaderForm, HeaderValue, Message, MessageParser, PartType};

/// A mail, for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Of the envelope, in lower case: who gets it.
    pub recipient: String,
    /// Of the envelope: where it goes when it cannot be delivered; empty for a mail that is itself such a report.
    pub sender: String,
    /// All of it, as it came, with what the server put before it.
    pub raw: Vec<u8>,
}

impl Mail {
    /// The first header of this name, decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers(name).into_iter().next()
    }

    /// All headers of this name, decoded, from the top.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let Some(message) = self.parsed() else { return Vec::new() };
        let texts =
            message.header_as(name.to_owned(), HeaderForm::Text).into_iter().map(|value| match value {
                HeaderValue::Text(text) => text.into_owned(),
                _ => String::new(),
            });
        texts.collect()
    }

    /// What stands in the parts that are text and not HTML; empty where there is none.
    pub fn text(&self) -> String {
        self.parts(|part| match part {
            PartType::Text(text) => Some(text.into_owned()),
            _ => None,
        })
    }

    /// What stands in the parts of type `text/html`; empty where there is none.
    pub fn html(&self) -> String {
        self.parts(|part| match part {
            PartType::Html(text) => Some(text.into_owned()),
            _ => None,
        })
    }

    fn parts(&self, read: impl Fn(PartType<'_>) -> Option<String>) -> String {
        let parts = self.parsed().map(|message| message.parts).unwrap_or_default();
        parts.into_iter().filter_map(|part| read(part.body)).collect()
    }

    fn parsed(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(raw: &str) -> Mail {
        Mail { recipient: String::new(), sender: String::new(), raw: raw.replace('\n', "\r\n").into_bytes() }
    }

    #[test]
    fn headers_and_texts_are_decoded() {
        let mail = mail(
            "Subject: =?UTF-8?B?5ryP44GI44GE?=\n =?UTF-8?B?44Gu44GK55+l44KJ44Gb?=\nReceived: one\nReceived: two\n\
             MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B?e\x1b(B\n\
             --b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
             <p>=E6=B0=B4</p>\n--b--\n",
        );
        assert_eq!(mail.header("subject").unwrap(), "漏えいのお知らせ");
        assert_eq!(mail.headers("Received"), ["one", "two"]);
        assert_eq!(mail.header("list-unsubscribe"), None);
        assert_eq!(mail.text().trim(), "水");
        assert_eq!(mail.html().trim(), "<p>水</p>");
    }

    #[test]
    fn what_has_no_parts_is_text() {
        let plain = mail("Subject: a\n\nbody\n");
        assert_eq!((plain.text().trim(), &*plain.html()), ("body", ""));
        let html = mail("Content-Type: text/html\n\n<p>a</p>\n");
        assert_eq!((&*html.text(), html.html().trim()), ("", "<p>a</p>"));
        assert_eq!(mail("").text(), "");
    }
}
