//! What is due in the outbox goes out: each channel by itself, so that one that is slow keeps no other one waiting.
//!
//! What was taken is the sender's for a while. If he is gone by then another one sends it, under the same name: whoever gets it may get
//! it twice, never not at all. What cannot be sent now waits longer each time, and is given up after days, which the operator sees.

mod channels;
mod chat;
mod hold;
mod mail;
mod syslog;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future;
use futures::stream::{self, StreamExt as _};
use mizumori_core::Timestamp;
use mizumori_respond::Delivery;
use mizumori_respond::mail::Mail;
use mizumori_respond::webhook::delay_after;
use mizumori_store::{
    Access, Channel, Contact, Notice, NoticeId, Organisation, OrganisationId, Outlet, Postponed, Store, Taken,
};
use tokio::time::sleep;

pub use channels::{ChannelPost, Channels};
pub use mail::MailPost;

use self::hold::{Due, Hold, Holds};
use crate::announce::announce_all;
use crate::channels::ChannelSettings;
use crate::error::{MonitorError, in_words};
use crate::news::News;
use crate::rate::Rate;

/// So many are taken at once: what is lost of them when this process ends is sent twice.
const AT_ONCE: u32 = 32;
/// The same of a channel, where one follows the other: so slow that it takes longer than they are the taker's no channel can be.
const IN_TURN: u32 = 16;
/// So many are on their way at the same time.
const SIDE_BY_SIDE: usize = 8;
/// How long what was taken is the taker's.
const TAKEN: Duration = Duration::from_secs(15 * 60);
/// How long before that its results are given up: a statement may wait so long for others.
const LAST: Duration = Duration::from_secs(60);
/// The pause before results are kept again, while others write.
const BREATH: Duration = Duration::from_millis(200);
/// How long something is tried.
const PATIENCE: Duration = Duration::from_secs(4 * 24 * 3600);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause before the second try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

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

/// By what is sent.
#[derive(Debug)]
pub struct Post {
    /// Mails; without it they wait.
    pub mail: Option<MailPost>,
    /// Organisations' channels.
    pub channels: ChannelPost,
}

/// Sends what is due. Several may do so at once.
#[derive(Clone, Debug)]
pub struct Sender {
    store: Store,
    name: String,
    mail: Option<Arc<MailPost>>,
    mail_rate: Arc<Mutex<Option<Rate>>>,
    channels: Arc<Channels>,
    holds: Arc<Mutex<Holds>>,
}

/// What became of a notice.
#[derive(Debug)]
enum Became {
    Sent,
    /// It was tried, and waits until then; why.
    Later(Timestamp, String),
    /// Nobody has tried it, and it waits until then.
    Postponed(Timestamp, Postponed),
    Dead(String),
}

/// What became of notices, and of those behind them that nobody has taken yet.
#[derive(Debug, Default)]
struct Done {
    became: Vec<(NoticeId, Became)>,
    /// One of a destination that takes nothing now, until when, and what that means for those behind it.
    held: Option<(Notice, Timestamp, Postponed)>,
    /// A domain that has had enough mails, until when.
    full: Option<(String, Timestamp)>,
}

/// An organisation, with whom to ask there, and its channels.
struct Known {
    organisation: Organisation,
    contacts: Vec<Contact>,
    outlets: Vec<Outlet>,
    /// Whether its edition has channels.
    has_channels: bool,
}

type Organisations = BTreeMap<OrganisationId, Known>;

impl Sender {
    /// One that is called `name`, which no other one is.
    pub fn new(store: Store, name: String, post: Post) -> Self {
        let rate = post.mail.as_ref().map(|mail| Rate::new(mail.per_minute));
        let holds = Holds::new(post.channels.per_minute);
        Self {
            store,
            name,
            mail: post.mail.map(Arc::new),
            mail_rate: Arc::new(Mutex::new(rate)),
            channels: Arc::new(Channels::new(post.channels)),
            holds: Arc::new(Mutex::new(holds)),
        }
    }

