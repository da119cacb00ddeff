//! What the loop does again and again: it looks for what is new, sends what is due, and looks after what is open.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mizumori_core::keys::TagLayers;
use mizumori_monitor::{
    DataKeys, Finder, Leaks, MonitorError, Neutraliser, Proofs, Sender, Sent, Shrinking, follow_up,
    look_after_editions, read_directories,
};
use mizumori_scan::Progress;
use mizumori_store::{Access, Channel, OrganisationState, Store};
use tokio::time::{Instant, sleep};

use crate::counted::{counted, counted_are};
use crate::outcome::Failure;
use crate::progress::grouped;
use crate::store::now;
use crate::tidings;

/// How long an interrupt waits at most.
const NAP: Duration = Duration::from_millis(100);
/// What one process does at a time.
const UPKEEP: &str = "upkeep";
/// The same of what waits for answers of others.
const PROOFS: &str = "proofs";
/// For how long it is one process's: when that is killed another one waits so long.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// How often it is held on to, at work and between.
const RENEWAL: Duration = Duration::from_secs(60);

/// So long the start waits for directories, so that what is found then is known to be somebody's. One that takes longer is read beside
/// the rest.
const HEAD_START: Duration = Duration::from_secs(60);
/// So long the end waits for what is being done to an account.
const GRACE: Duration = Duration::from_secs(10);

/// Whether the start has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// Directories were read, and open findings looked at.
    Whole,
    /// Not yet.
    Partly,
}

/// Everything that the rounds need.
pub(super) struct Rounds {
    pub(super) store: Store,
    pub(super) leaks: Arc<dyn Leaks>,
    pub(super) keys: Arc<dyn DataKeys>,
    /// None where nobody can be asked.
    pub(super) proofs: Option<Proofs>,
    pub(super) tags: TagLayers,
    pub(super) finder: Finder,
    pub(super) sender: Sender,
    pub(super) neutraliser: Neutraliser,
    /// A name that no other process has.
    pub(super) name: String,
    pub(super) look_every: Duration,
    pub(super) sync_every: Duration,
    pub(super) held: Held,
}

