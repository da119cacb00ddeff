//! Why something could not be read: short text for people, a class for the program.
//!
//! Nothing in here ever quotes the input: no bytes, no names (the caller has the [`MemberName`](crate::MemberName)).

use std::fmt;
use std::io;

use mizumori_core::ErrorClass;

/// A container or compression format that this crate opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// gzip, RFC 1952.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz, the .xz file format 1.2.
    Xz,
    /// Zstandard, RFC 8878.
    Zstd,
    /// LZ4 frames, the legacy frame too.
    Lz4,
    /// tar: v7, ustar, GNU, pax.
    Tar,
    /// zip, APPNOTE.TXT 6.3.10.
    Zip,
    /// 7z.
    SevenZip,
    /// RAR 1.5 to 7.
    Rar,
}

impl Format {
    /// The format's usual name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Tar => "tar",
            Self::Zip => "zip",
            Self::SevenZip => "7z",
            Self::Rar => "rar",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of the [`Limits`](crate::Limits) was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::depth`](crate::Limits::depth).
    Depth,
    /// [`Limits::ratio`](crate::Limits::ratio).
    Ratio,
    /// [`Limits::member_bytes`](crate::Limits::member_bytes).
    MemberBytes,
    /// [`Limits::total_bytes`](crate::Limits::total_bytes).
    TotalBytes,
    /// [`Limits::members`](crate::Limits::members).
    Members,
    /// [`Limits::dictionary_bytes`](crate::Limits::dictionary_bytes).
    DictionaryBytes,
    /// [`Limits::header_bytes`](crate::Limits::header_bytes).
    HeaderBytes,
    /// [`Limits::spool_bytes`](crate::Limits::spool_bytes).
    SpoolBytes,
    /// [`Limits::found_bytes`](crate::Limits::found_bytes).
    FoundBytes,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Depth => "nesting limit (containers inside each other)",
            Self::Ratio => "expansion limit (bytes out for a byte in)",
            Self::MemberBytes => "member size limit (bytes)",
            Self::TotalBytes => "total size limit (bytes)",
            Self::Members => "member count limit",
            Self::DictionaryBytes => "dictionary size limit (bytes)",
            Self::HeaderBytes => "archive header limit (bytes)",
            Self::SpoolBytes => "temporary space limit (bytes)",
            Self::FoundBytes => "size limit of a description file (bytes)",
        })
    }
}

/// Why a member, or the rest of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The operating system could not read.
    #[error("could not read: {0}")]
    Io(io::ErrorKind),
    /// The file became shorter while it was being read.
    #[error("the file became shorter while it was being read")]
    Shrunk,
    /// The data ends before the format says that it may.
    #[error("{0} data ends too early")]
    Truncated(Format),
    /// The data contradicts the format.
    #[error("{format} data is damaged: {what}")]
    Damaged {
        /// The format that was being read.
        format: Format,
        /// What is wrong, in a few words.
        what: &'static str,
    },
    /// All data was delivered, but it is not what was packed.
    #[error("{0} data is damaged: its checksum does not match")]
    Checksum(Format),
    /// A member holds more or fewer bytes than its header says; all that is there was delivered.
    #[error("{format} header declares {declared} bytes, {actual} are there")]
    Size {
        /// The container.
        format: Format,
        /// What the header says.
        declared: u64,
        /// What came out.
        actual: u64,
    },
    /// What follows the compressed data is none; it was not used.
    #[error("something else follows the {0} data and was not read")]
    Trailing(Format),
    /// Encrypted, and no given password fits.
    #[error("{}", encrypted_text(*.passwords))]
    Encrypted {
        /// How many passwords were tried.
        passwords: usize,
    },
    /// Sound, but in a way that is not supported.
    #[error("{format} archive: {what} is not supported")]
    Unsupported {
        /// The container.
        format: Format,
        /// The feature, in a few words.
        what: &'static str,
    },
    /// A limit was hit; what came before was used.
    #[error("{limit} of {value} was hit")]
    Limit {
        /// Which limit.
        limit: LimitKind,
        /// Its setting.
        value: u64,
    },
    /// The decoder failed in a way that it must not.
    #[error("the {0} decoder failed")]
    Decoder(Format),
}

fn encrypted_text(passwords: usize) -> String {
    match passwords {
        0 => "archive is encrypted: give --archive-password".to_owned(),
        1 => "archive is encrypted, and the given password does not fit".to_owned(),
        n => format!("archive is encrypted, and none of the {n} given passwords fits"),
    }
}

impl Unreadable {
    /// What the caller may do about it.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Limit { .. } => ErrorClass::Limit,
            Self::Io(_)
            | Self::Shrunk
            | Self::Truncated(_)
            | Self::Damaged { .. }
            | Self::Checksum(_)
            | Self::Size { .. }
            | Self::Trailing(_)
            | Self::Encrypted { .. }
            | Self::Unsupported { .. }
            | Self::Decoder(_) => ErrorClass::Unreadable,
        }
    }

    /// The next action, where there is one.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Encrypted { .. } => Some("give the archive's password with --archive-password"),
            Self::Limit { .. } => Some("raise the limit if the input is trusted"),
            Self::Truncated(_) | Self::Damaged { .. } | Self::Checksum(_) => {
                Some("get the file again if it was cut short on its way")
            }
            Self::Unsupported { .. } => Some("unpack it with another program and give what comes out"),
            _ => None,
        }
    }

    /// As an [`io::Error`] that carries this reason through a chain of readers.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }

    /// The reason that an [`io::Error`] carries, or its kind.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            Some(why) => why.clone(),
            None => Self::Io(error.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_short_and_say_what_to_do() {
        let check = |why: Unreadable, text: &str| assert_eq!(why.to_string(), text);
        check(Unreadable::Encrypted { passwords: 0 }, "archive is encrypted: give --archive-password");
        check(Unreadable::Truncated(Format::SevenZip), "7z data ends too early");
        check(
            Unreadable::Limit { limit: LimitKind::Depth, value: 8 },
            "nesting limit (containers inside each other) of 8 was hit",
        );
        check(
            Unreadable::Size { format: Format::Zip, declared: 5, actual: 7 },
            "zip header declares 5 bytes, 7 are there",
        );
    }

    #[test]
    fn travels_through_io_errors() {
        let why = Unreadable::Checksum(Format::Gzip);
        assert_eq!(Unreadable::from_io(&why.clone().into_io()), why);
        let plain = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(Unreadable::from_io(&plain), Unreadable::Io(io::ErrorKind::PermissionDenied));
    }
}