    /// Sends what is due by every channel, until nothing is.
    ///
    /// # Errors
    /// When the store does not answer. What the other side does not take is none.
    pub async fn send(&self, now: impl Fn() -> Timestamp) -> Result<Sent, MonitorError> {
        let rounds = Channel::ALL.map(|channel| self.send_by(channel, &now));
        let mut all = Sent::default();
        for sent in future::join_all(rounds).await {
            let sent = sent?;
            all.sent += sent.sent;
            all.later += sent.later;
            all.dead += sent.dead;
        }
        Ok(all)
    }

    /// Sends what is due by one channel, until nothing is.
    ///
    /// # Errors
    /// Those of [`Self::send`].
    pub async fn send_by(&self, channel: Channel, now: impl Fn() -> Timestamp) -> Result<Sent, MonitorError> {
        let (mut sent, mut failed) = (Sent::default(), None);
        let most = match channel {
            Channel::Mail if self.mail.is_none() => return Ok(sent),
            Channel::Mail => AT_ONCE,
            Channel::Webhook | Channel::Syslog | Channel::Chat => {
                // What cannot be told of one keeps nobody else's from being sent.
                failed = announce_all(&self.store, now()).await.err();
                IN_TURN
            }
        };
        loop {
            // Nearly always nothing is due: that is seen without keeping others from writing.
            if !self.store.read().await?.has_due(channel, now()).await? {
                return failed.map_or(Ok(sent), Err);
            }
            let mut session = self.store.write().await?;
            let (taken, since) = (Taken { by: &self.name, length: TAKEN }, now());
            let notices = session.take_notices(channel, taken, since, most).await?;
            session.commit().await?;
            // Another one was quicker.
            if notices.is_empty() {
                return failed.map_or(Ok(sent), Err);
            }
            let organisations = self.organisations(&notices).await?;
            let done = stream::iter(in_turns(notices))
                .map(async |turn| self.turn(&turn, &organisations, &now).await)
                .buffer_unordered(SIDE_BY_SIDE)
                .collect::<Vec<_>>()
                .await;
            let kept = self.keep(&done, since.after(TAKEN - LAST), &now).await?;
            sent.sent += kept.sent;
            sent.later += kept.later;
            sent.dead += kept.dead;
        }
    }

    async fn organisations(&self, notices: &[Notice]) -> Result<Organisations, MonitorError> {
        let ids: BTreeSet<_> = notices.iter().map(|notice| &notice.organisation).collect();
        let (mut session, mut organisations) = (self.store.read().await?, Organisations::new());
        for id in ids {
            if let Some(organisation) = session.organisation(id).await? {
                let mut tenant = session.tenant(id);
                let (contacts, outlets) = (tenant.contacts().await?, tenant.outlets().await?);
                let has_channels = tenant.may(Access::Systems).await?;
                let known = Known { organisation, contacts, outlets, has_channels };
                organisations.insert(id.clone(), known);
            }
        }
        Ok(organisations)
    }

    /// Sends one notice after the other. Each has its own time: that before it may have waited for an answer in vain, and whoever gets
    /// a signed message refuses one that is minutes old.
    async fn turn(
        &self,
        notices: &[Notice],
        organisations: &Organisations,
        now: &impl Fn() -> Timestamp,
    ) -> Done {
        let mut done = Done::default();
        for notice in notices {
            let became = match organisations.get(&notice.organisation) {
                None => Became::Dead("the organisation is gone".to_owned()),
                Some(known) if notice.channel == Channel::Mail => {
                    let (became, full) = self.by_mail(notice, known, now).await;
                    done.full = full.or(done.full.take());
                    became
                }
                Some(known) => {
                    let (became, held) = self.by_channel(notice, known, now).await;
                    done.held = held.map(|(until, why)| (notice.clone(), until, why)).or(done.held.take());
                    became
                }
            };
            done.became.push((notice.id, became));
        }
        done
    }

