//! A directory that is a CSV file: for organisations that export one, and for those that have nothing else.
//!
//! It is a [`CsvTable`]; [`COLUMNS`] lists the names of its columns. A wrong header is an error, a wrong line an
//! [`Oddity`](crate::Oddity) with its number. The file is read again at each reading; nothing is ever written to it.

mod columns;
mod row;

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

pub use columns::COLUMNS;
use columns::Columns;

use crate::csv_table::{CsvRow, CsvTable};
use crate::directory::{Directory, Lookup, Oddity, OddityKind, Page, Pages};
use crate::entry::{Entry, Whom};
use crate::error::{DirectoryError, Result};
use crate::seen::Seen;

/// Lines a page.
const LINES: usize = 1000;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    path: PathBuf,
}

impl CsvFile {
    /// The directory in a file, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Looks whether it can be read and its first line names columns. It blocks.
    ///
    /// # Errors
    /// When it is not there ([`DirectoryError::Read`]), or its heading is wrong.
    pub fn check(&self) -> Result<()> {
        Reading::open(&self.path).map(drop)
    }
}

#[async_trait]
impl Lookup for CsvFile {
    async fn entry(&self, whom: &Whom) -> Result<Option<Entry>> {
        let (path, whom) = (self.path.clone(), whom.clone());
        blocking(&self.path, move || find(&path, &whom)).await
    }
}

#[async_trait]
impl Directory for CsvFile {
    async fn pages(&self) -> Result<Box<dyn Pages>> {
        let path = self.path.clone();
        let reading = blocking(&self.path, move || Reading::open(&path)).await?;
        Ok(Box::new(CsvPages { path: self.path.clone(), reading: Some(reading) }))
    }
}

struct CsvPages {
    path: PathBuf,
    /// Away while a thread reads, and for good behind an error or the end.
    reading: Option<Reading>,
}

#[async_trait]
impl Pages for CsvPages {
    async fn next(&mut self) -> Result<Option<Page>> {
        let Some(mut reading) = self.reading.take() else { return Ok(None) };
        let (page, reading) = blocking(&self.path, move || Ok((reading.page()?, reading))).await?;
        if page.is_some() {
            self.reading = Some(reading);
        }
        Ok(page)
    }
}

/// Files block; this keeps them off the threads of the others.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let broken = |_| DirectoryError::Read { file: path.to_owned(), cause: io::ErrorKind::Interrupted.into() };
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

