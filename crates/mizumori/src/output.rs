//! Where data goes: standard output, or a file that appears whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// So much is written at once.
const BUFFER: usize = 1 << 17;

/// Where data goes.
pub(crate) struct Output {
    /// What errors call it.
    name: String,
    place: Place,
}

enum Place {
    Standard(BufWriter<io::Stdout>),
    /// Something that is no regular file: a device, a named pipe. It is written to, never replaced.
    Device(BufWriter<fs::File>),
    /// A file, written beside its place and moved there at the end.
    File(BufWriter<tempfile::NamedTempFile>, PathBuf),
    /// A file that nothing may stand in the way of.
    #[cfg(feature = "store")]
    New(BufWriter<tempfile::NamedTempFile>, PathBuf),
}

/// What could not be written. The cause is in the chain.
#[derive(Debug)]
struct NotWritten {
    name: String,
    cause: io::Error,
}

impl std::fmt::Display for NotWritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "could not write {}", self.name)
    }
}

impl std::error::Error for NotWritten {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// What errors call standard output.
const STANDARD: &str = "to standard output";

/// The error of somebody who wrote to standard output himself.
pub(crate) fn to_standard_output(cause: io::Error) -> io::Error {
    not_written(STANDARD, cause)
}

/// The same error, with what it was about.
fn not_written(name: &str, cause: io::Error) -> io::Error {
    io::Error::new(cause.kind(), NotWritten { name: name.to_owned(), cause })
}

impl Output {
    /// Opens `file`, or standard output where there is none.
    ///
    /// # Errors
    /// At once, when the file could not be written in the end: its folder is missing, or it is a folder itself.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file.filter(|path| *path != Path::new("-")) else {
            let place = Place::Standard(BufWriter::with_capacity(BUFFER, io::stdout()));
            return Ok(Self { name: STANDARD.to_owned(), place });
        };
        let name = format!("`{}`", path.display());
        match Place::of(path) {
            Ok(place) => Ok(Self { name, place }),
            Err(error) => Err(Failure::new(not_written(&name, error))),
        }
    }

    /// Opens a file that nobody else may read, and that is not there yet; `-` is standard output.
    #[cfg(feature = "store")]
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::open(None);
        }
        let name = format!("`{}`", path.display());
        if fs::symlink_metadata(path).is_ok() {
            return Err(Failure::new(not_written(&name, io::ErrorKind::AlreadyExists.into()))
                .hint("what is there is never replaced: name another file"));
        }
        // Of its own accord it is for its owner alone.
        match tempfile::Builder::new().prefix(".mizumori-").tempfile_in(folder_of(path)) {
            Ok(file) => {
                Ok(Self { name, place: Place::New(BufWriter::with_capacity(BUFFER, file), path.to_owned()) })
            }
            Err(error) => Err(Failure::new(not_written(&name, error))),
        }
    }

    /// Whether somebody looks at it.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.place, Place::Standard(_)) && io::stdout().is_terminal()
    }

    /// Makes sure that everything is where it belongs.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { name, place } = self;
        place.finish().map_err(|error| Failure::new(not_written(&name, error)))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.place.writer().write(bytes).map_err(|error| not_written(&self.name, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.place.writer().flush().map_err(|error| not_written(&self.name, error))
    }
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let rights = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => {
                let device = OpenOptions::new().write(true).open(path)?;
                return Ok(Self::Device(BufWriter::with_capacity(BUFFER, device)));
            }
            Ok(there) => Some(there.permissions()),
        };
        // What a link leads to is written; the link stays.
        let path = if rights.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        let written = tempfile::Builder::new().prefix(".mizumori-").make_in(folder_of(&path), |beside| {
            // A new file has the rights that the user's mask leaves; one that is replaced keeps its own.
            let mode = if rights.is_some() { 0o600 } else { 0o666 };
            let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)?;
            rights.clone().map_or(Ok(()), |rights| file.set_permissions(rights))?;
            Ok(file)
        })?;
        Ok(Self::File(BufWriter::with_capacity(BUFFER, written), path))
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Standard(out) => out,
            Self::Device(out) => out,
            Self::File(out, _) => out,
            #[cfg(feature = "store")]
            Self::New(out, _) => out,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Standard(mut out) => out.flush(),
            Self::Device(mut out) => out.flush(),
            Self::File(out, path) => written(out)?.persist(path).map(drop).map_err(|error| error.error),
            #[cfg(feature = "store")]
            Self::New(out, path) => {
                written(out)?.persist_noclobber(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// The file, all of it on the disk: what was moved into place before that could be empty after a power cut.
fn written(out: BufWriter<tempfile::NamedTempFile>) -> io::Result<tempfile::NamedTempFile> {
    let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    written.as_file().sync_all()?;
    Ok(written)
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The columns of the terminal that standard output is.
pub(crate) fn terminal_width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(mizumori_survey::render::NARROW)
}
