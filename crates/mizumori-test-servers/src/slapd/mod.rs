//! OpenLDAP's server with a tree of its own: people with password policies, groups, and the service account that reads them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use rustix::process::Signal;

use crate::certificate::{Certificate, Validity};
use crate::folder::Folder;
use crate::port::{free_port, on_free_port};
use crate::process::{PATIENCE, Process, Program, answers, check, failure, run};

/// Where Debian's package puts it.
const SLAPD: &str = "/usr/sbin/slapd";

/// Whom root runs it as: the package's own user, or anybody.
const USERS: &[&str] = &["openldap", "nobody"];

/// What it is told; words in `@` are filled in.
const CONFIGURATION: &str = include_str!("slapd.conf");

/// The policy of all passwords: one that somebody else has set has to be changed.
const POLICY: &str = "cn=policy,dc=suigen,dc=example";

/// How many entries the service account is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlapdLimit {
    /// All of them, in pages.
    None,
    /// So many altogether, which is how the server comes.
    Entries(u32),
}

/// A server that runs as long as the value lives.
#[derive(Debug)]
pub struct Slapd {
    /// `None` while it does not run. Before the folder: it ends before that goes away.
    process: Option<Process>,
    folder: Folder,
    program: PathBuf,
    certificate: Certificate,
    port: u16,
    tls_port: u16,
}

impl Slapd {
    /// What everything is below.
    pub const BASE: &'static str = "dc=suigen,dc=example";
    /// The service account.
    pub const SERVICE: &'static str = "cn=mizumori,dc=suigen,dc=example";
    /// An account that only reads, and no groups.
    pub const READER: &'static str = "cn=reader,dc=suigen,dc=example";
    /// Whom nothing binds: neither rights nor policy.
    pub const ADMIN: &'static str = "cn=admin,dc=suigen,dc=example";
    /// The password of the three.
    pub const PASSWORD: &'static str = "an-invented-password";

    /// Whether tests are to do without it, because `cargo xtask test` was told so.
    pub fn is_left_out() -> bool {
        std::env::var_os("MIZUMORI_WITHOUT_SLAPD").is_some()
    }

    /// Starts a server with these entries (LDIF) below [`Self::BASE`]. What the server itself would write may stand there too:
    /// when a password changed, who added an entry. Groups are named at their members only where [`Self::apply`] adds them; of those whose
    /// `cn` begins with `veiled` nobody sees who is in them.
    ///
    /// # Errors
    /// When it is not installed ([`io::ErrorKind::NotFound`]), takes no such entries, or does not start.
    pub fn start(entries: &str) -> io::Result<Self> {
        Self::start_with(entries, SlapdLimit::None, Certificate::of_loopback(Validity::Now)?)
    }

    /// As [`Self::start`], with this limit and certificate.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(entries: &str, limit: SlapdLimit, certificate: Certificate) -> io::Result<Self> {
        if !Path::new(SLAPD).is_file() {
            let text = "slapd is missing: `cargo xtask test` fetches it";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let folder = Folder::owned_by(USERS)?;
        // Some systems confine the package's program to the package's folders; a copy is free.
        let program = folder.path().join("slapd");
        fs::copy(SLAPD, &program)?;
        folder.make("data")?;
        folder.write("certificate.pem", certificate.pem())?;
        folder.write("key.pem", certificate.key_pem())?;
        folder.write("slapd.conf", configuration(&folder, limit))?;
        folder.write("entries.ldif", format!("{}\n{entries}", first_entries()))?;
        let mut load = folder.command(&program);
        load.args(["-T", "add", "-q", "-f", "slapd.conf", "-l", "entries.ldif"]);
        check(&mut load, "slapadd")?;
        let (process, port, tls_port) = on_free_port(|port| {
            let tls_port = free_port()?;
            Ok((launch(&program, &folder, [port, tls_port])?, port, tls_port))
        })?;
        Ok(Self { process: Some(process), folder, program, certificate, port, tls_port })
    }

    /// `ldap://localhost:…`, where TLS begins by StartTLS.
    pub fn url(&self) -> String {
        format!("ldap://localhost:{}", self.port)
    }