/// The first entry that is meant. Of two with one address the first one is, as in a reading.
fn find(path: &Path, whom: &Whom) -> Result<Option<Entry>> {
    let mut reading = Reading::open(path)?;
    while let Some(page) = reading.page()? {
        let found = page.entries.into_iter().find(|entry| match whom {
            Whom::Id(id) => entry.id == *id,
            Whom::Address(address) => entry.addresses.contains(address),
        });
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A file that is being read.
struct Reading {
    table: CsvTable,
    columns: Columns,
    seen: Seen,
}

impl Reading {
    fn open(path: &Path) -> Result<Self> {
        let table = CsvTable::open(path)?;
        let columns = Columns::read(table.headings()).map_err(|why| table.wrong(Some(1), why))?;
        Ok(Self { table, columns, seen: Seen::default() })
    }

    fn page(&mut self) -> Result<Option<Page>> {
        let (mut page, mut lines) = (Page::default(), 0);
        while lines < LINES {
            let Some(CsvRow { line, fields }) = self.table.row()? else { break };
            lines += 1;
            let Some(fields) = fields else {
                page.oddities.push(Oddity { position: line, id: None, kind: OddityKind::Unreadable });
                continue;
            };
            match row::entry(&self.columns, &fields) {
                Ok((entry, odd)) => {
                    let id = Some(entry.id.clone());
                    let odd = odd.into_iter().map(|kind| Oddity { position: line, id: id.clone(), kind });
                    page.oddities.extend(odd);
                    self.seen.admit(&mut page, line, entry);
                }
                Err(kind) => page.oddities.push(Oddity { position: line, id: None, kind }),
            }
        }
        Ok((lines > 0).then_some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;
    use crate::entry::{EntryId, Privilege, SecondFactor, Standing};
    use mizumori_core::Lang;

    fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, CsvFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        std::fs::write(&path, content).unwrap();
        (folder, CsvFile::new(path))
    }

    async fn all(directory: &CsvFile) -> Result<(Vec<Entry>, Vec<Oddity>)> {
        let (mut entries, mut oddities) = (Vec::new(), Vec::new());
        let mut pages = directory.pages().await?;
        while let Some(page) = pages.next().await? {
            entries.extend(page.entries);
            oddities.extend(page.oddities);
        }
        Ok((entries, oddities))
    }

    const GOOD: &str = "\
key,address,aliases,login,name,lang,enabled,privileged,second factor,held since,password changed at,must change,superior,other address,keepers,groups
1,Taro@Suigen.example,t.suigen@suigen.example; TARO@suigen.example,taro,水源太郎,ja,yes,no,yes,2024-04-01,2026-01-02T03:04:05+09:00,no,boss@suigen.example,taro@home.example,,Staff;Water
2,box@suigen.example,,,Shared,,0,1,,,,,,,taro@suigen.example,
";

    #[tokio::test]
    async fn a_file_is_read() {
        for content in [GOOD.as_bytes().to_vec(), [b"\xef\xbb\xbf", GOOD.as_bytes()].concat(), {
            encoding_rs::SHIFT_JIS.encode(GOOD).0.into_owned()
        }] {
            let (_folder, directory) = file(content);
            let (entries, oddities) = all(&directory).await.unwrap();
            assert_eq!(oddities, []);
            let [taro, shared] = entries.as_slice() else { panic!("{}", entries.len()) };
            assert_eq!(taro.addresses.len(), 2);
            assert_eq!(taro.primary(), parse("taro@suigen.example").as_ref());
            assert_eq!(taro.login.as_deref(), Some("taro"));
            assert_eq!(taro.names.as_ref().unwrap().ja, "水源太郎");
            assert_eq!((taro.lang, taro.standing), (Some(Lang::Ja), Standing::Enabled));
            assert_eq!(taro.second_factor, SecondFactor::Present);
            assert_eq!(taro.password_changed_at, crate::moment::rfc3339("2026-01-01T18:04:05Z"));
            assert!(taro.held_since.is_some() && taro.superior.is_some() && taro.other_address.is_some());
            assert_eq!(taro.groups.known(), ["Staff", "Water"]);
            assert_eq!((shared.standing, shared.privilege), (Standing::Disabled, Privilege::Privileged));
            assert_eq!(shared.keepers.len(), 1);
        }
    }

    #[tokio::test]
    async fn japanese_headers_and_the_address_as_key() {
        let (_folder, directory) =
            file("メールアドレス,氏名,有効\r\na@a.example,水,有効\r\nb@a.example,源,無効\r\n");
        let (entries, oddities) = all(&directory).await.unwrap();
        assert_eq!(oddities, []);
        let standings: Vec<_> = entries.iter().map(|entry| entry.standing).collect();
        assert_eq!(standings, [Standing::Enabled, Standing::Disabled]);
        assert_eq!(entries[0].id.as_str(), "a@a.example");
    }

    #[tokio::test]
    async fn mistakes_have_their_line() {
        let content = "key,address,enabled,held_since,superior\n1,a@a.example,maybe,soon,nobody\n\n,b@a.example,,,\n3,,,,\n\
             1,c@a.example,,,\n5,\"d@a.example\n\",,,\n6,A@a.example,,,\n7,e@a.example,,,,too,many\n8,no-address,,,\n";
        let expected = [
            (2, OddityKind::BadValue("enabled")),
            (2, OddityKind::BadTime("held_since")),
            (2, OddityKind::BadAddress("superior")),
            (4, OddityKind::NoId("key")),
            (5, OddityKind::Nameless),
            (6, OddityKind::IdAgain),
            (9, OddityKind::AddressAgain),
            (10, OddityKind::Unreadable),
            (11, OddityKind::Nameless),
        ];
        for content in [content.to_owned(), content.replace('\n', "\r\n")] {
            let (_folder, directory) = file(content);
            let (entries, oddities) = all(&directory).await.unwrap();
            let odd: Vec<_> = oddities.iter().map(|odd| (odd.position, odd.kind)).collect();
            assert_eq!(odd, expected);
            assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["1", "5", "6"]);
        }
    }

    #[tokio::test]
    async fn headers_that_cannot_be() {
        for (content, why) in [
            ("", "it is empty"),
            ("name\nx\n", "neither"),
            ("address,address\n", "twice"),
            ("address,passwort\n", "column 2"),
            ("a\0ddress\n", "column 1"),
        ] {
            let (_folder, directory) = file(content);
            let error = all(&directory).await.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        let missing = CsvFile::new("no-such-folder/people.csv");
        assert!(matches!(all(&missing).await, Err(DirectoryError::Read { .. })));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text() {
        let (_folder, directory) = file(b"key,address\n1,a@a.example\n2,\xff\xff\xff\n");
        let (entries, oddities) = all(&directory).await.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(oddities.first().map(|odd| (odd.position, odd.kind)), Some((3, OddityKind::Unreadable)));
    }

    #[tokio::test]
    async fn one_entry() {
        let (_folder, directory) = file(GOOD);
        let by_id = directory.entry(&EntryId::new("2").unwrap().into()).await.unwrap().unwrap();
        assert_eq!(by_id.standing, Standing::Disabled);
        let alias = Whom::Address(parse("t.suigen@suigen.example").unwrap());
        assert_eq!(directory.entry(&alias).await.unwrap().unwrap().id.as_str(), "1");
        assert_eq!(directory.entry(&EntryId::new("3").unwrap().into()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn fifty_thousand_lines_in_pages() {
        let mut content = String::from("key,address,aliases\n");
        for number in 0..50_000 {
            content +=
                &format!("{number},p{number}@a.example,q{number}@a.example r{}@a.example\n", number / 2);
        }
        let (_folder, directory) = file(content);
        let mut pages = directory.pages().await.unwrap();
        let (mut entries, mut again) = (0, 0);
        while let Some(page) = pages.next().await.unwrap() {
            assert!(page.entries.len() <= LINES);
            entries += page.entries.len();
            again += page.oddities.iter().filter(|odd| odd.kind == OddityKind::AddressAgain).count();
        }
        assert_eq!((entries, again), (50_000, 25_000));
    }
}
