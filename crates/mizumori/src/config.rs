//! The configuration file: what need not be said on every command line.
//!
//! `mizumori.toml` in the current folder, or the file that `MIZUMORI_CONFIG` names. A command-line option goes
//! before the environment, the environment before the file, the file before what is built in.

use std::path::{Path, PathBuf};

use anyhow::Context;
use mizumori_core::document::{Document, Table};
use mizumori_read::Limits;
use mizumori_scan::RecordLimits;

use crate::outcome::Failure;
use crate::size::Size;

/// The file that is looked for in the current folder.
const FILE: &str = "mizumori.toml";

/// What the configuration says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Where it stands.
    pub(crate) file: Option<PathBuf>,
    /// The watch list; a relative path is one from the file's folder, here and below.
    pub(crate) watch: Option<PathBuf>,
    /// The index of leaked passwords.
    pub(crate) guard: Option<PathBuf>,
    /// The file of the secret keys of a private index.
    pub(crate) private_keys: Option<PathBuf>,
    /// The lake.
    pub(crate) lake: Option<String>,
    /// The store.
    pub(crate) store: Option<String>,
    /// The key ring of the lake.
    pub(crate) keys: Option<PathBuf>,
    /// The file of the master key.
    pub(crate) master_key: Option<PathBuf>,
    /// The file of the cluster's key.
    pub(crate) cluster_key: Option<PathBuf>,
    /// The folder of this machine's certificate in the cluster.
    pub(crate) tls: Option<PathBuf>,
    /// Memory that large work may use.
    #[cfg_attr(
        not(any(feature = "lake", feature = "guard")),
        expect(dead_code, reason = "only large work asks for it")
    )]
    pub(crate) memory: Option<Size>,
    /// Worker threads.
    pub(crate) threads: Option<usize>,
    /// How long sources stay in a lake.
    #[cfg(feature = "lake")]
    pub(crate) retention: mizumori_lake::Retention,
    /// The name servers that are asked for proofs of domains; the system's, where there are none.
    #[cfg(feature = "store")]
    pub(crate) name_servers: Vec<std::net::SocketAddr>,
    /// How channels are reached.
    #[cfg(feature = "monitor")]
    pub(crate) channels: crate::channels::ChannelTable,
    /// How mails go out.
    #[cfg(feature = "monitor")]
    pub(crate) mail: Option<crate::mail::MailTable>,
    /// Limits of containers.
    pub(crate) limits: Limits,
    /// Limits of records.
    pub(crate) records: RecordLimits,
}