/// What this process does of what one process does at a time.
#[derive(Default)]
pub(super) struct Held(Mutex<BTreeSet<&'static str>>);

/// What was told and is so still, so that it is not said every second.
#[derive(Default)]
pub(super) struct Troubles(Mutex<BTreeSet<String>>);

impl Rounds {
    /// Does once what is to be done; what was sent.
    pub(super) async fn once(&self) -> Result<Sent, Failure> {
        let troubles = Troubles::default();
        let kept = self.holding(&troubles, self.upkeep(&troubles)).await;
        troubles.unless("proofs", self.holding(&troubles, self.prove()).await);
        self.let_go().await?;
        if matches!(kept, Ok(false)) {
            tidings::say("another process looks after directories and open findings now");
        }
        // What is wrong with one thing, or with one organisation, keeps nothing else from being done.
        let found = self.find().await;
        // What could not be done is told with the rest.
        let neutralised = self.neutralise().await;
        let sent = self.send().await;
        kept.and(found).and(neutralised)?;
        Ok(sent?)
    }

    /// Looks at what is there before anything comes: whose accounts are, and what of the lake is no news.
    pub(super) async fn begin(&self, progress: &Progress, troubles: &Troubles) -> Begun {
        let begun = tokio::select! {
            kept = self.holding(troubles, self.upkeep(troubles)) => {
                troubles.unless("upkeep", kept);
                Begun::Whole
            }
            () = sleep(HEAD_START) => {
                tidings::say("directories take long; they are read beside the rest");
                Begun::Partly
            }
            () = stopped(progress) => return Begun::Partly,
        };
        troubles.unless("findings", self.find().await);
        begun
    }

    /// Goes on until somebody ends it.
    pub(super) async fn run(
        &self,
        progress: &Progress,
        troubles: &Troubles,
        begun: Begun,
    ) -> Result<(), Failure> {
        self.holding(troubles, self.rounds(progress, troubles, begun)).await;
        Ok(self.let_go().await?)
    }

    async fn rounds(&self, progress: &Progress, troubles: &Troubles, begun: Begun) {
        let finding = async {
            while !progress.is_stopped() {
                troubles.unless("findings", self.find().await);
                rest(progress, self.look_every).await;
            }
        };
        // Each channel by itself: a system that does not answer keeps no mail waiting.
        let sending = async |channel: Channel| {
            let what = format!("sending by {}", channel.as_str());
            while !progress.is_stopped() {
                troubles.unless(&what, self.send_by(channel).await);
                rest(progress, self.look_every).await;
            }
        };
        // A directory that is silent keeps nobody from the end. What was asked of it then is asked again by whoever comes next.
        let neutralising = async {
            while !progress.is_stopped() {
                tokio::select! {
                    done = self.neutralise() => troubles.unless("neutralising", done),
                    () = overdue(progress) => {}
                }
                rest(progress, self.look_every).await;
            }
        };
        let keeping = async {
            if begun == Begun::Whole {
                rest(progress, self.pause(UPKEEP)).await;
            }
            while !progress.is_stopped() {
                tokio::select! {
                    done = self.upkeep(troubles) => troubles.unless("upkeep", done),
                    () = stopped(progress) => {}
                }
                rest(progress, self.pause(UPKEEP)).await;
            }
        };
        // Name servers and sites that are silent keep nobody from the rest, nor from the end.
        let proving = async {
            while !progress.is_stopped() {
                tokio::select! {
                    done = self.prove() => troubles.unless("proofs", done),
                    () = stopped(progress) => {}
                }
                rest(progress, self.pause(PROOFS)).await;
            }
        };
        tokio::join!(
            finding,
            neutralising,
            sending(Channel::Mail),
            sending(Channel::Webhook),
            sending(Channel::Syslog),
            sending(Channel::Chat),
            keeping,
            proving
        );
    }

    /// How long it is until the next round of what one process does: of what is another one's, until that could be dead.
    fn pause(&self, what: &str) -> Duration {
        if self.held.has(what) { self.sync_every } else { self.sync_every.min(LEASE) }
    }

    /// Works, and holds on meanwhile to what is this process's, however long that takes.
    async fn holding<T>(&self, troubles: &Troubles, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            never = self.hold_on(troubles) => match never {},
        }
    }

    async fn hold_on(&self, troubles: &Troubles) -> Infallible {
        loop {
            sleep(RENEWAL).await;
            for what in self.held.all() {
                troubles.unless(&format!("holding on to {what}"), self.hold(what).await);
            }
        }
    }

    /// What this process does no more another one can do at once.
    async fn let_go(&self) -> Result<(), MonitorError> {
        let mut session = self.store.write().await?;
        session.let_go(UPKEEP, &self.name).await?;
        session.let_go(PROOFS, &self.name).await?;
        self.held.keep(UPKEEP, false);
        self.held.keep(PROOFS, false);
        Ok(session.commit().await?)
    }

    async fn find(&self) -> Result<(), MonitorError> {
        let found = self.finder.find(&self.leaks, now()).await?;
        if found.findings > 0 {
            let (findings, notices) = (counted(found.findings, "finding"), counted(found.notices, "notice"));
            tidings::say(&format!("version {}: {findings}, {notices}", found.version));
        }
        if found.tasks > 0 {
            tidings::say(&format!("{} to be neutralised", counted_are(found.tasks, "account")));
        }
        Ok(())
    }

    async fn neutralise(&self) -> Result<(), MonitorError> {
        let done = self.neutraliser.neutralise(now).await?;
        if done.done > 0 {
            tidings::say(&format!("neutralised {}", counted(done.done, "account")));
        }
        if done.postponed > 0 {
            tidings::say(&format!("tomorrow's: {}", counted(done.postponed, "account")));
        }
        if done.failed > 0 {
            tidings::warning(&format!("could not neutralise {}", counted(done.failed, "account")));
            tidings::hint("`mizumori task list ORG --state failed` shows why");
        }
        Ok(())
    }

    async fn send(&self) -> Result<Sent, MonitorError> {
        Ok(told(self.sender.send(now).await?))
    }

    async fn send_by(&self, channel: Channel) -> Result<Sent, MonitorError> {
        Ok(told(self.sender.send_by(channel, now).await?))
    }

    /// Reads the directories, and looks at what is open. Of several processes one does it: whether it was this one.
    async fn upkeep(&self, troubles: &Troubles) -> Result<bool, MonitorError> {
        if !self.hold(UPKEEP).await? {
            return Ok(false);
        }
        let read = tokio::select! {
            read = self.sync(troubles) => read,
            never = self.keep_following_up(troubles) => match never {},
        };
        let followed = self.follow_up().await;
        // Keys that cannot be destroyed now keep nobody's directory from being read, nor the other way round.
        troubles.unless("editions", self.editions().await);
        read.and(followed).map(|()| true)
    }

    /// While directories are read, which may take hours, open findings are looked at all the same.
    async fn keep_following_up(&self, troubles: &Troubles) -> Infallible {
        loop {
            sleep(self.sync_every).await;
            troubles.unless("open findings", self.follow_up().await);
        }
    }

    /// Looks at what is open.
    async fn follow_up(&self) -> Result<(), MonitorError> {
        let done = follow_up(&self.store, now()).await?;
        if done.settled > 0 {
            let settled = counted_are(done.settled, "finding");
            tidings::say(&format!("{settled} settled by the directory"));
        }
        if done.overdue > 0 {
            tidings::say(&format!("{} overdue", counted_are(done.overdue, "finding")));
        }
        Ok(())
    }

    /// Looks at the time of every organisation.
    async fn editions(&self) -> Result<(), MonitorError> {
        let done = look_after_editions(&self.store, &self.keys, now()).await?;
        for id in done.read_only {
            tidings::say(&format!("the time of `{id}` is over: it can only be read"));
        }
        for id in done.ended {
            tidings::say(&format!("`{id}` has ended: what was kept of it is destroyed"));
        }
        Ok(())
    }

    /// Looks whether proved domains still are. Of several processes one does it.
    async fn prove(&self) -> Result<(), MonitorError> {
        let Some(proofs) = &self.proofs else { return Ok(()) };
        if !self.hold(PROOFS).await? {
            return Ok(());
        }
        let done = proofs.look(now).await?;
        if done.failing > 0 {
            tidings::warning(&format!("the proof of {} was not found", counted(done.failing, "domain")));
        }
        if done.lapsed > 0 {
            tidings::warning(&format!("{} not served any more", counted_are(done.lapsed, "domain")));
        }
        if done.failing + done.lapsed > 0 {
            tidings::hint("`mizumori domain list` shows since when");
        }
        Ok(())
    }

    /// Whether this process is the one that does it now.
    async fn hold(&self, what: &'static str) -> Result<bool, MonitorError> {
        let mut session = self.store.write().await?;
        let is_ours = session.hold(what, &self.name, now(), LEASE).await?;
        session.commit().await?;
        self.held.keep(what, is_ours);
        Ok(is_ours)
    }

    async fn sync(&self, troubles: &Troubles) -> Result<(), MonitorError> {
        let mut session = self.store.read().await?;
        let mut all = Vec::new();
        for organisation in session.organisations().await? {
            if organisation.state_at(now()).0 != OrganisationState::Served {
                continue;
            }
            // One that nobody knows keeps nobody else's directories from being read.
            let edition = session.edition(&organisation.edition).await;
            let may = edition.as_ref().is_ok_and(|is| is.may(&organisation, Access::Directories).is_ok());
            let what = format!("directories of `{}`", organisation.id);
            troubles.unless(&what, edition.map_err(MonitorError::from));
            if may {
                let directories = session.tenant(&organisation.id).directories().await?;
                all.extend(directories.into_iter().map(|directory| (organisation.id.clone(), directory)));
            }
        }
        drop(session);
        // One that cannot be read, or is silent, keeps nobody else's from being.
        read_directories(
            &self.store,
            all,
            &self.tags,
            Shrinking::Refused,
            now,
            |organisation, directory, read| {
                let what = format!("directory `{}` of `{organisation}`", directory.name);
                let left_out = read.as_ref().map_or(0, |reading| reading.left_out);
                troubles.unless(&what, read);
                let left_out = (left_out > 0).then(|| format!("entries left out: {}", grouped(left_out)));
                troubles.keep(&format!("room for {what}"), left_out);
            },
        )
        .await;
        Ok(())
    }
}

