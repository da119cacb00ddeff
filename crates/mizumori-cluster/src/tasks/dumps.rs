//! Dumps in units: where they are, and of which source what is in them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use mizumori_core::{Secret, Source, SourceIndex, SourceKind};
use mizumori_lake::{Described, log_folder};
use mizumori_read::{MemberName, Reader};
use mizumori_scan::{Dump, DumpPlace, LogFacts, MemberSource, Part, SourceMap};
use serde::{Deserialize, Serialize};

use super::Hands;
use crate::error::ClusterError;
use crate::unit::UnitError;

/// Dumps of a unit: opening them takes time too.
const DUMPS: usize = 2_000;

/// A dump that a cluster is to read.
#[derive(Clone, Debug)]
pub struct SharedDump {
    /// The dump, where every machine finds it.
    pub dump: Dump,
    /// Its bytes.
    pub bytes: u64,
}

/// Dumps that a cluster is to read, and what is known of them.
#[derive(Clone, Copy)]
pub struct SharedDumps<'d> {
    /// The dumps.
    pub dumps: &'d [SharedDump],
    /// The sources.
    pub sources: &'d [Source],
    /// Which of them each member is of.
    pub map: &'d SourceMap,
    /// Passwords of archives.
    pub passwords: &'d [Secret<String>],
    /// Bytes that a machine takes at once, at least a megabyte.
    pub unit_bytes: u64,
}

/// Whether a long dump is for several machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Long {
    /// Each takes a part.
    Cut,
    /// One takes all of it.
    Whole,
}

/// The dumps of a unit.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DumpsText {
    dumps: Vec<DumpText>,
    sources: Vec<Described>,
    passwords: Vec<String>,
}

/// One dump of a unit.
#[derive(Clone, Serialize, Deserialize)]
struct DumpText {
    name: String,
    place: PlaceText,
    part: Option<(u64, u64)>,
    source: Option<usize>,
    inside: Vec<(String, usize)>,
}

/// Where a dump is.
#[derive(Clone, Serialize, Deserialize)]
enum PlaceText {
    /// A file that every machine has at the same path.
    File(Vec<u8>),
    /// An object of a store.
    Url(String),
}

impl SharedDumps<'_> {
    /// The `chosen` dumps in units of like size, the large ones first. A dump that cannot be read elsewhere is an error. The files of
    /// a stealer log stay together: what one of them says of the computer goes into the rows of the others.
    pub(super) fn units(
        &self,
        chosen: impl Iterator<Item = usize>,
        long: Long,
    ) -> Result<Vec<DumpsText>, ClusterError> {
        let chosen: Vec<_> = chosen.filter_map(|at| self.dumps.get(at)).collect();
        let names = chosen.iter().map(|shared| shared.dump.name.as_str());
        let told: HashSet<_> = names.filter(|name| LogFacts::may_stand_in(name)).map(log_folder).collect();
        // Parts begin at even places.
        let unit = self.unit_bytes.max(1 << 20).next_multiple_of(2);
        let mut parts: Vec<(u64, Vec<DumpText>)> = Vec::new();
        // Where the files of each log are put.
        let mut logs: HashMap<String, usize> = HashMap::new();
        for shared in chosen {
            let text = self.text(&shared.dump).map_err(ClusterError::NotShared)?;
            let cuts = shared.bytes.div_ceil(unit).max(1);
            if cuts == 1 || long == Long::Whole {
                let log = self.log_of(&text, &told);
                let started = log.as_ref().and_then(|log| parts.get_mut(*logs.get(log)?));
                match started.filter(|(bytes, dumps)| *bytes + shared.bytes <= unit && dumps.len() < DUMPS) {
                    Some((bytes, dumps)) => {
                        *bytes += shared.bytes;
                        dumps.push(text);
                    }
                    None => {
                        logs.extend(log.map(|log| (log, parts.len())));
                        parts.push((shared.bytes, vec![text]));
                    }
                }
                continue;
            }
            for cut in 0..cuts {
                let (start, end) = (cut * unit, if cut + 1 == cuts { u64::MAX } else { (cut + 1) * unit });
                parts.push((unit, vec![DumpText { part: Some((start, end)), ..text.clone() }]));
            }
        }
        parts.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        let sources: Vec<_> = self.sources.iter().map(Described::of).collect();
        let passwords: Vec<_> = self.passwords.iter().map(|password| password.expose().clone()).collect();
        let mut units: Vec<(u64, DumpsText)> = Vec::new();
        for (bytes, dumps) in parts {
            match units.last_mut() {
                Some((filled, last)) if *filled + bytes <= unit && last.dumps.len() < DUMPS => {
                    *filled += bytes;
                    last.dumps.extend(dumps);
                }
                _ => {
                    let (sources, passwords) = (sources.clone(), passwords.clone());
                    units.push((bytes, DumpsText { dumps, sources, passwords }));
                }
            }
        }
        Ok(units.into_iter().map(|(_, unit)| unit).collect())
    }

    /// The folder of the log that a dump belongs to: its own, or the one around it where that one is `told`, which is where a file
    /// tells the computer.
    fn log_of(&self, dump: &DumpText, told: &HashSet<&str>) -> Option<String> {
        let source = self.sources.get(dump.source?)?;
        let own = log_folder(&dump.name);
        let around = log_folder(own);
        let folder = if !told.contains(own) && told.contains(around) { around } else { own };
        (source.kind == SourceKind::StealerLog).then(|| folder.to_owned())
    }

    fn text(&self, dump: &Dump) -> Result<DumpText, String> {
        let place = match &dump.place {
            DumpPlace::File(path) => {
                let path = std::path::absolute(path).map_err(|error| format!("`{}`: {error}", dump.name))?;
                PlaceText::File(path.into_os_string().as_bytes().to_vec())
            }
            DumpPlace::Held(_) => PlaceText::Url(dump.name.to_string()),
            DumpPlace::StandardInput => return Err("other machines cannot read standard input".to_owned()),
        };
        let inside = self.map.inside_of(&dump.name).map(|(name, source)| (name.to_owned(), source.0));
        Ok(DumpText {
            name: dump.name.to_string(),
            place,
            part: None,
            source: self.map.of_member(&dump.name).map(|source| source.0),
            inside: inside.collect(),
        })
    }
}