impl Config {
    /// Reads the configuration; without a file it is empty.
    pub(crate) fn load() -> Result<Self, Failure> {
        let named = std::env::var_os("MIZUMORI_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
        let file = match named {
            Some(file) => file,
            None if Path::new(FILE).is_file() => PathBuf::from(FILE),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("could not read the configuration `{}`", file.display()))
            .map_err(Failure::new)?;
        let name = file.display().to_string();
        let mut config = Document::read(&name, &text, Self::read).map_err(Failure::new)?;
        if let Some(folder) = file.parent() {
            let files = [
                &mut config.watch,
                &mut config.guard,
                &mut config.private_keys,
                &mut config.keys,
                &mut config.master_key,
                &mut config.cluster_key,
                &mut config.tls,
            ];
            for path in files.into_iter().flatten() {
                *path = folder.join(&*path);
            }
            #[cfg(feature = "monitor")]
            if let Some(mail) = &mut config.mail {
                mail.below(folder);
            }
            let places = [&mut config.lake, &mut config.store];
            for place in places.into_iter().flatten().filter(|place| !place.contains("://")) {
                *place = folder.join(&*place).display().to_string();
            }
        }
        config.file = Some(file);
        Ok(config)
    }

    fn read(document: &mut Document<'_>, root: &Table<'_>) -> Option<Self> {
        let known = [
            "watch",
            "guard",
            "private_keys",
            "lake",
            "store",
            "keys",
            "master_key",
            "cluster_key",
            "tls",
            "memory",
            "threads",
            "retention",
            "limits",
            "mail",
            "channels",
            "name_servers",
        ];
        document.only(root, &known);
        let mut config = Self {
            watch: document.string(root, "watch").map(|watch| PathBuf::from(watch.text)),
            guard: document.string(root, "guard").map(|guard| PathBuf::from(guard.text)),
            private_keys: document.string(root, "private_keys").map(|file| PathBuf::from(file.text)),
            lake: document.string(root, "lake").map(|lake| lake.text),
            store: document.string(root, "store").map(|store| store.text),
            keys: document.string(root, "keys").map(|keys| PathBuf::from(keys.text)),
            master_key: document.string(root, "master_key").map(|file| PathBuf::from(file.text)),
            cluster_key: document.string(root, "cluster_key").map(|file| PathBuf::from(file.text)),
            tls: document.string(root, "tls").map(|folder| PathBuf::from(folder.text)),
            memory: Self::size(document, root),
            threads: document.count(root, "threads").and_then(|threads| usize::try_from(threads).ok()),
            ..Self::default()
        };
        if config.threads == Some(0) {
            document.mistake(
                root.span_of("threads"),
                "`threads` is 0".to_owned(),
                Some("write 1 or more".to_owned()),
            );
        }
        if let Some(table) = document.table(root, "retention") {
            document.only(&table, &["leaked_months", "kept_days"]);
            #[cfg(feature = "lake")]
            {
                let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
                config.retention.leaked_months = document.count(&table, "leaked_months").map(number);
                config.retention.kept_days = document.count(&table, "kept_days").map(number);
            }
        }
        #[cfg(feature = "store")]
        for value in document.array(root, "name_servers") {
            let Some(text) = document.text_of(value, "a name server") else { continue };
            match text.text.parse() {
                Ok(address) => config.name_servers.push(address),
                Err(_) => document.mistake(
                    text.span,
                    format!("`{}` is no address of a name server", text.text),
                    Some("write `\"IP:PORT\"`".to_owned()),
                ),
            }
        }
        #[cfg(feature = "monitor")]
        if let Some(table) = document.table(root, "channels") {
            config.channels = crate::channels::ChannelTable::read(document, &table);
        }
        #[cfg(feature = "monitor")]
        if let Some(table) = document.table(root, "mail") {
            config.mail = crate::mail::MailTable::read(document, &table);
        }
        if let Some(table) = document.table(root, "limits") {
            config.read_limits(document, &table);
        }
        Some(config)
    }

    fn size(document: &mut Document<'_>, root: &Table<'_>) -> Option<Size> {
        let memory = document.string(root, "memory")?;
        let size = memory.text.parse().ok();
        if size.is_none() {
            let instead = Some("write a size such as `\"2GiB\"`".to_owned());
            document.mistake(memory.span, "`memory` is no size".to_owned(), instead);
        }
        size
    }

    fn read_limits(&mut self, document: &mut Document<'_>, table: &Table<'_>) {
        let (containers, records) = (&mut self.limits, &mut self.records);
        let mut known = Vec::new();
        let mut set = |document: &mut Document<'_>, key: &'static str, set: &mut dyn FnMut(u64)| {
            known.push(key);
            if let Some(value) = document.count(table, key) {
                set(value);
            }
        };
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        set(document, "depth", &mut |value| containers.depth = u32::try_from(value).unwrap_or(u32::MAX));
        set(document, "ratio", &mut |value| containers.ratio = value);
        set(document, "members", &mut |value| containers.members = value);
        set(document, "member_bytes", &mut |value| containers.member_bytes = value);
        set(document, "total_bytes", &mut |value| containers.total_bytes = value);
        set(document, "dictionary_bytes", &mut |value| containers.dictionary_bytes = value);
        set(document, "memory_bytes", &mut |value| containers.memory_bytes = value);
        set(document, "spool_bytes", &mut |value| containers.spool_bytes = value);
        set(document, "line_bytes", &mut |value| records.line_bytes = size(value));
        set(document, "field_bytes", &mut |value| records.field_bytes = size(value));
        set(document, "record_bytes", &mut |value| records.record_bytes = size(value));
        document.only(table, &known);
    }
}
