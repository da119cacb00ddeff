//! One mail.

use std::fmt;
use std::time::SystemTime;

use mizumori_core::Lang;

use crate::mail::{MailAddress, MessageId};
use crate::tlp::Tlp;

/// A mail to one person. Its `Debug` shows only its name.
#[derive(Clone)]
pub struct Mail {
    /// Its name: the same at each attempt.
    pub id: MessageId,
    /// The mails that it belongs to, from the first on; empty for a first one. What is about one finding is one thread.
    pub thread: Vec<MessageId>,
    /// Who sends it; what cannot be delivered comes back there.
    pub from: MailAddress,
    /// Who is answered, where that is somebody else.
    pub reply_to: Option<MailAddress>,
    /// Who gets it.
    pub to: MailAddress,
    /// When it was written: the same at each attempt.
    pub date: SystemTime,
    /// The language of what it says.
    pub lang: Lang,
    /// How far it may be passed on.
    pub tlp: Tlp,
    /// What it is about; control characters become blanks.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same, as HTML.
    pub html: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.id)
    }
}
