//! How a source of the demo world is specified: its description, its files, and how many watched accounts it gets.
//!
//! Only the vocabulary stands here; the sources themselves are in [`super::catalogue`].

use super::bodies::YearMonth;
use super::published::{PERIOD_FROM, PERIOD_TO};
use crate::encode::Charset;
use crate::format::{
    Csv, FieldOrder, Format, Json, JsonShape, Ldif, List, Prose, SqlCopy, SqlInsert, Stealer,
};
use crate::format::{StealerFamily, Vcard};
use crate::pack::{Compressor, ZipMethod};

/// When a source says it was first public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaked {
    /// It does not say.
    Unknown,
    /// A year alone.
    Year(u16),
    /// A month.
    Month(u16, u8),
    /// A day.
    Day(u16, u8, u8),
}

/// The time that the counting method gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Not known, or a year that lies only partly in the period.
    Unknown,
    /// A whole year inside the period.
    Year(u16),
    /// A month, inside the period or not.
    Month(u16, u8),
}

impl Leaked {
    /// As it stands in `source.toml`.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Year(year) => Some(format!("{year:04}")),
            Self::Month(year, month) => Some(format!("{year:04}-{month:02}")),
            Self::Day(year, month, day) => Some(format!("{year:04}-{month:02}-{day:02}")),
        }
    }

    /// Its time in the duplicate rule, for the published period.
    #[must_use]
    pub fn when(self) -> When {
        match self {
            Self::Unknown => When::Unknown,
            Self::Year(year) if (year, 1) >= PERIOD_FROM && (year, 12) <= PERIOD_TO => When::Year(year),
            Self::Year(_) => When::Unknown,
            Self::Month(year, month) | Self::Day(year, month, _) => When::Month(year, month),
        }
    }
}

impl When {
    /// Whether it lies in the published period; unknown does not.
    #[must_use]
    pub fn in_period(self) -> bool {
        match self {
            Self::Unknown => false,
            Self::Year(_) => true,
            Self::Month(year, month) => (PERIOD_FROM..=PERIOD_TO).contains(&(year, month)),
        }
    }

    /// The month by which a domain's holder is found: a year's first.
    #[must_use]
    pub fn month(self) -> Option<YearMonth> {
        match self {
            Self::Unknown => None,
            Self::Year(year) => Some((year, 1)),
            Self::Month(year, month) => Some((year, month)),
        }
    }
}

/// How many counted accounts a source gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// A share of its year's target, by weight.
    Share(u64),
    /// So many accounts of ministries and of affiliated bodies.
    Fixed(u64, u64),
    /// None: its format holds no secrets, so that nothing of it counts.
    Nothing,
}

/// Where the description stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// In `source.toml` of the source's folder.
    Folder,
    /// In `<dump file>.source.toml` beside its only file.
    Sidecar,
}

/// The format of a member.
#[derive(Debug, Clone)]
pub enum Layout {
    /// See [`List`].
    List(List),
    /// See [`Csv`].
    Csv(Csv),
    /// See [`SqlInsert`].
    Insert(SqlInsert),
    /// See [`SqlCopy`].
    Copy,
    /// See [`Json`].
    Json(JsonShape),
    /// Folders of a stealer log, each with its own files; see [`Stealer`].
    Stealer(StealerFamily),
    /// See [`Ldif`].
    Ldif,
    /// See [`Vcard`].
    Vcard,
    /// See [`Prose`].
    Prose,
}

impl Layout {
    /// A fresh writer.
    #[must_use]
    pub fn writer(&self) -> Box<dyn Format> {
        match self {
            Self::List(list) => Box::new(*list),
            Self::Csv(csv) => Box::new(csv.clone()),
            Self::Insert(insert) => Box::new(insert.clone()),
            Self::Copy => Box::new(SqlCopy::default()),
            Self::Json(shape) => Box::new(Json::new(*shape)),
            Self::Stealer(family) => Box::new(Stealer::new(*family)),
            Self::Ldif => Box::new(Ldif::default()),
            Self::Vcard => Box::new(Vcard),
            Self::Prose => Box::new(Prose::default()),
        }
    }

    /// Whether a secret has a place in it.
    #[must_use]
    pub fn holds_secrets(&self) -> bool {
        !matches!(self, Self::Vcard | Self::Prose)
    }

    /// Whether a URL has a place in it, in front of the login or in a block.
    #[must_use]
    pub fn holds_urls(&self) -> bool {
        match self {
            Self::List(list) => {
                matches!(list.order, FieldOrder::UrlLoginPassword | FieldOrder::LoginPasswordUrl)
            }
            Self::Stealer(_) => true,
            _ => false,
        }
    }

