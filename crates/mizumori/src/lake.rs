//! What the commands of the lake have in common: where it is, and where its keys are.
//!
//! Without any setting the keys lie in the user's own data folder, readable by nobody else: the master key, and one key
//! ring a lake. Whoever loses them has a lake that answers nothing, and is told so when they are made.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use mizumori_core::Secret;
use mizumori_core::domain::SUFFIX_LIST;
use mizumori_core::keys::{KeyRing, MasterKey};
use mizumori_lake::{Lake, Place};

use crate::config::Config;
use crate::outcome::Failure;
use crate::ring_file::{RingFile, read_ring};
use crate::tidings;

/// The variable that holds the master key.
const MASTER: &str = "MIZUMORI_MASTER_KEY";

/// The options of every command that opens a lake.
#[derive(Debug, Args)]
pub(crate) struct LakeOptions {
    /// The lake: a folder, or a URL such as s3://bucket/lake [env: MIZUMORI_LAKE]
    #[arg(long, value_name = "URL")]
    pub(crate) lake: Option<String>,

    /// The key ring of the lake [default: in the user's data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}

/// Where the keys of a lake lie.
struct KeyFiles {
    /// The key ring, where the user named it.
    ring: Option<PathBuf>,
    /// The master key, where it is no variable.
    master: Option<PathBuf>,
}

impl LakeOptions {
    /// The lake that is asked for, here, in the environment or in the configuration.
    fn asked(&self, config: &Config) -> Option<String> {
        let variable = || std::env::var("MIZUMORI_LAKE").ok().filter(|value| !value.is_empty());
        self.lake.clone().or_else(variable).or_else(|| config.lake.clone())
    }

    /// Whether one is.
    pub(crate) fn is_asked(&self, config: &Config) -> bool {
        self.asked(config).is_some()
    }

    /// Where the lake is.
    fn place(&self, config: &Config) -> Result<Place, Failure> {
        let Some(text) = self.asked(config) else {
            return Err(Failure::say("no lake is named")
                .hint("give --lake FOLDER, or write `lake = \"…\"` into mizumori.toml"));
        };
        Ok(Place::parse(&text)?)
    }

    /// Opens the lake that is there.
    pub(crate) fn open(&self, config: &Config) -> Result<Lake, Failure> {
        let place = self.place(config)?;
        Lake::open(&place)?.ok_or_else(|| {
            Failure::say(format!("there is no lake at `{place}`"))
                .hint("`mizumori ingest --lake …` makes one")
        })
    }

    /// Opens the lake that is there, with its keys.
    pub(crate) fn open_with_keys(&self, config: &Config) -> Result<(Lake, KeyRing), Failure> {
        let lake = self.open(config)?;
        let ring = self.ring(config, &lake)?;
        Ok((lake, ring))
    }

    /// Opens the lake, or makes an empty one and its keys.
    pub(crate) fn open_or_create(&self, config: &Config) -> Result<(Lake, KeyRing), Failure> {
        let place = self.place(config)?;
        if let Some(lake) = Lake::open(&place)? {
            let ring = self.ring(config, &lake)?;
            return Ok((lake, ring));
        }
        // Keys are not made for a place where no lake can be.
        place.make()?;
        let files = self.key_files(config);
        let ring = match &files.ring {
            Some(file) if file.exists() => read_ring(file, &files.master_key()?)?,
            _ => Self::make_ring(&files)?,
        };
        let lake = Lake::create(&place, &ring)?;
        tidings::say(&format!("made a lake at `{place}`"));
        Ok((lake, ring))
    }

    fn key_files(&self, config: &Config) -> KeyFiles {
        let ring = self.keys.clone().or_else(|| config.keys.clone());
        KeyFiles { ring, master: config.master_key.clone() }
    }

    /// The key ring of a lake, for whoever destroys keys in it.
    #[cfg(feature = "loop")]
    pub(crate) fn ring_keys(&self, config: &Config, lake: &Lake) -> Result<RingKeys, Failure> {
        // In another lake's ring nothing is to be destroyed.
        lake.check_keys(&self.ring_of(config, lake)?)?;
        let files = self.key_files(config);
        Ok(RingKeys { ring: files.ring_of(lake)?, files })
    }

    /// Changes the key ring of the lake: its file is whole at every moment, and no other change gets lost. When `change` fails it
    /// is as it was.
    pub(crate) fn change_ring<T>(
        &self,
        config: &Config,
        change: impl FnOnce(&mut KeyRing) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let lake = self.open(config)?;
        lake.check_keys(&self.ring_of(config, &lake)?)?;
        Ok(self.change_ring_of(config, &lake, change)?.1)
    }

    /// The same of a lake that is open, whatever it says of the ring; the ring as it is then.
    pub(crate) fn change_ring_of<T>(
        &self,
        config: &Config,
        lake: &Lake,
        change: impl FnOnce(&mut KeyRing) -> Result<T, Failure>,
    ) -> Result<(KeyRing, T), Failure> {
        let files = self.key_files(config);
        let (file, master) = (RingFile::lock(&files.ring_of(lake)?)?, files.master_key()?);
        let mut ring = file.read(&master)?;
        let changed = change(&mut ring)?;
        file.replace(&ring, &master)?;
        Ok((ring, changed))
    }

