//! A lake, as the loop asks one.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use mizumori_core::keys::TagLayers;
use mizumori_lake::{Lake, LakeError};
use mizumori_monitor::{Leaks, LeaksError, Receive, Title, Told, Wanted};

/// A lake whose newest version is shown.
pub(crate) struct LakeLeaks {
    name: String,
    lake: Mutex<Lake>,
    tags: TagLayers,
}

impl LakeLeaks {
    /// The lake, and the tags of its keys.
    pub(crate) fn new(lake: Lake, tags: TagLayers) -> Self {
        Self { name: lake.url().to_owned(), lake: Mutex::new(lake), tags }
    }
}

impl Leaks for LakeLeaks {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> Result<u64, LeaksError> {
        let mut lake = self.lake.lock().unwrap_or_else(PoisonError::into_inner);
        lake.refresh().and_then(|()| lake.version()).map_err(wrapped)
    }

    fn read(&self, wanted: &Wanted, receive: &mut Receive<'_>) -> Result<Told, LeaksError> {
        let mut lake = self.lake.lock().unwrap_or_else(PoisonError::into_inner);
        // What is given twice because a file went away in between is found once.
        lake.current(|lake| read(lake, wanted, &self.tags, receive)).map_err(wrapped)
    }

    fn describe(&self, source: &str) -> Result<Option<Title>, LeaksError> {
        let lake = self.lake.lock().unwrap_or_else(PoisonError::into_inner);
        let source = lake.source(source).map_err(wrapped)?;
        Ok(source.map(|source| Title { title: source.title, kind: source.kind.as_str().to_owned() }))
    }
}

fn read(
    lake: &Lake,
    wanted: &Wanted,
    tags: &TagLayers,
    receive: &mut Receive<'_>,
) -> Result<Told, LakeError> {
    match wanted {
        Wanted::Since(version) => match lake.since(*version, &mut |new| receive(new.exposures)) {
            Ok(untold) => {
                Ok(Told { untold: untold.into_iter().map(|untold| untold.source).collect(), is_cut: false })
            }
            Err(LakeError::LogCut { .. }) => Ok(Told { is_cut: true, ..Told::default() }),
            Err(error) => Err(error),
        },
        Wanted::Everything => lake.everything(receive).map(|()| Told::default()),
        Wanted::Domains(names) => {
            let points = lake.points()?;
            for name in names {
                if receive(points.domain(tags.domain(name))?) == ControlFlow::Break(()) {
                    break;
                }
            }
            Ok(Told::default())
        }
    }
}

fn wrapped(error: LakeError) -> LeaksError {
    LeaksError { class: error.class(), cause: Box::new(error) }
}
