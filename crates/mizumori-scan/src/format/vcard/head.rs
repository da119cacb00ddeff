//! What stands before a property's value: its name and its parameters.

/// Properties without addresses; what looks like one in them is an identifier.
const SKIPPED: [&[u8]; 9] =
    [b"PHOTO", b"LOGO", b"SOUND", b"KEY", b"UID", b"PRODID", b"REV", b"VERSION", b"CLIENTPIDMAP"];

/// How a property's value is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    QuotedPrintable,
    Base64,
}

/// What stands before a property's value, taken apart in one look: `item1.EMAIL;TYPE=WORK:` is `EMAIL` with a
/// parameter.
pub(super) struct Head<'a> {
    pub(super) name: &'a [u8],
    parameters: &'a [u8],
    /// Behind the first colon outside quotes.
    pub(super) value: &'a [u8],
}

impl<'a> Head<'a> {
    /// `None` when the line is no property.
    pub(super) fn of(property: &'a [u8]) -> Option<Self> {
        let (mut start, mut end, mut quoted) = (0, None, false);
        for (at, byte) in property.iter().enumerate() {
            match byte {
                b':' if !quoted => {
                    let name_end = end.unwrap_or(at);
                    let name = property.get(start..name_end).filter(|name| !name.is_empty())?;
                    let parameters = property.get(name_end..at)?;
                    return Some(Self { name, parameters, value: property.get(at + 1..)? });
                }
                b';' if end.is_none() => end = Some(at),
                // The name of a group.
                b'.' if end.is_none() => start = at + 1,
                b'"' => quoted = !quoted,
                _ if end.is_some() || byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') => {}
                _ => return None,
            }
        }
        None
    }

    /// Whether no address stands in such a property.
    pub(super) fn is_skipped(&self) -> bool {
        SKIPPED.iter().any(|skipped| skipped.eq_ignore_ascii_case(self.name))
    }

    /// The encoding that a parameter tells, with its name (`ENCODING=b`) or without (`QUOTED-PRINTABLE`).
    pub(super) fn encoding(&self) -> Encoding {
        if self.parameters.is_empty() {
            return Encoding::Plain;
        }
        let of = |parameter: &[u8]| {
            let value = match memchr::memchr(b'=', parameter) {
                Some(at) if parameter.get(..at)?.eq_ignore_ascii_case(b"ENCODING") => {
                    parameter.get(at + 1..)?
                }
                Some(_) => return None,
                None => parameter,
            };
            if value.eq_ignore_ascii_case(b"QUOTED-PRINTABLE") {
                Some(Encoding::QuotedPrintable)
            } else if value.eq_ignore_ascii_case(b"BASE64") || value.eq_ignore_ascii_case(b"B") {
                Some(Encoding::Base64)
            } else {
                None
            }
        };
        self.parameters.split(|byte| *byte == b';').find_map(of).unwrap_or(Encoding::Plain)
    }
}