/// The dumps of a unit, where they are read.
pub(super) struct Here {
    pub(super) dumps: Vec<Dump>,
    pub(super) sources: Vec<Source>,
    pub(super) map: SourceMap,
    pub(super) reader: Reader,
}

impl Here {
    /// Finds the dumps of a unit.
    pub(super) fn of(text: &DumpsText, hands: &Hands) -> Result<Self, UnitError> {
        let sources: Result<Vec<_>, _> = text.sources.iter().map(Described::source).collect();
        let sources = sources.map_err(|error| UnitError::Permanent(error.to_string()))?;
        let mut map = SourceMap::default();
        let mut dumps = Vec::new();
        for dump in &text.dumps {
            if let Some(source) = dump.source {
                map.dump(&dump.name, SourceIndex(source));
            }
            for (name, source) in &dump.inside {
                map.inside(name, SourceIndex(*source));
            }
            let place = match &dump.place {
                PlaceText::File(path) => DumpPlace::File(PathBuf::from(OsString::from_vec(path.clone()))),
                PlaceText::Url(url) => hands.object(url)?,
            };
            let part = dump.part.map(|(start, end)| Part { start, end });
            dumps.push(Dump { part, ..Dump::new(MemberName::new(&dump.name), place) });
        }
        let passwords = text.passwords.iter().cloned().map(Secret::new).collect();
        let reader = Reader::new(hands.limits).with_passwords(passwords);
        Ok(Self { dumps, sources, map, reader })
    }

    /// The source of a member; `None` when it is the description of one.
    pub(super) fn source(&self, member: &MemberName) -> Option<MemberSource> {
        self.map.source_of(member, &self.sources)
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::SourceId;

    use super::*;

    #[test]
    fn the_files_of_a_log_stay_together() {
        let name = |at: usize| match at / 7 {
            0 => format!("logs/{}/UserInformation.txt", at % 7),
            of if of % 2 == 0 => format!("logs/{}/Autofill/{at}.txt", at % 7),
            _ => format!("logs/{}/{at}.txt", at % 7),
        };
        let log = Source { kind: SourceKind::StealerLog, ..Source::undescribed(SourceId::new("logs")) };
        let mut map = SourceMap::default();
        let dumps: Vec<_> = (0..70)
            .map(|at| {
                map.dump(&name(at), SourceIndex(0));
                let place = DumpPlace::File(name(at).into());
                SharedDump { dump: Dump::new(MemberName::new(&name(at)), place), bytes: 1 << 18 }
            })
            .collect();
        let sources = [log];
        let shared =
            SharedDumps { dumps: &dumps, sources: &sources, map: &map, passwords: &[], unit_bytes: 4 << 20 };
        let units = shared.units(0..70, Long::Cut).unwrap();
        assert!(units.len() > 4, "{} units", units.len());
        for folder in 0..7 {
            let of = |unit: &&DumpsText| {
                unit.dumps.iter().any(|dump| dump.name.starts_with(&format!("logs/{folder}/")))
            };
            assert_eq!(units.iter().filter(of).count(), 1, "folder {folder}");
        }
        assert_eq!(units.iter().map(|unit| unit.dumps.len()).sum::<usize>(), 70);
        // A folder of more than a unit is no log of one computer.
        let small = SharedDumps { unit_bytes: 1 << 20, ..shared };
        assert!(small.units(0..70, Long::Cut).unwrap().iter().all(|unit| unit.dumps.len() <= 4));
    }
}
