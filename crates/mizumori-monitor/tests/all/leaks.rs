//! Leaks in memory.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;

use mizumori_core::{ErrorClass, Exposure, domain};
use mizumori_monitor::{Leaks, LeaksError, Receive, Title, Told, Wanted};

/// A part is so long that what is tested comes in several.
const PART: usize = 64;

/// Commits, each with what it brought.
#[derive(Default)]
pub(crate) struct InMemory(Mutex<State>);

#[derive(Default)]
struct State {
    commits: Vec<Vec<Exposure>>,
    /// What came before is not told apart any more.
    cut: u64,
    untold: BTreeSet<String>,
    is_breaking: bool,
}

impl InMemory {
    pub(crate) fn commit(&self, exposures: Vec<Exposure>) {
        self.0.lock().unwrap().commits.push(exposures);
    }

    /// Forgets what was new in what there is.
    pub(crate) fn cut(&self) {
        let mut state = self.0.lock().unwrap();
        state.cut = state.commits.len() as u64;
    }

    /// Breaks off when all was given.
    pub(crate) fn break_off(&self) {
        self.0.lock().unwrap().is_breaking = true;
    }

    /// Forgets what was new of a source.
    pub(crate) fn forget_news_of(&self, source: &str) {
        self.0.lock().unwrap().untold.insert(source.to_owned());
    }
}

impl Leaks for InMemory {
    fn name(&self) -> &str {
        "memory"
    }

    fn version(&self) -> Result<u64, LeaksError> {
        Ok(self.0.lock().unwrap().commits.len() as u64)
    }

    fn read(&self, wanted: &Wanted, receive: &mut Receive<'_>) -> Result<Told, LeaksError> {
        let state = self.0.lock().unwrap();
        let first = match wanted {
            Wanted::Since(version) if *version < state.cut => {
                return Ok(Told { is_cut: true, ..Told::default() });
            }
            Wanted::Since(version) => usize::try_from(*version).unwrap(),
            Wanted::Everything | Wanted::Domains(_) => 0,
        };
        let is_wanted = |exposure: &&Exposure| match wanted {
            Wanted::Since(_) => !state.untold.contains(&exposure.source),
            Wanted::Everything => true,
            Wanted::Domains(names) => {
                domain::self_and_parents(&exposure.host).any(|name| names.iter().any(|wanted| wanted == name))
            }
        };
        for commit in state.commits.get(first..).unwrap_or_default() {
            let exposures: Vec<_> = commit.iter().filter(is_wanted).cloned().collect();
            for part in exposures.chunks(PART) {
                if receive(part.to_vec()) == ControlFlow::Break(()) {
                    return Ok(Told::default());
                }
            }
        }
        if state.is_breaking {
            return Err(LeaksError { class: ErrorClass::Environment, cause: "the lake is away".into() });
        }
        let untold = if matches!(wanted, Wanted::Since(_)) { state.untold.clone() } else { BTreeSet::new() };
        Ok(Told { untold, is_cut: false })
    }

    fn describe(&self, source: &str) -> Result<Option<Title>, LeaksError> {
        Ok((source != "nameless")
            .then(|| Title { title: format!("the leak {source}"), kind: "combo-list".to_owned() }))
    }
}
