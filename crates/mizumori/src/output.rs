//! Where data goes: standard output, or a file that appears whole or not at all.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::outcome::Failure;

/// Where data goes.
pub(crate) enum Output {
    /// Standard output.
    Standard(BufWriter<io::Stdout>),
    /// A file, written beside its place and moved there at the end.
    File(BufWriter<tempfile::NamedTempFile>, PathBuf),
}

impl Output {
    /// Opens `file`, or standard output where there is none.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Standard(BufWriter::with_capacity(1 << 17, io::stdout())));
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let written = tempfile::Builder::new()
            .prefix(".mizumori-")
            .tempfile_in(folder)
            .with_context(|| format!("could not write `{}`", path.display()))
            .map_err(Failure::new)?;
        Ok(Self::File(BufWriter::new(written), path.to_owned()))
    }

    /// Whether somebody looks at it.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Standard(_)) && io::stdout().is_terminal()
    }

    /// Makes sure that everything is where it belongs.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Standard(mut out) => Ok(out.flush()?),
            Self::File(out, path) => {
                let failed = || format!("could not write `{}`", path.display());
                let written = out.into_inner().map_err(io::IntoInnerError::into_error);
                let written = written.with_context(failed).map_err(Failure::new)?;
                make_readable(written.as_file()).with_context(failed).map_err(Failure::new)?;
                written
                    .persist(&path)
                    .map_err(|error| error.error)
                    .with_context(failed)
                    .map_err(Failure::new)?;
                Ok(())
            }
        }
    }
}

/// A temporary file is its owner's alone; a report has the rights that the user's mask leaves.
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    file.set_permissions(std::fs::Permissions::from_mode(0o666 & !mask.as_raw_mode()))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::File(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::File(out, _) => out.flush(),
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
