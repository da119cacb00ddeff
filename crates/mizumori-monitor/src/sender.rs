//! What is due in the outbox goes out.
//!
//! What was taken is the sender's for a while. If he is gone by then another one sends it, under the same name: whoever gets it may get
//! it twice, never not at all. What cannot be sent now waits longer each time, and is given up after days, which the operator sees.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::stream::{self, StreamExt as _};
use mizumori_core::Timestamp;
use mizumori_respond::mail::{Mail, MailAddress, MailServer, MessageId};
use mizumori_respond::{Delivery, RespondError, Tlp};
use mizumori_store::{Channel, Contact, Notice, NoticeId, Organisation, OrganisationId, Store, Taken};

use crate::body::Body;
use crate::error::{MonitorError, in_words};
use crate::letter::{self, Templates};
use crate::rate::Rate;

/// So many are taken at once: what is lost of them when this process ends is sent twice.
const AT_ONCE: u32 = 32;
/// So many are on their way at the same time.
const SIDE_BY_SIDE: usize = 8;
/// How long what was taken is the taker's.
const TAKEN: Duration = Duration::from_secs(15 * 60);
/// How long something is tried.
const PATIENCE: Duration = Duration::from_secs(4 * 24 * 3600);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause before the second try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

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

/// What a round of sending did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Notices that the other side took.
    pub sent: u64,
    /// Notices that wait again.
    pub later: u64,
    /// Notices that were given up.
    pub dead: u64,
}

/// Sends what is due. Several may do so at once.
#[derive(Clone, Debug)]
pub struct Sender {
    store: Store,
    name: String,
    mail: Arc<MailPost>,
    rate: Arc<Mutex<Rate>>,
}

/// What became of a notice.
enum Became {
    Sent,
    /// It waits until then; why, where that is a trouble.
    Later(Timestamp, Option<String>),
    Dead(String),
}

/// Organisations, and who is to be asked there.
type Organisations = BTreeMap<OrganisationId, (Organisation, Vec<Contact>)>;

impl Sender {
    /// One that is called `name`, which no other one is.
    pub fn new(store: Store, name: String, mail: MailPost) -> Self {
        let rate = Arc::new(Mutex::new(Rate::new(mail.per_minute)));
        Self { store, name, mail: Arc::new(mail), rate }
    }

    /// Sends what is due, until nothing is.
    ///
    /// # Errors
    /// When the store does not answer. What the other side does not take is none.
    pub async fn send(&self, now: impl Fn() -> Timestamp) -> Result<Sent, MonitorError> {
        let mut sent = Sent::default();
        loop {
            let mut session = self.store.write().await?;
            let taken = Taken { by: &self.name, length: TAKEN };
            let notices = session.take_notices(taken, now(), AT_ONCE).await?;
            session.commit().await?;
            if notices.is_empty() {
                return Ok(sent);
            }
            let organisations = self.organisations(&notices).await?;
            let became = stream::iter(&notices)
                .map(async |notice| (notice.id, self.one(notice, &organisations, now()).await))
                .buffer_unordered(SIDE_BY_SIDE)
                .collect::<Vec<_>>()
                .await;
            self.keep(&became, now(), &mut sent).await?;
        }
    }

    async fn organisations(&self, notices: &[Notice]) -> Result<Organisations, MonitorError> {
        let ids: BTreeSet<_> = notices.iter().map(|notice| &notice.organisation).collect();
        let (mut session, mut organisations) = (self.store.read().await?, Organisations::new());
        for id in ids {
            if let Some(organisation) = session.organisation(id).await? {
                let contacts = session.tenant(id).contacts().await?;
                organisations.insert(id.clone(), (organisation, contacts));
            }
        }
        Ok(organisations)
    }

    async fn one(&self, notice: &Notice, organisations: &Organisations, now: Timestamp) -> Became {
        let Some((organisation, contacts)) = organisations.get(&notice.organisation) else {
            return Became::Dead("the organisation is gone".to_owned());
        };
        if notice.channel != Channel::Mail {
            return Became::Dead(format!("nothing is sent by {} here", notice.channel.as_str()));
        }
        let mail = match self.mail(notice, organisation, contacts) {
            Ok(mail) => mail,
            Err(why) => return Became::Dead(why),
        };
        let room = self.rate.lock().unwrap_or_else(PoisonError::into_inner).take(mail.to.domain(), now);
        if let Err(later) = room {
            return Became::Later(later, None);
        }
        match self.mail.server.send(&mail).await {
            Delivery::Accepted => Became::Sent,
            Delivery::Never { why } => Became::Dead(in_words(&why)),
            Delivery::Later { why, after } => {
                let pause = after.unwrap_or_default().max(pause_after(notice.attempts));
                let due = now.after(pause);
                match due < notice.created.after(PATIENCE) {
                    true => Became::Later(due, Some(in_words(&why))),
                    false => Became::Dead(in_words(&why)),
                }
            }
        }
    }

    fn mail(
        &self,
        notice: &Notice,
        organisation: &Organisation,
        contacts: &[Contact],
    ) -> Result<Mail, String> {
        let body = Body::parse(&notice.body).map_err(|error| error.to_string())?;
        let (post, wrong) = (&self.mail, |error: RespondError| in_words(&error));
        let letter =
            letter::write(&post.templates, organisation, contacts, &body, post.tlp).map_err(wrong)?;
        let id: MessageId = format!("{}@{}", notice.message, post.from.domain()).parse().map_err(wrong)?;
        let thread = body.thread.as_ref().map(|first| format!("{first}@{}", post.from.domain()).parse());
        let thread = thread.transpose().map_err(wrong)?.into_iter().collect();
        let reply_to = contacts.first().and_then(|contact| MailAddress::new(&contact.address).ok());
        Ok(Mail {
            id,
            thread,
            from: post.from.clone().named(organisation.names.of(body.lang)),
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

    async fn keep(
        &self,
        became: &[(NoticeId, Became)],
        now: Timestamp,
        sent: &mut Sent,
    ) -> Result<(), MonitorError> {
        let mut session = self.store.write().await?;
        for (id, became) in became {
            match became {
                Became::Sent => {
                    session.sent(*id, now).await?;
                    sent.sent += 1;
                }
                Became::Later(due, Some(why)) => {
                    session.not_sent(*id, why, Some(*due), now).await?;
                    sent.later += 1;
                }
                Became::Later(due, None) => {
                    session.postpone(*id, *due).await?;
                    sent.later += 1;
                }
                Became::Dead(why) => {
                    session.not_sent(*id, why, None, now).await?;
                    sent.dead += 1;
                }
            }
        }
        session.commit().await?;
        Ok(())
    }
}

/// How long to wait after so many tries.
pub(crate) fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_become_longer() {
        let seconds: Vec<_> = (0..=9).map(|attempts| pause_after(attempts).as_secs()).collect();
        assert_eq!(seconds, [15, 15, 30, 60, 120, 240, 480, 960, 1_920, 3_600]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}