    /// `ldaps://localhost:…`.
    pub fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }

    /// The certificate of the authority that a client has to trust.
    pub fn ca_pem(&self) -> &str {
        self.certificate.authority_pem()
    }

    /// Changes entries as the administrator, past the program under test (LDIF with `changetype`).
    ///
    /// # Errors
    /// When the server refuses.
    pub fn apply(&self, changes: &str) -> io::Result<()> {
        let file = self.folder.write("changes.ldif", changes)?;
        let mut modify = self.client("ldapmodify", Self::ADMIN, Self::PASSWORD);
        check(modify.arg("-f").arg(file), "ldapmodify")
    }

    /// Changes somebody's password as that one.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn change_password(&self, name: &str, old: &str, new: &str) -> io::Result<()> {
        check(self.client("ldappasswd", name, old).args(["-s", new]), "ldappasswd")
    }

    /// Signs somebody in and has him look at his own entry; gives the code of RFC 4511 that this ends with: 0 when all is well, 49
    /// when he is not let in, 50 when he has to change his password first.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn sign_in(&self, name: &str, password: &str) -> io::Result<i32> {
        let mut search = self.client("ldapsearch", name, password);
        search.args(["-LLL", "-s", "base", "-b", name, "1.1"]);
        let output = run(&mut search, "ldapsearch")?;
        output.status.code().ok_or_else(|| io::Error::other("ldapsearch was killed"))
    }

    /// What the administrator sees of an entry, as LDIF; empty when it is not there.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn entry(&self, name: &str) -> io::Result<String> {
        let mut search = self.client("ldapsearch", Self::ADMIN, Self::PASSWORD);
        search.args(["-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", name, "*", "+"]);
        let output = run(&mut search, "ldapsearch")?;
        match output.status.code() {
            Some(0 | 32) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            _ => Err(failure(&output, "ldapsearch")),
        }
    }

    /// Has it end: whoever is connected is cut off.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), |process| process.end(Signal::TERM))
    }

    /// Has it end as a crash would.
    ///
    /// # Errors
    /// When the system tells nothing of it.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// Has it stand still: connections stay open, and nothing is answered.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&self) -> io::Result<()> {
        self.process.as_ref().map_or(Err(io::ErrorKind::NotFound.into()), Process::freeze)
    }

    /// Has it go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&self) -> io::Result<()> {
        self.process.as_ref().map_or(Err(io::ErrorKind::NotFound.into()), Process::thaw)
    }

    /// Starts it again on its ports, with its entries; ends it first when it runs.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match launch(&self.program, &self.folder, [self.port, self.tls_port]) {
                Ok(process) => {
                    self.process = Some(process);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One of OpenLDAP's clients, bound. The password stands in its arguments: it is an invented one.
    fn client(&self, program: &str, name: &str, password: &str) -> Command {
        let mut command = self.folder.command(program);
        command.args(["-x", "-H", &format!("ldap://127.0.0.1:{}", self.port), "-D", name, "-w", password]);
        command
    }
}

fn configuration(folder: &Folder, limit: SlapdLimit) -> String {
    let (size, total) = match limit {
        SlapdLimit::None => ("unlimited".to_owned(), "unlimited".to_owned()),
        SlapdLimit::Entries(entries) => (entries.to_string(), entries.to_string()),
    };
    let mut configuration = CONFIGURATION.to_owned();
    for (word, value) in [
        ("@FOLDER@", &*folder.path().to_string_lossy()),
        ("@BASE@", Slapd::BASE),
        ("@ADMIN@", Slapd::ADMIN),
        ("@SERVICE@", Slapd::SERVICE),
        ("@READER@", Slapd::READER),
        ("@PASSWORD@", Slapd::PASSWORD),
        ("@POLICY@", POLICY),
        ("@SIZE@", &size),
        ("@TOTAL@", &total),
    ] {
        configuration = configuration.replace(word, value);
    }
    configuration
}

/// The top, the policy and the accounts that are no people.
fn first_entries() -> String {
    let (base, password) = (Slapd::BASE, Slapd::PASSWORD);
    let account = |dn: &str, name: &str| {
        format!(
            "dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: {name}\n\
             userPassword: {password}\n\n"
        )
    };
    let policy = "objectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\n\
                  pwdMustChange: TRUE\npwdAllowUserChange: TRUE\npwdLockout: TRUE\npwdMaxFailure: 100\n";
    format!(
        "dn: {base}\nobjectClass: organization\nobjectClass: dcObject\no: Suigen\ndc: suigen\n\n\
         dn: {POLICY}\n{policy}\n{}{}",
        account(Slapd::SERVICE, "mizumori"),
        account(Slapd::READER, "reader")
    )
}

/// Starts the server in its folder.
fn launch(program: &Path, folder: &Folder, [port, tls_port]: [u16; 2]) -> io::Result<Process> {
    let mut command = folder.command(program);
    let urls = format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}");
    // In the foreground, saying only what matters, and nothing to the system's log.
    command.args(["-d", "none", "-s", "0", "-f", "slapd.conf", "-h", &urls]);
    let program = Program { name: "slapd", command, folder: folder.path().to_owned(), ends_by: Signal::TERM };
    // It says so before it listens; by its process, so that no other server on the port is taken for it.
    Process::start(program, |process| {
        process.printed().contains("slapd starting") && answers(port) && answers(tls_port)
    })
}
