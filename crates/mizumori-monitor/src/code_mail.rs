//! A code that proves a domain goes out as a mail, at once: it stands in no outbox and in no store.

use std::time::SystemTime;

use mizumori_core::{DomainName, Secret, Timestamp};
use mizumori_respond::Delivery;
use mizumori_respond::letter::LetterKind;
use mizumori_respond::mail::{Mail, MailAddress, MessageId};
use mizumori_store::{Contact, Organisation};

use crate::body::{Body, Until};
use crate::error::MonitorError;
use crate::letter;
use crate::sender::MailPost;

/// A code on its way.
#[derive(Clone, Debug)]
pub struct CodeMail {
    /// The domain that it proves.
    pub domain: DomainName,
    /// The role address of that domain that it goes to.
    pub to: String,
    /// The code.
    pub code: Secret<String>,
    /// When it is sent.
    pub sent: Timestamp,
    /// Until when it is taken.
    pub until: Timestamp,
}

impl MailPost {
    /// Sends a code, once.
    ///
    /// # Errors
    /// When the server does not take it, be it for now or for good.
    pub async fn send_code(
        &self,
        organisation: &Organisation,
        contacts: &[Contact],
        mail: &CodeMail,
    ) -> Result<(), MonitorError> {
        let body = Body {
            domain: Some(mail.domain.to_string()),
            until: Until::moment(mail.sent, mail.until),
            ..Body::new(LetterKind::DomainCode, organisation.language)
        };
        let letter =
            letter::write_code(&self.templates, organisation, contacts, &body, &mail.code, self.tlp)?;
        let id = format!("{}.code.{}.{}@{}", organisation.id, mail.domain, mail.sent.0, self.from.domain());
        let mail = Mail {
            id: id.parse::<MessageId>()?,
            thread: Vec::new(),
            // Not in the organisation's name: whether it may speak for the domain is the question.
            from: self.from.clone(),
            reply_to: None,
            to: MailAddress::new(&mail.to)?,
            date: SystemTime::from(mail.sent),
            lang: body.lang,
            tlp: letter.tlp,
            subject: letter.subject,
            text: letter.text,
            html: Some(letter.html),
        };
        match self.server.send(&mail).await {
            Delivery::Accepted => Ok(()),
            Delivery::Never { why } | Delivery::Later { why, .. } => Err(why.into()),
        }
    }
}
