//! A real mail server, Exim, that keeps what it takes, and beside it a small one of our own that fails as it is told.
//!
//! Whatever is addressed to `example` or below is taken, nothing is sent on. Mails land in one folder: which recipient one
//! was for stands in it, so that no address becomes the name of a file.

mod faulty;
mod mail;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::process::Signal;

pub use faulty::{FaultySmtp, SmtpFault, Stage};
pub use mail::Mail;

use crate::certificate::{Certificate, Validity};
use crate::folder::Folder;
use crate::port::{free_port, on_free_port};
use crate::process::{LOOK, PATIENCE, Process, Program};

/// Where Debian's package puts it.
const EXIM: &str = "/usr/sbin/exim4";

/// Whom root runs it as: the package's own user, or anybody.
const USERS: &[&str] = &["Debian-exim", "nobody"];

/// What it is told; words in `@` are filled in.
const CONFIGURATION: &str = include_str!("exim.conf");

/// Whom a mail server lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Known,
    Anybody,
}

/// A server that runs as long as the value lives.
#[derive(Debug)]
pub struct Smtp {
    /// `None` while it does not run. Before the folder: it ends before that goes away.
    process: Option<Process>,
    folder: Folder,
    certificate: Certificate,
    door: Door,
    port: u16,
    tls_port: u16,
}

impl Smtp {
    /// The name of the account that is known.
    pub const USER: &'static str = "mizumori";
    /// Its password.
    pub const PASSWORD: &'static str = "an-invented-password";

    /// Whether tests are to do without it, because `cargo xtask test` was told so.
    pub fn is_left_out() -> bool {
        std::env::var_os("MIZUMORI_WITHOUT_SMTP").is_some()
    }

    /// Starts a server that takes mails only over TLS (by STARTTLS, or from the beginning on its other port), from
    /// [`Self::USER`] with [`Self::PASSWORD`].
    ///
    /// # Errors
    /// When it is not installed ([`io::ErrorKind::NotFound`]), or does not start.
    pub fn start() -> io::Result<Self> {
        Self::with(Door::Known, Certificate::of_loopback(Validity::Now)?)
    }

    /// Starts a server that takes mails from anybody, and offers TLS to who wants it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_open() -> io::Result<Self> {
        Self::with(Door::Anybody, Certificate::of_loopback(Validity::Now)?)
    }

    /// As [`Self::start`], with this certificate.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(certificate: Certificate) -> io::Result<Self> {
        Self::with(Door::Known, certificate)
    }

    fn with(door: Door, certificate: Certificate) -> io::Result<Self> {
        if !Path::new(EXIM).is_file() {
            let text = "exim4 is missing: `cargo xtask test` fetches it";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let folder = Folder::owned_by(USERS)?;
        folder.make("spool")?;
        folder.write("certificate.pem", certificate.pem())?;
        folder.write("key.pem", certificate.key_pem())?;
        let (process, port, tls_port) = on_free_port(|port| {
            let tls_port = free_port()?;
            Ok((launch(&folder, door, [port, tls_port])?, port, tls_port))
        })?;
        Ok(Self { process: Some(process), folder, certificate, door, port, tls_port })
    }

    /// Its port on 127.0.0.1 (`localhost`), where TLS begins by STARTTLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its port where TLS is spoken from the beginning.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificate of the authority that a client has to trust.
    pub fn ca_pem(&self) -> &str {
        self.certificate.authority_pem()
    }

    /// What was delivered until now, in order of delivery: a mail to two recipients twice.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn mails(&self) -> io::Result<Vec<Mail>> {
        let delivered = self.folder.path().join("mail/new");
        let mut files: Vec<PathBuf> = match fs::read_dir(delivered) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?,
            // It is made with the first mail.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        // Second, microsecond, process: the first two have a fixed width.
        files.sort();
        files.iter().map(|file| Ok(read(fs::read(file)?))).collect()
    }

    /// What was delivered to an address until now; upper and lower case are the same.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn mails_to(&self, address: &str) -> io::Result<Vec<Mail>> {
        let address = address.to_lowercase();
        Ok(self.mails()?.into_iter().filter(|mail| mail.recipient == address).collect())
    }

    /// Waits until there are so many mails, and gives all that there are.
    ///
    /// # Errors
    /// When there are fewer at the deadline ([`io::ErrorKind::TimedOut`]), or the folder cannot be read.
    pub fn wait_for(&self, count: usize, deadline: Instant) -> io::Result<Vec<Mail>> {
        loop {
            let mails = self.mails()?;
            if mails.len() >= count {
                return Ok(mails);
            }
            if Instant::now() > deadline {
                let text = format!("{} of {count} mails came in time", mails.len());
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What it logged since the beginning.
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("spool/mainlog")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Has it end; what was delivered stays.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), |process| process.end(Signal::TERM))
    }

    /// Starts it again on its ports; ends it first when it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match launch(&self.folder, self.door, [self.port, self.tls_port]) {
                Ok(process) => {
                    self.process = Some(process);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A mail as it was delivered: the first two headers are the envelope's.
fn read(raw: Vec<u8>) -> Mail {
    let mut mail = Mail { recipient: String::new(), sender: String::new(), raw };
    mail.recipient = mail.header("Envelope-to").unwrap_or_default().to_lowercase();
    let sender = mail.header("Return-path").unwrap_or_default();
    mail.sender = sender.trim_matches(['<', '>']).to_owned();
    mail
}

/// Starts the server in its folder.
fn launch(folder: &Folder, door: Door, [port, tls_port]: [u16; 2]) -> io::Result<Process> {
    let (user, group) = folder.owner_ids();
    let known = match door {
        Door::Known => "*",
        Door::Anybody => "",
    };
    let mut configuration = CONFIGURATION.to_owned();
    for (word, value) in [
        ("@FOLDER@", &*folder.path().to_string_lossy()),
        ("@USER@", &user.to_string()),
        ("@GROUP@", &group.to_string()),
        ("@PORT@", &port.to_string()),
        ("@TLS_PORT@", &tls_port.to_string()),
        ("@KNOWN_ONLY@", known),
        ("@NAME@", Smtp::USER),
        ("@PASSWORD@", Smtp::PASSWORD),
    ] {
        configuration = configuration.replace(word, value);
    }
    let configuration = folder.write("exim.conf", configuration)?;
    let mut command = folder.command(EXIM);
    command.arg("-C").arg(configuration).arg("-bdf");
    let program = Program { name: "exim4", command, folder: folder.path().to_owned(), ends_by: Signal::TERM };
    // Written once it listens on both; by its process, so that no other server on the port is taken for it.
    let listening = folder.path().join("exim.pid");
    let _ = fs::remove_file(&listening);
    Process::start(program, |process| {
        fs::read_to_string(&listening).is_ok_and(|id| id.trim() == process.id().to_string())
    })
}