/// Says what was sent.
fn told(sent: Sent) -> Sent {
    if sent.sent > 0 {
        tidings::say(&format!("sent {}", counted(sent.sent, "notice")));
    }
    if sent.dead > 0 {
        tidings::warning(&format!("gave {} up", counted(sent.dead, "notice")));
        tidings::hint("`mizumori notice list ORG --state dead` shows why");
    }
    sent
}

impl Held {
    fn has(&self, what: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(what)
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    fn keep(&self, what: &'static str, is_ours: bool) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_ours {
            held.insert(what)
        } else {
            held.remove(what)
        };
    }
}

impl Troubles {
    /// Says what went wrong, unless it was said before and has been so ever since.
    fn unless<T>(&self, what: &str, done: Result<T, MonitorError>) {
        self.keep(what, done.err().map(|error| Failure::from(error).in_words()));
    }

    fn keep(&self, what: &str, trouble: Option<String>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = format!("{what}: ");
        let Some(trouble) = trouble else { return told.retain(|trouble| !trouble.starts_with(&prefix)) };
        let trouble = format!("{prefix}{trouble}");
        if told.insert(trouble.clone()) {
            tidings::warning(&trouble);
        }
    }
}

/// Waits until somebody ends it.
async fn stopped(progress: &Progress) {
    while !progress.is_stopped() {
        sleep(NAP).await;
    }
}

/// Waits until somebody ends it, and for a while more.
async fn overdue(progress: &Progress) {
    stopped(progress).await;
    sleep(GRACE).await;
}

/// Rests for so long from now on, which is the end of a round, or until somebody ends it.
async fn rest(progress: &Progress, how_long: Duration) {
    let asleep = Instant::now();
    while !progress.is_stopped() {
        let left = how_long.saturating_sub(asleep.elapsed());
        if left.is_zero() {
            return;
        }
        sleep(NAP.min(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interval is the administrator's: there is no time so long from now on that it would have to be named.
    #[tokio::test]
    async fn a_rest_may_be_longer_than_time() {
        let progress = Progress::default();
        let woken = async {
            sleep(NAP).await;
            progress.stop();
        };
        tokio::join!(rest(&progress, Duration::MAX), woken);
        rest(&progress, Duration::ZERO).await;
    }
}
