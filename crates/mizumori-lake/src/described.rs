//! A source's description, as it is written down and sent.

use mizumori_core::{PartialDate, Source, SourceId};
use serde::{Deserialize, Serialize};

use crate::error::{LakeError, damaged};

/// What is said of a source. It reads back as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// Its id.
    pub id: String,
    title: String,
    kind: String,
    place: String,
    leaked: Option<String>,
    breached: Option<String>,
    obtained: Option<String>,
    public: bool,
    fabricated: bool,
    level: Option<String>,
}

impl Described {
    /// What is said of `source`.
    pub fn of(source: &Source) -> Self {
        let date = |date: Option<PartialDate>| date.map(|date| date.to_string());
        Self {
            id: source.id.to_string(),
            title: source.title.clone(),
            kind: source.kind.to_string(),
            place: source.place.clone(),
            leaked: date(source.leaked),
            breached: date(source.breached),
            obtained: date(source.obtained),
            public: source.public,
            fabricated: source.fabricated,
            level: source.level.map(|level| level.as_str().to_owned()),
        }
    }

    /// The source.
    ///
    /// # Errors
    /// When it was written by somebody else.
    pub fn source(&self) -> Result<Source, LakeError> {
        let wrong = |why: &str| damaged(format!("the description of `{}`", self.id), why);
        let date = |text: &Option<String>| {
            text.as_deref().map(str::parse::<PartialDate>).transpose().map_err(|_| wrong("a wrong date"))
        };
        let mut source = Source::undescribed(SourceId::new(&self.id));
        source.title.clone_from(&self.title);
        source.kind = self.kind.parse().map_err(|()| wrong("an unknown kind"))?;
        source.place.clone_from(&self.place);
        source.leaked = date(&self.leaked)?;
        source.breached = date(&self.breached)?;
        source.obtained = date(&self.obtained)?;
        (source.public, source.fabricated) = (self.public, self.fabricated);
        source.level =
            self.level.as_deref().map(str::parse).transpose().map_err(|_| wrong("an unknown level"))?;
        Ok(source)
    }
}
