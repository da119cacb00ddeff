//! How control over a domain is proved, and what a proof says.

use mizumori_core::DomainName;

/// How the holder of a domain proves that it is his.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A TXT record below the domain.
    Dns,
    /// A file on the domain's web site.
    File,
    /// A `<meta>` element of the site's first page.
    Meta,
    /// A code from a mail to a fixed role address, typed back.
    Mail,
}

impl Method {
    /// All of them, the one to recommend first.
    pub const ALL: [Self; 4] = [Self::Dns, Self::File, Self::Meta, Self::Mail];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::File => "file",
            Self::Meta => "meta",
            Self::Mail => "mail",
        }
    }

    /// The method of a word that [`as_str`](Self::as_str) gives.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }

    /// Whether the proof stays where it is and can be looked for again. A code that was typed once cannot: a new one has to be
    /// sent.
    pub const fn is_looked_for(self) -> bool {
        !matches!(self, Self::Mail)
    }

    /// Whether the proof says something about all names below the domain too. Who may change a web site need not be who holds the
    /// domain: the Baseline Requirements (3.2.2.4, the table of methods) let a change of a site speak for that one name only.
    pub const fn covers_subdomains(self) -> bool {
        matches!(self, Self::Dns | Self::Mail)
    }
}

/// That a domain is its holder's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// Which domain.
    pub domain: DomainName,
    /// How it was proved.
    pub method: Method,
    /// Where the proof was found: a name, an address of a page, an address of a mailbox.
    pub place: String,
}
