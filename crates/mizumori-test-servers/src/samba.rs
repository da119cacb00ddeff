//! Samba as the one domain controller of an Active Directory, as far as LDAP goes: no Kerberos, no files, no names.
//!
//! Its ports cannot be chosen (389 and 636, so that it needs root), but its address can: each server has its own of
//! 127.0.0.0/8.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::Signal;

use crate::certificate::{Authority, Certificate, Validity};
use crate::folder::Folder;
use crate::process::{Process, Program, check, failure, run};

/// Where Debian's package puts it.
const SAMBA: &str = "/usr/sbin/samba";

/// How many addresses are drawn before it is given up.
const DRAWS: usize = 50;

/// A domain controller that runs as long as the value lives.
#[derive(Debug)]
pub struct Samba {
    /// Before the folder: it ends before that goes away.
    process: Option<Process>,
    folder: Folder,
    certificate: Certificate,
    address: Ipv4Addr,
    files: AtomicU32,
}

impl Samba {
    /// What everything is below.
    pub const BASE: &'static str = "DC=ad,DC=suigen,DC=example";
    /// Where people are.
    pub const USERS: &'static str = "CN=Users,DC=ad,DC=suigen,DC=example";
    /// The administrator, by its userPrincipalName.
    pub const ADMIN: &'static str = "Administrator@ad.suigen.example";
    /// Its password.
    pub const PASSWORD: &'static str = "An-invented-pass-1";

    /// Whether tests are to do without it, because `cargo xtask test` was told so, or because whoever runs them is not
    /// root, whom its ports need.
    pub fn is_left_out() -> bool {
        std::env::var_os("MIZUMORI_WITHOUT_SAMBA").is_some() || !rustix::process::geteuid().is_root()
    }