    /// Wraps the ring under the master key in `new_master`, which is made where there is none.
    pub(crate) fn rewrap(&self, config: &Config, new_master: &Path) -> Result<(), Failure> {
        let lake = self.open(config)?;
        let files = self.key_files(config);
        let path = files.ring_of(&lake)?;
        let file = RingFile::lock(&path)?;
        let ring = file.read(&files.master_key()?)?;
        lake.check_keys(&ring)?;
        let master = if new_master.exists() {
            read_master(new_master)?
        } else {
            let master = MasterKey::random().map_err(Failure::new)?;
            write_new(new_master, master.to_text().expose())?;
            tidings::say(&format!("made a master key: `{}`", new_master.display()));
            master
        };
        file.replace(&ring, &master)?;
        tidings::say(&format!("wrapped `{}` under `{}`", path.display(), new_master.display()));
        tidings::hint(&format!(
            "write `master_key = \"{}\"` into mizumori.toml, or set {MASTER}; copies of the old ring still open under the old \
             key: destroy them",
            new_master.display()
        ));
        Ok(())
    }

    /// The ring of a lake that is there.
    fn ring(&self, config: &Config, lake: &Lake) -> Result<KeyRing, Failure> {
        let ring = self.ring_of(config, lake)?;
        lake.check_keys(&ring)?;
        if let Some(list) = lake.other_suffix_list()? {
            tidings::warning(&format!(
                "this lake was made with the public suffix list of `{list}`, this program has that of `{SUFFIX_LIST}`: \
                 accounts below suffixes that changed in between are not found"
            ));
            tidings::hint("ingest all sources into a new lake when you can");
        }
        Ok(ring)
    }

    /// The same, whatever the lake says of it.
    pub(crate) fn ring_of(&self, config: &Config, lake: &Lake) -> Result<KeyRing, Failure> {
        let files = self.key_files(config);
        read_ring(&files.ring_of(lake)?, &files.master_key()?)
    }

    fn make_ring(files: &KeyFiles) -> Result<KeyRing, Failure> {
        let master = match files.master_key() {
            Ok(master) => master,
            Err(failure) => match files.master_file()? {
                Some(file) if !file.exists() => {
                    let master = MasterKey::random().map_err(Failure::new)?;
                    write_new(&file, master.to_text().expose())?;
                    tidings::say(&format!("made a master key: `{}`", file.display()));
                    master
                }
                _ => return Err(failure),
            },
        };
        let ring = KeyRing::create().map_err(Failure::new)?;
        let file = match &files.ring {
            Some(file) => file.clone(),
            None => own_folder()?.join("keys").join(format!("{}.toml", ring.id())),
        };
        write_new(&file, &ring.to_text(&master).map_err(Failure::new)?)?;
        tidings::say(&format!("made the lake's key ring: `{}`", file.display()));
        tidings::hint("keep copies of both, apart from the lake: without them nobody can ask it anything");
        Ok(ring)
    }
}

/// The key ring of a lake, in which keys can be destroyed.
#[cfg(feature = "loop")]
pub(crate) struct RingKeys {
    ring: PathBuf,
    files: KeyFiles,
}

#[cfg(feature = "loop")]
impl RingKeys {
    /// Destroys all data keys of these domains: all of them, or none where it fails. Gives how many there were.
    pub(crate) fn shred(&self, domains: &[mizumori_core::DomainName]) -> Result<u64, Failure> {
        let (file, master) = (RingFile::lock(&self.ring)?, self.files.master_key()?);
        let mut ring = file.read(&master)?;
        let shredded: usize = domains.iter().map(|domain| ring.shred(domain.as_str()).len()).sum();
        if shredded > 0 {
            file.replace(&ring, &master)?;
        }
        Ok(shredded as u64)
    }
}

impl KeyFiles {
    /// The file of the ring of a lake.
    fn ring_of(&self, lake: &Lake) -> Result<PathBuf, Failure> {
        match &self.ring {
            Some(file) => Ok(file.clone()),
            None => Ok(own_folder()?.join("keys").join(format!("{}.toml", lake.keys()?))),
        }
    }

    /// The file of the master key; `None` when the key is in a variable.
    fn master_file(&self) -> Result<Option<PathBuf>, Failure> {
        if std::env::var_os(MASTER).is_some_and(|value| !value.is_empty()) {
            return Ok(None);
        }
        match &self.master {
            Some(file) => Ok(Some(file.clone())),
            None => own_folder().map(|folder| Some(folder.join("master.key"))),
        }
    }

    fn master_key(&self) -> Result<MasterKey, Failure> {
        let (text, name) = match self.master_file()? {
            None => {
                (Secret::new(std::env::var(MASTER).unwrap_or_default()), format!("the variable {MASTER}"))
            }
            Some(file) => return read_master(&file),
        };
        MasterKey::parse(text.expose()).with_context(|| format!("in {name}")).map_err(Failure::new)
    }
}

fn read_master(file: &Path) -> Result<MasterKey, Failure> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("could not read the master key `{}`", file.display()))
        .map_err(|error| {
            Failure::new(error)
                .hint(format!("set {MASTER}, or write `master_key = \"FILE\"` into mizumori.toml"))
        })?;
    let text = Secret::new(text);
    MasterKey::parse(text.expose()).with_context(|| format!("in `{}`", file.display())).map_err(Failure::new)
}

/// Writes a file that was not there, for its owner's eyes only.
fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let failed = || format!("could not write `{}`", file.display());
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(failed).map_err(Failure::new)?;
    }
    let write = || {
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()
    };
    write().with_context(failed).map_err(Failure::new)
}

/// The user's own folder for data of this program (XDG Base Directory Specification).
fn own_folder() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("mizumori")).ok_or_else(|| {
        Failure::say("there is no home folder in which keys could lie")
            .hint(format!("give --keys FILE and set {MASTER}"))
    })
}