    /// Sends a mail; and the domain that has no room for it, until when.
    async fn by_mail(
        &self,
        notice: &Notice,
        known: &Known,
        now: &impl Fn() -> Timestamp,
    ) -> (Became, Option<(String, Timestamp)>) {
        let Some(post) = &self.mail else {
            return (Became::Postponed(now().after(LONGEST_PAUSE), Postponed::NoRoom), None);
        };
        let mail = match post.mail(notice, &known.organisation, &known.contacts) {
            Ok(mail) => mail,
            Err(why) => return (Became::Dead(why), None),
        };
        if let Err(later) = self.room_for(&mail, now()) {
            let full = (mail.to.domain().to_lowercase(), later);
            return (Became::Postponed(later, Postponed::NoRoom), Some(full));
        }
        let sent = post.server.send(&mail).await;
        (became(notice, sent, Some(pause_after(notice.attempts)), now()), None)
    }

    fn room_for(&self, mail: &Mail, now: Timestamp) -> Result<(), Timestamp> {
        let mut rate = self.mail_rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.as_mut().map_or(Ok(()), |rate| rate.take(&mail.to.domain().to_lowercase(), now))
    }

    /// Sends a notice to a channel; and until when others for it wait, and why.
    async fn by_channel(
        &self,
        notice: &Notice,
        known: &Known,
        now: &impl Fn() -> Timestamp,
    ) -> (Became, Option<(Timestamp, Postponed)>) {
        if !known.has_channels {
            return (Became::Dead("the edition has no channels".to_owned()), None);
        }
        let outlet = known
            .outlets
            .iter()
            .find(|outlet| outlet.name == notice.destination && outlet.channel == notice.channel);
        let Some(outlet) = outlet else {
            return (Became::Dead(format!("the channel `{}` is gone", notice.destination)), None);
        };
        let settings = match ChannelSettings::parse(&outlet.document) {
            Ok(settings) => settings,
            Err(error) => return (Became::Dead(in_words(&error)), None),
        };
        let news = match News::parse(&notice.body) {
            Ok(news) => news,
            Err(error) => return (Became::Dead(in_words(&error)), None),
        };
        let began = now();
        if let Err(Hold { until, why }) = self.holds().take(notice, began) {
            let waits = if why.is_some() { Postponed::Behind } else { Postponed::NoRoom };
            // What was tried by others for so long need not be tried by itself.
            let became = match why {
                Some(why) if until >= patience_with(notice, began) => Became::Dead(why),
                _ => Became::Postponed(until, waits),
            };
            return (became, Some((until, waits)));
        }
        let said = news.said(&notice.message, &known.organisation, settings.naming(), self.channels.post.tlp);
        let sent = self.channels.deliver(&settings, &notice.message, &said, SystemTime::from(began)).await;
        let now = now();
        let pause = match notice.channel {
            Channel::Webhook => delay_after(notice.attempts),
            Channel::Mail | Channel::Syslog | Channel::Chat => Some(pause_after(notice.attempts)),
        };
        let asked = match &sent {
            Ok(Delivery::Later { after, .. }) => *after,
            _ => None,
        };
        let became = match sent {
            Ok(delivery) => became(notice, delivery, pause, now),
            // A file that is gone may come back.
            Err(error) => waiting(notice, in_words(&error), pause, now),
        };
        let (due, why) = match &became {
            Became::Sent => return (became, None),
            Became::Later(due, why) => {
                let due = asked.map_or(Due::Ours(*due), |after| Due::Asked(now.after(after)));
                (due, why.clone())
            }
            Became::Postponed(..) => return (became, None),
            Became::Dead(why) => (Due::Ours(now.after(LONGEST_PAUSE)), why.clone()),
        };
        self.channels.forget(&settings);
        let until = self.holds().hold(notice, due, why, now);
        (became, Some((until, Postponed::Behind)))
    }

