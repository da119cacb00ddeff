//! Mails: the letter of a notice is written when it is sent.

use std::num::NonZeroU32;
use std::time::SystemTime;

use mizumori_respond::mail::{Mail, MailAddress, MailServer, MessageId};
use mizumori_respond::{RespondError, Tlp};
use mizumori_store::{Contact, Notice, Organisation};

use crate::body::Body;
use crate::error::in_words;
use crate::letter::{self, Templates};

/// How mails go out.
#[derive(Debug)]
pub struct MailPost {
    /// The server that takes them.
    pub server: MailServer,
    /// From whom they are.
    pub from: MailAddress,
    /// How far they may be passed on.
    pub tlp: Tlp,
    /// What they say.
    pub templates: Templates,
    /// So many go to one domain a minute.
    pub per_minute: NonZeroU32,
}

impl MailPost {
    /// The mail of a notice, or why there is none.
    pub(super) fn mail(
        &self,
        notice: &Notice,
        organisation: &Organisation,
        contacts: &[Contact],
    ) -> Result<Mail, String> {
        let body = Body::parse(&notice.body).map_err(|error| error.to_string())?;
        let wrong = |error: RespondError| in_words(&error);
        let letter =
            letter::write(&self.templates, organisation, contacts, &body, self.tlp).map_err(wrong)?;
        let id: MessageId = format!("{}@{}", notice.message, self.from.domain()).parse().map_err(wrong)?;
        let thread = body.thread.as_ref().map(|first| format!("{first}@{}", self.from.domain()).parse());
        let thread = thread.transpose().map_err(wrong)?.into_iter().collect();
        let reply_to = contacts.first().and_then(|contact| MailAddress::new(&contact.address).ok());
        Ok(Mail {
            id,
            thread,
            from: self.from.clone().named(organisation.names.of(body.lang)),
            reply_to,
            to: MailAddress::new(&notice.destination).map_err(wrong)?,
            date: SystemTime::from(notice.created),
            lang: body.lang,
            tlp: letter.tlp,
            subject: letter.subject,
            text: letter.text,
            html: Some(letter.html),
        })
    }
}
