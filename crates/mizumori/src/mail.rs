//! How mails go out: the table `[mail]` of the configuration.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mizumori_core::document::{Document, Table};
use mizumori_core::{DomainName, Lang, Secret};
use mizumori_monitor::MailPost;
use mizumori_monitor::letter::Templates;
use mizumori_respond::letter::{LetterKind, Template};
use mizumori_respond::mail::{DkimKey, Login, MailAddress, MailServer, MailSettings, Security};
use mizumori_respond::{RespondError, Tlp};

use crate::outcome::Failure;

/// Mails a minute to one domain where nobody says.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(600).unwrap();

/// What the table says; paths as they were written.
#[derive(Debug, Default)]
pub(crate) struct MailTable {
    server: String,
    security: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    from: String,
    authorities: Option<PathBuf>,
    hello: Option<String>,
    dkim_selector: Option<String>,
    dkim_key: Option<PathBuf>,
    per_minute: Option<u64>,
    tlp: Option<String>,
    templates: Option<PathBuf>,
}

impl MailTable {
    /// Reads the table.
    pub(crate) fn read(document: &mut Document<'_>, table: &Table<'_>) -> Option<Self> {
        let known = [
            "server",
            "security",
            "user",
            "password_file",
            "from",
            "authorities",
            "hello",
            "dkim_selector",
            "dkim_key",
            "per_minute",
            "tlp",
            "templates",
        ];
        document.only(table, &known);
        let server = document.required(table, "server", "\"mail.suigen.example:587\"");
        let from = document.required(table, "from", "\"mizumori@suigen.example\"");
        let mut text = |key| document.string(table, key).map(|text| text.text);
        let read = Self {
            security: text("security"),
            user: text("user"),
            password_file: text("password_file").map(PathBuf::from),
            authorities: text("authorities").map(PathBuf::from),
            hello: text("hello"),
            dkim_selector: text("dkim_selector"),
            dkim_key: text("dkim_key").map(PathBuf::from),
            tlp: text("tlp"),
            templates: text("templates").map(PathBuf::from),
            per_minute: document.count(table, "per_minute"),
            ..Self::default()
        };
        Some(Self { server: server?.text, from: from?.text, ..read })
    }

    /// Makes paths those from a folder.
    pub(crate) fn below(&mut self, folder: &Path) {
        let paths = [&mut self.password_file, &mut self.authorities, &mut self.dkim_key, &mut self.templates];
        for path in paths.into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// Makes it ready; nobody is connected to yet.
    pub(crate) fn post(&self) -> Result<MailPost, Failure> {
        let from = MailAddress::new(&self.from).map_err(|_| {
            Failure::say(format!("`{}` is no mail address", self.from)).hint("see `from` in [mail]")
        })?;
        let tlp = match &self.tlp {
            Some(label) => label.parse().map_err(|_| {
                Failure::say(format!("`{label}` is no label of the Traffic Light Protocol"))
                    .hint("write clear, green, amber, amber+strict or red as `tlp` in [mail]")
            })?,
            None => Tlp::AmberStrict,
        };
        let per_minute = match self.per_minute {
            Some(number) => u32::try_from(number).ok().and_then(NonZeroU32::new).ok_or_else(|| {
                Failure::say("`per_minute` in [mail] is 0, or far too many")
                    .hint("write a number such as 600")
            })?,
            None => PER_MINUTE,
        };
        let server = MailServer::new(self.settings()?, self.keys(&from)?)?;
        let templates = self.templates.as_deref().map(templates).transpose()?.unwrap_or_default();
        Ok(MailPost { server, from, tlp, templates, per_minute })
    }

    fn settings(&self) -> Result<MailSettings, Failure> {
        let place = self.server.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let Some((host, port)) = place.filter(|(host, _)| !host.is_empty()) else {
            return Err(Failure::say(format!("`{}` is no mail server", self.server))
                .hint("write `server = \"HOST:PORT\"` in [mail]; 587 and 465 are usual"));
        };
        let mut settings = MailSettings::new(host.trim_matches(['[', ']']), port);
        if let Some(word) = self.security.as_deref() {
            settings.security = match word {
                "tls" => Security::Tls,
                "starttls" => Security::StartTls,
                "plain-to-loopback" => Security::PlainToLoopback,
                "plain" => Security::PlainAnywhere,
                _ => {
                    return Err(Failure::say(format!("`{word}` is no way to secure a connection"))
                        .hint("write tls, starttls, plain-to-loopback or plain as `security` in [mail]"));
                }
            };
        }
        settings.login = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => {
                let password = first_line(&read_secret(file)?);
                Some(Login { user: user.clone(), password })
            }
            (None, None) => None,
            _ => return Err(Failure::say("`user` and `password_file` in [mail] go together")),
        };
        settings.authorities.clone_from(&self.authorities);
        settings.hello.clone_from(&self.hello);
        Ok(settings)
    }