    /// Makes a domain and starts its controller. This takes some seconds.
    ///
    /// # Errors
    /// When it is not installed ([`io::ErrorKind::NotFound`]), or does not start.
    pub fn start() -> io::Result<Self> {
        if !Path::new(SAMBA).is_file() {
            let text = "samba is missing: `cargo xtask test` fetches it";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let folder = Folder::new()?;
        let address = free_address()?;
        let certificate = Authority::new()?.certify(&[&address.to_string()], Validity::Now)?;
        let certificate_file = folder.write("certificate.pem", certificate.pem())?;
        let authority_file = folder.write("authority.pem", certificate.authority_pem())?;
        let key_file = folder.write("key.pem", certificate.key_pem())?;
        // It refuses a key that others can read.
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600))?;
        let mut configuration = "[global]\n".to_owned();
        for (name, value) in [
            ("interfaces", format!("{address}/8")),
            ("bind interfaces only", "yes".to_owned()),
            ("server services", "ldap".to_owned()),
            // Else these are the machine's, one for all.
            ("pid directory", folder.path().to_string_lossy().into_owned()),
            ("ncalrpc dir", folder.path().join("ncalrpc").to_string_lossy().into_owned()),
            ("tls certfile", certificate_file.to_string_lossy().into_owned()),
            ("tls keyfile", key_file.to_string_lossy().into_owned()),
            ("tls cafile", authority_file.to_string_lossy().into_owned()),
        ] {
            configuration.push_str(&format!("{name} = {value}\n"));
        }
        let configuration = folder.write("given.conf", configuration)?;
        let mut provision = folder.command("samba-tool");
        provision.args(["domain", "provision", "--configfile"]).arg(configuration);
        provision.arg("--targetdir").arg(folder.path());
        provision.args(["--realm=AD.SUIGEN.EXAMPLE", "--domain=SUIGEN", "--server-role=dc"]);
        provision.args(["--dns-backend=NONE", "--host-name=dc", "--host-ip=127.0.0.1"]);
        provision.arg(format!("--adminpass={}", Self::PASSWORD));
        check(&mut provision, "samba-tool")?;
        let mut command = folder.command(SAMBA);
        command.args(["-i", "-M", "single", "-s"]).arg(folder.path().join("etc/smb.conf"));
        let program =
            Program { name: "samba", command, folder: folder.path().to_owned(), ends_by: Signal::TERM };
        let process = Process::start(program, |_| {
            TcpStream::connect((address, 389)).is_ok() && TcpStream::connect((address, 636)).is_ok()
        })?;
        Ok(Self { process: Some(process), folder, certificate, address, files: AtomicU32::new(0) })
    }

    /// `ldap://…`, where TLS begins by StartTLS.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// `ldaps://…`.
    pub fn tls_url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// The certificate of the authority that a client has to trust.
    pub fn ca_pem(&self) -> &str {
        self.certificate.authority_pem()
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

    /// Adds a person with this login below [`Self::USERS`], and gives the distinguished name; what else the entry has stands in
    /// `rest`, a line of LDIF each.
    ///
    /// # Errors
    /// When the server refuses: the password may be too simple.
    pub fn add_person(&self, login: &str, password: &str, rest: &str) -> io::Result<String> {
        let name = format!("CN={login},{}", Self::USERS);
        let file = self.password_file(password)?;
        self.apply(&format!(
            "dn: {name}\nchangetype: add\nobjectClass: user\nsAMAccountName: {login}\n\
             userPrincipalName: {login}@ad.suigen.example\nuserAccountControl: 512\n\
             unicodePwd:< file://{}\n{rest}",
            file.display()
        ))?;
        Ok(name)
    }

    /// Sets somebody's password as the administrator.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn set_password(&self, name: &str, password: &str) -> io::Result<()> {
        let file = self.password_file(password)?;
        self.apply(&format!(
            "dn: {name}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:< file://{}\n",
            file.display()
        ))
    }

    /// Changes entries as the administrator, past the program under test (LDIF with `changetype`).
    ///
    /// # Errors
    /// When the server refuses.
    pub fn apply(&self, changes: &str) -> io::Result<()> {
        let file = self.folder.write(&self.unique("changes"), changes)?;
        check(self.client("ldapmodify", Self::ADMIN, Self::PASSWORD).arg("-f").arg(file), "ldapmodify")
    }

    /// Signs somebody in by a simple bind: `Ok(None)` when he is let in, else what the server says of it: a code of Windows in
    /// words like `data 773`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn sign_in(&self, name: &str, password: &str) -> io::Result<Option<String>> {
        let mut search = self.client("ldapsearch", name, password);
        let output = run(search.args(["-LLL", "-s", "base", "-b", "", "1.1"]), "ldapsearch")?;
        match output.status.code() {
            Some(0) => Ok(None),
            Some(49) => Ok(Some(String::from_utf8_lossy(&output.stderr).into_owned())),
            _ => Err(failure(&output, "ldapsearch")),
        }
    }

    /// A password as unicodePwd takes it (MS-ADTS, 3.1.1.3.1.5): quoted, in UTF-16.
    fn password_file(&self, password: &str) -> io::Result<PathBuf> {
        let quoted: Vec<u8> = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.folder.write(&self.unique("password"), quoted)
    }

    /// Tests share a server: each file has its own name.
    fn unique(&self, name: &str) -> String {
        format!("{name}-{}", self.files.fetch_add(1, Ordering::Relaxed))
    }

    /// One of OpenLDAP's clients, over TLS, bound. The password stands in its arguments: it is an invented one.
    fn client(&self, program: &str, name: &str, password: &str) -> Command {
        let mut command = self.folder.command(program);
        command.env("LDAPTLS_CACERT", self.folder.path().join("authority.pem"));
        command.args(["-x", "-H", &self.tls_url(), "-D", name, "-w", password]);
        command
    }
}

/// An address of loopback on which nobody has the ports of LDAP.
fn free_address() -> io::Result<Ipv4Addr> {
    let draw = || {
        let [second, third, fourth, ..] = RandomState::new().hash_one(()).to_le_bytes();
        Ipv4Addr::new(127, second.clamp(1, 254), third, fourth.clamp(2, 254))
    };
    let free =
        |address: &Ipv4Addr| [389, 636].into_iter().all(|port| TcpListener::bind((*address, port)).is_ok());
    let none = || io::Error::new(io::ErrorKind::AddrInUse, "found no address for LDAP on loopback");
    std::iter::repeat_with(draw).take(DRAWS).find(free).ok_or_else(none)
}
