//! How it is shown that a domain is its holder's, in words: by which method, and what a look for it found. Nothing here looks.

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

/// What a look for a proof found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The proof.
    There,
    /// That it is not there.
    Missing,
    /// Nothing: nobody could be asked.
    Unasked,
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
    /// domain: the CA/Browser Forum's Baseline Requirements (3.2.2.4.18) let a change of a site speak for that one name only,
    /// and mails to role addresses (3.2.2.4.4) and records (3.2.2.4.7) for those below it as well.
    pub const fn covers_subdomains(self) -> bool {
        matches!(self, Self::Dns | Self::Mail)
    }
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::There, Self::Missing, Self::Unasked];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Missing => "missing",
            Self::Unasked => "unasked",
        }
    }

    /// The outcome of a word that [`as_str`](Self::as_str) gives.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.as_str()), Some(method));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
        assert!(Method::parse("letter").is_none() && Outcome::parse("perhaps").is_none());
    }

    #[test]
    fn who_changes_a_site_speaks_for_one_name() {
        let covering: Vec<_> = Method::ALL.into_iter().filter(|method| method.covers_subdomains()).collect();
        assert_eq!(covering, [Method::Dns, Method::Mail]);
    }
}