    /// Whether it has a column for a second address.
    #[must_use]
    pub fn holds_second_address(&self) -> bool {
        matches!(self, Self::Csv(csv) if csv.columns.iter().any(|(column, _)| *column == crate::format::Column::Other))
    }
}

/// What the secrets of a member look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretStyle {
    /// Passwords, some with separators, `@` and quotes.
    Clear,
    /// Passwords without anything that separates fields.
    Plain,
    /// 32 hexadecimal digits.
    Md5,
    /// 40 hexadecimal digits.
    Sha1,
    /// `$2y$…`.
    Bcrypt,
    /// `$P$…`.
    Phpass,
}

/// One file inside the containers, or the file itself.
#[derive(Debug, Clone)]
pub struct MemberSpec {
    /// Its name in the container; a folder's name for [`Layout::Stealer`].
    pub name: &'static str,
    /// Its format.
    pub layout: Layout,
    /// Its encoding.
    pub charset: Charset,
    /// Its secrets.
    pub secrets: SecretStyle,
    /// Number of records of accounts that nobody watches.
    pub noise: usize,
    /// Whether lines end in CR LF.
    pub crlf: bool,
}

/// An archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// zip.
    Zip(ZipMethod),
    /// tar.
    Tar,
    /// 7z.
    SevenZip,
}

/// A container around what is already one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outer {
    /// Compressed.
    Compressed(Compressor),
    /// In an archive, under that name.
    Archived(Archive, &'static str),
}

/// A file of a source as it lies on disk.
#[derive(Debug, Clone)]
pub struct FileSpec {
    /// Its path below the source's folder; its name for a source with a sidecar.
    pub path: &'static str,
    /// The archive that holds its members; `None` for a single member that is the file.
    pub archive: Option<Archive>,
    /// What is around that, from the inside to the outside.
    pub outer: &'static [Outer],
    /// The members.
    pub members: Vec<MemberSpec>,
}

/// A source.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its kind, as in `source.toml`.
    pub kind: &'static str,
    /// Where it was seen.
    pub place: &'static str,
    /// When it was first public there.
    pub leaked: Leaked,
    /// When the data was taken, as in `source.toml`.
    pub breached: Option<&'static str>,
    /// False: monitored, not surveyed.
    pub public: bool,
    /// True: not counted.
    pub fabricated: bool,
    /// Where its description stands.
    pub described: Described,
    /// How many counted accounts it gets.
    pub quota: Quota,
    /// Its files.
    pub files: Vec<FileSpec>,
}

impl SourceSpec {
    /// Whether the survey takes it.
    #[must_use]
    pub fn surveyed(&self) -> bool {
        self.public && !self.fabricated
    }

    /// Its description file.
    #[must_use]
    pub fn description(&self) -> String {
        let mut toml = format!(
            "# SYNTHETIC / 合成データ\nid = \"{}\"\ntitle = \"{}\"\nkind = \"{}\"\nplace = \"{}\"\n",
            self.id, self.title, self.kind, self.place
        );
        if let Some(leaked) = self.leaked.text() {
            toml.push_str(&format!("leaked = \"{leaked}\"\n"));
        }
        if let Some(breached) = self.breached {
            toml.push_str(&format!("breached = \"{breached}\"\n"));
        }
        toml.push_str("obtained = \"2022-04-01\"\n");
        if !self.public {
            toml.push_str("public = false\n");
        }
        if self.fabricated {
            toml.push_str("fabricated = true\n");
        }
        toml
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_counts_when_all_of_it_is_in_the_period() {
        for (leaked, when, in_period) in [
            (Leaked::Unknown, When::Unknown, false),
            (Leaked::Year(2008), When::Unknown, false),
            (Leaked::Year(2009), When::Year(2009), true),
            (Leaked::Year(2020), When::Year(2020), true),
            (Leaked::Year(2021), When::Unknown, false),
            (Leaked::Month(2008, 6), When::Month(2008, 6), false),
            (Leaked::Month(2008, 7), When::Month(2008, 7), true),
            (Leaked::Day(2021, 5, 31), When::Month(2021, 5), true),
            (Leaked::Day(2021, 6, 1), When::Month(2021, 6), false),
        ] {
            assert_eq!((leaked.when(), leaked.when().in_period()), (when, in_period), "{leaked:?}");
        }
    }
}