    fn holds(&self) -> std::sync::MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what became of them, however long others write, until another sender may take them: what was sent is not sent twice.
    async fn keep(
        &self,
        done: &[Done],
        until: Timestamp,
        now: &impl Fn() -> Timestamp,
    ) -> Result<Sent, MonitorError> {
        loop {
            match self.keep_once(done, now()).await {
                Err(error) if error.is_busy() && now() < until => sleep(BREATH).await,
                kept => return kept,
            }
        }
    }

    async fn keep_once(&self, done: &[Done], now: Timestamp) -> Result<Sent, MonitorError> {
        let (mut session, mut sent) = (self.store.write().await?, Sent::default());
        for (id, became) in done.iter().flat_map(|done| &done.became) {
            match became {
                Became::Sent => {
                    session.sent(*id, &self.name, now).await?;
                    sent.sent += 1;
                }
                Became::Later(due, why) => {
                    session.not_sent(*id, &self.name, why, Some(*due), now).await?;
                    sent.later += 1;
                }
                Became::Postponed(due, why) => {
                    session.postpone(*id, &self.name, *due, *why).await?;
                    sent.later += 1;
                }
                Became::Dead(why) => {
                    session.not_sent(*id, &self.name, why, None, now).await?;
                    sent.dead += 1;
                }
            }
        }
        // What is behind them is not taken up only to be put back; what is too old for that is given up at once.
        for (like, until, why) in done.iter().filter_map(|done| done.held.as_ref()) {
            sent.later += session.postpone_all(like, *until, before(*until, PATIENCE), *why, now).await?;
        }
        let full: BTreeMap<_, _> = done
            .iter()
            .filter_map(|done| done.full.as_ref())
            .map(|(domain, until)| (domain, until))
            .collect();
        for (domain, until) in full {
            sent.later += session.postpone_domain(domain, *until, now).await?;
        }
        session.commit().await?;
        Ok(sent)
    }
}

/// Notices that go to one channel follow one another; mails do not wait for each other.
fn in_turns(notices: Vec<Notice>) -> Vec<Vec<Notice>> {
    let mut turns: Vec<Vec<Notice>> = Vec::new();
    for notice in notices {
        let same = |turn: &&mut Vec<Notice>| {
            turn.first().is_some_and(|first| {
                first.channel != Channel::Mail
                    && (&first.organisation, &first.destination)
                        == (&notice.organisation, &notice.destination)
            })
        };
        match turns.iter_mut().find(same) {
            Some(turn) => turn.push(notice),
            None => turns.push(vec![notice]),
        }
    }
    turns
}

/// What an attempt means for a notice. `pause` is how long it waits for the next one; without it there is none.
fn became(notice: &Notice, delivery: Delivery, pause: Option<Duration>, now: Timestamp) -> Became {
    match delivery {
        Delivery::Accepted => Became::Sent,
        Delivery::Never { why } => Became::Dead(in_words(&why)),
        Delivery::Later { why, after } => {
            let pause = pause.map(|pause| pause.max(after.unwrap_or_default()));
            waiting(notice, in_words(&why), pause, now)
        }
    }
}

/// A notice waits, unless that has gone on for too long.
fn waiting(notice: &Notice, why: String, pause: Option<Duration>, now: Timestamp) -> Became {
    match pause.map(|pause| now.after(pause)) {
        Some(due) if due < patience_with(notice, now) => Became::Later(due, why),
        _ => Became::Dead(why),
    }
}

/// How long a notice is tried: from its first try on. When it was made does not matter, for it may have waited for its time, for room,
/// or for somebody who has it tried again.
fn patience_with(notice: &Notice, now: Timestamp) -> Timestamp {
    notice.tried_since.unwrap_or(now).after(PATIENCE)
}

/// So much earlier.
fn before(at: Timestamp, less: Duration) -> Timestamp {
    Timestamp(at.0.saturating_sub(i64::try_from(less.as_millis()).unwrap_or(i64::MAX)))
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
