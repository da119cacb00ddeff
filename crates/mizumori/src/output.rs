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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = tempfile::Builder::new().prefix(".mizumori-").make_in(folder, |beside| {
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
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Standard(mut out) => out.flush(),
            Self::Device(mut out) => out.flush(),
            Self::File(out, path) => {
                let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                // What was moved into place before it is on the disk could be an empty file after a power cut.
                written.as_file().sync_all()?;
                written.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

/// The columns of the terminal that standard output is.
pub(crate) fn terminal_width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col))
        .filter(|columns| *columns > 0)
        .unwrap_or(mizumori_survey::render::NARROW)
}
