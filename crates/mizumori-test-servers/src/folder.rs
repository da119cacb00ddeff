//! A temporary folder that belongs to whoever runs the server in it.
//!
//! Some servers refuse to run as root. Tests in a container are root: their folders are handed to another user, and the
//! programs in them are started as that one. Everybody else starts them as himself.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Where Debian keeps servers; whoever is not root seldom has it in his path.
const SYSTEM_FOLDERS: &str = ":/usr/local/sbin:/usr/sbin:/sbin";

/// The folder; it goes away with the value.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    /// Whom it was handed to.
    owner: Option<Owner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

impl Folder {
    /// A folder of one's own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, owner: None })
    }

    /// A folder of the first of these users whom the machine knows, when one is root; else one's own.
    ///
    /// # Errors
    /// When it cannot be made, or one is root and there is none of the users.
    pub fn owned_by(users: &[&str]) -> io::Result<Self> {
        let mut folder = Self::new()?;
        if rustix::process::geteuid().is_root() {
            let known = fs::read_to_string("/etc/passwd")?;
            let owner = users.iter().find_map(|user| owner(&known, user));
            let none =
                || io::Error::other(format!("the machine has none of these users: {}", users.join(", ")));
            folder.owner = Some(owner.ok_or_else(none)?);
            folder.hand_over(folder.path())?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The ids of its owner and of his group: who runs what runs in it.
    pub fn owner_ids(&self) -> (u32, u32) {
        let own = || (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        self.owner.map_or_else(own, |owner| (owner.user, owner.group))
    }

    /// Writes a file into it, and gives its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        fs::write(&path, bytes)?;
        self.hand_over(&path)?;
        Ok(path)
    }

    /// Makes a folder in it, and gives its path.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        fs::create_dir(&path)?;
        self.hand_over(&path)?;
        Ok(path)
    }

    /// A program that is to run in it, as its owner. Of the environment it sees the path alone: what is set for other servers
    /// of the same kind would change this one.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        path.push(SYSTEM_FOLDERS);
        let mut command = Command::new(program);
        command.current_dir(self.path()).env_clear();
        command.env("PATH", path).env("HOME", self.path()).env("LC_ALL", "C.UTF-8");
        if let Some(owner) = self.owner {
            command.uid(owner.user).gid(owner.group);
        }
        command
    }

    fn hand_over(&self, path: &Path) -> io::Result<()> {
        self.owner.map_or(Ok(()), |owner| chown(path, Some(owner.user), Some(owner.group)))
    }
}

/// A user and his group, as passwd(5) has them.
fn owner(known: &str, user: &str) -> Option<Owner> {
    known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, user_id, group) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (name == user).then_some(Owner { user: user_id.parse().ok()?, group: group.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read() {
        let known =
            "root:x:0:0:root:/root:/bin/sh\nbroken\npost:x:1:2::/:\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        let check = |user: &str, expected: Option<(u32, u32)>| {
            assert_eq!(owner(known, user).map(|owner| (owner.user, owner.group)), expected, "{user}");
        };
        check("postgres", Some((101, 104)));
        check("root", Some((0, 0)));
        check("broken", None);
        check("nobody", None);
    }

    #[test]
    fn what_is_started_may_write_and_sees_nothing_else() {
        let folder = Folder::owned_by(&["no-such-user", "nobody"]).unwrap();
        folder.make("below").unwrap();
        let script =
            "echo here > below/file; cat given >> below/file; env | cut -d= -f1 | sort | tr '\\n' ' '";
        folder.write("given", "there\n").unwrap();
        let output = folder.command("sh").args(["-c", script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "HOME LC_ALL PATH PWD");
        assert_eq!(fs::read_to_string(folder.path().join("below/file")).unwrap(), "here\nthere\n");
    }
}
