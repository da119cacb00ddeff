//! Names as UUIDs: the same name gives the same one (RFC 9562, version 5), so that what is exported again is known again.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::error::RespondError;

/// A UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The name space of our own names. Drawn once, and never changed: everything that was exported is known by it.
    pub(crate) const OURS: Self = Self(0x4c1b_86d2_7a0e_4f39_9d53_c8e2_6b17_f0a4_u128.to_be_bytes());
    /// The name space of observables of STIX (version 2.1, section 2.9), and of nothing else.
    pub(crate) const OBSERVABLES: Self = Self(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7_u128.to_be_bytes());

    /// The UUID of a name in this name space.
    pub(crate) fn of(self, name: &str) -> Self {
        let hashed = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[&self.0, name.as_bytes()].concat());
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hashed.as_ref()) {
            *byte = *hashed;
        }
        let [.., sixth, _, eighth, _, _, _, _, _, _, _] = &mut bytes;
        *sixth = (*sixth & 0x0f) | 0x50;
        *eighth = (*eighth & 0x3f) | 0x80;
        Self(bytes)
    }

    /// That of a name of several parts, none of which can run into the next.
    pub(crate) fn of_parts(self, parts: &[&str]) -> Self {
        parts.iter().fold(self, |space, part| space.of(part))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Uuid {
    type Err = RespondError;

    /// Reads what [`Display`](fmt::Display) writes, in capitals or not.
    fn from_str(text: &str) -> Result<Self, RespondError> {
        let wrong = || RespondError::Setting("a UUID is 32 hexadecimal digits as 8-4-4-4-12");
        let groups: Vec<_> = text.split('-').collect();
        let is_group = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
        if groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12]) || !groups.iter().all(is_group) {
            return Err(wrong());
        }
        let number = u128::from_str_radix(&groups.concat(), 16).map_err(|_| wrong())?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_standard_makes_them() {
        // The example of RFC 9562, appendix A.4.
        let names: Uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap();
        assert_eq!(names.of("www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_eq!(Uuid::OBSERVABLES.to_string(), "00abedb4-aa42-466c-9c01-fed23315a9b7");
        assert_ne!(names.of_parts(&["a", "bc"]), names.of_parts(&["ab", "c"]));
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "6ba7b8109dad11d180b400c04fd430c8",
            "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
            "+ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
        assert!("6BA7B810-9DAD-11D1-80B4-00C04FD430C8".parse::<Uuid>().is_ok());
    }
}
