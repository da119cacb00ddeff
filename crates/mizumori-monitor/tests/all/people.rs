//! A directory in memory, which does what it is told to, or fails of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use mizumori_core::{Account, Groups, LocalPart, Timestamp};
use mizumori_directory::{
    Action, DirectoryError, Entry, EntryId, Lookup, Neutralise, Outcome, Privilege, Standing, Whom,
};
use mizumori_monitor::{Acting, Connect};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It does what it is told to.
    Well,
    /// It says that it has done it, and shows nothing of it yet.
    Late,
    /// Nobody is there.
    Away,
    /// It asks for a while.
    Busy(Duration),
    /// It does what it is told to, and nobody hears of it.
    Silent,
    /// It does not, and says so.
    Refusing(Outcome),
    /// It is only read.
    ReadOnly,
}

/// Entries by their ids, which are their addresses.
#[derive(Clone)]
pub(crate) struct People(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) mood: Mood,
    pub(crate) entries: BTreeMap<String, Entry>,
    /// What was done, in order.
    pub(crate) acted: Vec<(Action, String)>,
    /// The groups of which it was to be asked last.
    pub(crate) asked: Vec<String>,
    /// How often it was knocked at.
    pub(crate) knocks: usize,
}

impl People {
    pub(crate) fn new(addresses: &[&str]) -> Self {
        let entry = |address: &&str| {
            let account = Account::parse(address, LocalPart::Column).unwrap().into_owned();
            let mut entry = Entry::new(EntryId::new(*address).unwrap());
            entry.addresses.push(account);
            entry.standing = Standing::Enabled;
            entry.groups = Groups::All(Vec::new());
            ((*address).to_owned(), entry)
        };
        let entries = addresses.iter().map(entry).collect();
        Self(Arc::new(Mutex::new(State {
            mood: Mood::Well,
            entries,
            acted: Vec::new(),
            asked: Vec::new(),
            knocks: 0,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Changes an entry, past everybody.
    pub(crate) fn change(&self, address: &str, change: impl FnOnce(&mut Entry)) {
        change(self.state().entries.get_mut(address).unwrap());
    }

    /// Somebody changes his password.
    pub(crate) fn change_password(&self, address: &str, at: Timestamp) {
        self.change(address, |entry| {
            (entry.password_changed_at, entry.must_change) = (Some(at.into()), false);
        });
    }

    pub(crate) fn promote(&self, address: &str) {
        self.change(address, |entry| entry.privilege = Privilege::Privileged);
    }

    /// How often each was acted upon.
    pub(crate) fn acted(&self) -> Vec<String> {
        self.state().acted.iter().map(|(action, entry)| format!("{} {entry}", action.as_str())).collect()
    }

    pub(crate) fn connect(&self) -> Arc<Connect> {
        let people = self.clone();
        Arc::new(move |_, groups| {
            people.state().asked = groups.to_vec();
            Ok(Box::new(people.clone()))
        })
    }

    fn act_on(&self, action: Action, whom: &Whom) -> mizumori_directory::Result<Outcome> {
        let mut state = self.knock()?;
        if let Mood::Refusing(outcome) = state.mood {
            return Ok(outcome);
        }
        let Whom::Id(id) = whom else { panic!("{whom:?}") };
        let is_late = state.mood == Mood::Late;
        let Some(entry) = state.entries.get_mut(id.as_str()) else { return Ok(Outcome::NotFound) };
        match action {
            _ if is_late => {}
            Action::ForceChange => entry.must_change = true,
            Action::Disable => entry.standing = Standing::Disabled,
            Action::EndSessions => {}
        }
        state.acted.push((action, id.as_str().to_owned()));
        match state.mood {
            Mood::Silent => Err(DirectoryError::TimedOut { server: "ldap.suigen.example".to_owned() }),
            _ => Ok(Outcome::Done),
        }
    }

    fn knock(&self) -> mizumori_directory::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.knocks += 1;
        match state.mood {
            Mood::Away => {
                Err(DirectoryError::Unreachable { server: "ldap.suigen.example".to_owned(), cause: None })
            }
            Mood::Busy(after) => {
                Err(DirectoryError::Busy { server: "ldap.suigen.example".to_owned(), after: Some(after) })
            }
            _ => Ok(state),
        }
    }
}

impl Acting for People {
    fn acting(&self) -> Option<&dyn Neutralise> {
        (self.state().mood != Mood::ReadOnly).then_some(self)
    }
}

#[async_trait]
impl Lookup for People {
    async fn entry(&self, whom: &Whom) -> mizumori_directory::Result<Option<Entry>> {
        let Whom::Id(id) = whom else { panic!("{whom:?}") };
        Ok(self.knock()?.entries.get(id.as_str()).cloned())
    }
}

#[async_trait]
impl Neutralise for People {
    fn actions(&self) -> &'static [Action] {
        &Action::ALL
    }

    async fn force_change(&self, whom: &Whom) -> mizumori_directory::Result<Outcome> {
        self.act_on(Action::ForceChange, whom)
    }

    async fn disable(&self, whom: &Whom) -> mizumori_directory::Result<Outcome> {
        self.act_on(Action::Disable, whom)
    }

    async fn end_sessions(&self, whom: &Whom) -> mizumori_directory::Result<Outcome> {
        self.act_on(Action::EndSessions, whom)
    }
}
