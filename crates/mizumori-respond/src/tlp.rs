//! How far a message may be passed on: the Traffic Light Protocol, version 2.0 (FIRST).

use std::fmt;
use std::str::FromStr;

use mizumori_core::Lang;

/// A label of the Traffic Light Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tlp {
    /// To anybody.
    Clear,
    /// Within the community.
    Green,
    /// Within the organisation and its clients, to whoever needs it.
    Amber,
    /// Within the organisation, to whoever needs it.
    AmberStrict,
    /// To nobody but who received it.
    Red,
}

impl Tlp {
    /// All of them, from the widest on.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// The label as the standard wants it written: in capitals, without a blank.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }

    /// What it means for whoever reads it.
    pub const fn meaning(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Clear, Lang::Ja) => "共有に制限はありません。",
            (Self::Green, Lang::Ja) => "共有は同じコミュニティの範囲に限ります。公開しないでください。",
            (Self::Amber, Lang::Ja) => "共有は所属組織とその関係先のうち、知る必要のある方に限ります。",
            (Self::AmberStrict, Lang::Ja) => "共有は所属組織の中で、知る必要のある方に限ります。",
            (Self::Red, Lang::Ja) => "受け取ったご本人限りです。ほかの方に転送しないでください。",
            (Self::Clear, Lang::En) => "This may be shared without limit.",
            (Self::Green, Lang::En) => "Share this within your community only; do not publish it.",
            (Self::Amber, Lang::En) => {
                "Share this only with those in your organisation and its clients who need to know."
            }
            (Self::AmberStrict, Lang::En) => {
                "Share this only with those in your organisation who need to know."
            }
            (Self::Red, Lang::En) => "This is for you alone; please do not forward it.",
        }
    }
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for Tlp {
    type Err = String;

    /// Reads a label, with `TLP:` or without, in capitals or not.
    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("TLP:").unwrap_or(&upper);
        let found = Self::ALL.into_iter().find(|tlp| tlp.label().strip_prefix("TLP:") == Some(name));
        found.ok_or_else(|| "write `clear`, `green`, `amber`, `amber+strict` or `red`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for tlp in Tlp::ALL {
            assert_eq!(tlp.label().parse(), Ok(tlp));
            assert_eq!(tlp.label().to_lowercase().parse(), Ok(tlp));
        }
        assert_eq!("amber+strict".parse(), Ok(Tlp::AmberStrict));
        for wrong in ["", "TLP:", "white", "TLP:WHITE", "amber strict", "TLP:TLP:RED"] {
            assert!(wrong.parse::<Tlp>().is_err(), "{wrong}");
        }
    }
}