    fn keys(&self, from: &MailAddress) -> Result<Vec<DkimKey>, Failure> {
        let (Some(selector), Some(file)) = (&self.dkim_selector, &self.dkim_key) else {
            if self.dkim_selector.is_some() || self.dkim_key.is_some() {
                return Err(Failure::say("`dkim_selector` and `dkim_key` in [mail] go together"));
            }
            return Ok(Vec::new());
        };
        let Some(domain) = DomainName::parse(from.domain()) else {
            return Err(Failure::say(format!("`{}` is no domain", from.domain())));
        };
        let key = DkimKey::from_pem(domain, selector, &read_secret(file)?)
            .with_context(|| format!("in `{}`", file.display()));
        Ok(vec![key.map_err(Failure::new)?])
    }
}

/// The letters in a folder: `LANG/KIND.txt` for everybody, `ORG/LANG/KIND.txt` for an organisation.
fn templates(folder: &Path) -> Result<Templates, Failure> {
    let mut templates = Templates::default();
    read_templates(folder, &mut templates, None)?;
    for entry in std::fs::read_dir(folder).with_context(|| unread(folder)).map_err(Failure::new)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name.parse::<Lang>().is_err() {
            let organisation = name.parse().map_err(|what| {
                Failure::say(format!("`{}` is named after no organisation: {what}", path.display()))
            })?;
            read_templates(&path, &mut templates, Some(&organisation))?;
        }
    }
    Ok(templates)
}

fn read_templates(
    folder: &Path,
    templates: &mut Templates,
    organisation: Option<&mizumori_store::OrganisationId>,
) -> Result<(), Failure> {
    for lang in [Lang::Ja, Lang::En] {
        let folder = folder.join(lang.tag());
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(|| unread(&folder)).map_err(Failure::new)? {
            let path = entry?.path();
            let word = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let kind = LetterKind::parse(word).filter(|_| path.extension().is_some_and(|end| end == "txt"));
            let Some(kind) = kind else {
                let kinds: Vec<_> = LetterKind::ALL.iter().map(|kind| kind.as_str()).collect();
                return Err(Failure::say(format!("`{}` is named after no letter", path.display()))
                    .hint(format!("letters are {}, each with .txt", kinds.join(", "))));
            };
            let text = std::fs::read_to_string(&path).with_context(|| unread(&path)).map_err(Failure::new)?;
            let template =
                Template::new(kind, lang, &text).with_context(|| format!("in `{}`", path.display()));
            templates.set(organisation.cloned(), template.map_err(Failure::new)?);
        }
    }
    Ok(())
}

fn unread(path: &Path) -> String {
    format!("could not read `{}`", path.display())
}

fn read_secret(file: &Path) -> Result<Secret<String>, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| unread(file)).map_err(Failure::new)?;
    Ok(Secret::new(text))
}

fn first_line(text: &Secret<String>) -> Secret<String> {
    Secret::new(text.expose().lines().next().unwrap_or_default().to_owned())
}

impl From<RespondError> for Failure {
    fn from(error: RespondError) -> Self {
        Self::new(error)
    }
}
