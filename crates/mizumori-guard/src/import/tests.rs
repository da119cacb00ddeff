//! Imports beside a map of what was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use mizumori_read::MemberName;
use proptest::prelude::*;

use super::*;
use crate::digest::PasswordHash;
use crate::row::Rows;

/// Stops after so many questions.
struct Patience(AtomicU64);

impl Observer for Patience {
    fn read(&self, _: u64) {}
    fn lines(&self, _: u64) {}
    fn is_stopped(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 0
    }
}

struct World {
    folder: tempfile::TempDir,
    reader: Reader,
    memory: u64,
    order: Order,
    format: Option<Format>,
    patience: u64,
}

impl World {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            reader: Reader::default(),
            memory: 1 << 20,
            order: Order::Any,
            format: None,
            patience: u64::MAX,
        }
    }

    fn index(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> InputFile {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        InputFile { name: MemberName::new(name), path: Some(path) }
    }

    fn import_as(&self, source: Option<&str>, what: &What<'_>) -> Result<Imported> {
        let import = Import {
            reader: &self.reader,
            format: self.format,
            order: self.order,
            words: [true, true],
            source: source.map(str::to_owned),
            threads: 2,
            memory: self.memory,
            observer: Arc::new(Patience(AtomicU64::new(self.patience))),
        };
        import.run(&mut IndexWriter::open(&self.index())?, what)
    }

    fn import(&self, files: &[InputFile]) -> Result<Imported> {
        self.import_as(None, &What::Files(files))
    }

    fn contents(&self, kind: HashKind) -> BTreeMap<String, u64> {
        contents(&self.index(), kind)
    }
}

fn contents(index: &Path, kind: HashKind) -> BTreeMap<String, u64> {
    let mut rows = Index::open(index).unwrap().rows(kind).unwrap();
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let hash = PasswordHash::of_key(kind, row.key);
        let mut hex = Vec::new();
        hash.write_hex(&mut hex);
        all.insert(String::from_utf8(hex).unwrap(), row.count);
    }
    all
}

/// Hexadecimal hashes that are spread like real ones.
fn hash(number: u64) -> String {
    blake3::hash(&number.to_le_bytes()).to_hex().to_uppercase()[..40].to_owned()
}

#[test]
fn lists_in_order_and_out_of_it_come_to_the_same() {
    // Enough for runs of a MiB, and for a stream that breaks off.
    let rows: BTreeMap<String, u64> = (0..60_000).map(|number| (hash(number), number % 40 + 1)).collect();
    let text = |rows: &mut dyn Iterator<Item = (&String, &u64)>| -> String {
        rows.map(|(hash, count)| format!("{hash}:{count}\r\n")).collect()
    };
    let sorted = text(&mut rows.iter());
    let mut shuffled: Vec<_> = rows.iter().collect();
    shuffled.sort_by_key(|(hash, count)| (u64::MAX - **count, blake3::hash(hash.as_bytes()).to_hex()));
    let shuffled = text(&mut shuffled.into_iter());
    let saw: String = (0..3).map(|_| sorted.as_str()).collect();
    for (list, order, times) in [
        (&sorted, Order::Claimed, 1),
        (&sorted, Order::Any, 1),
        (&shuffled, Order::Any, 1),
        (&saw, Order::Any, 3),
    ] {
        let mut world = World::new();
        world.order = order;
        let file = world.file("list.txt", list);
        let done = world.import(std::slice::from_ref(&file)).unwrap();
        assert_eq!((done.change, done.rows, done.lines), (Change::Added, [60_000, 0], 60_000 * times));
        let naive = rows.iter().map(|(hash, count)| (hash.clone(), count * times)).collect();
        assert!(world.contents(HashKind::Sha1) == naive);
        assert_eq!(Index::open(&world.index()).unwrap().status().kinds[0].segments, 1);
        assert_eq!(world.import(&[file]).unwrap().change, Change::AsBefore);
        assert!(world.contents(HashKind::Sha1) == naive);
        assert_eq!(fs::read_dir(world.index()).unwrap().count(), 3, "something was left");
    }
}

#[test]
fn every_form_of_input() {
    let world = World::new();
    let (sha1, ntlm) = (PasswordHash::sha1(b"himitsu"), PasswordHash::ntlm("himitsu"));
    let mut hex = Vec::new();
    sha1.write_hex(&mut hex);
    let hex = String::from_utf8(hex).unwrap();
    let prefix = &hex[..5];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, format!("{hex}:3\n").as_bytes()).unwrap();
    let wide: Vec<u8> =
        "\u{feff}himitsu\r\nパスワード\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [
        world.file("list.txt.gz", gzip.finish().unwrap()),
        world.file(&format!("{prefix}.txt"), format!("{}:4\r\n{}:0", &hex[5..], "0".repeat(35))),
        world.file("words.txt", wide),
    ];
    for file in &files {
        assert_eq!(world.import(std::slice::from_ref(file)).unwrap().change, Change::Added);
    }
    let index = Index::open(&world.index()).unwrap();
    assert_eq!(index.count(&sha1), Some(8));
    assert_eq!(index.count(&ntlm), Some(1));
    assert_eq!(index.count(&PasswordHash::sha1("パスワード".as_bytes())), Some(1));
    assert_eq!(index.find(HashKind::Sha1, sha1.prefix()).hashes(sha1.prefix()), [(sha1, 8)]);

    let other = World::new();
    let done = other.import_as(None, &What::Index(&world.index())).unwrap();
    assert_eq!((done.change, done.rows), (Change::Added, [2, 2]));
    assert_eq!(contents(&other.index(), HashKind::Ntlm), contents(&world.index(), HashKind::Ntlm));
    assert_eq!(other.import_as(None, &What::Index(&world.index())).unwrap().change, Change::AsBefore);
    let itself = other.import_as(None, &What::Index(&other.index())).unwrap_err();
    assert!(itself.to_string().contains("itself"));
}

#[test]
fn a_source_is_replaced_and_others_are_added_to() {
    let world = World::new();
    let count =
        |password: &str| Index::open(&world.index()).unwrap().count(&PasswordHash::sha1(password.as_bytes()));
    let import = |source: Option<&str>, text: &str| {
        world.import_as(source, &What::Files(&[world.file("w.txt", text)])).unwrap().change
    };
    assert_eq!(import(Some("feed"), "one\ntwo\n"), Change::Added);
    assert_eq!(import(None, "two\n"), Change::Added);
    assert_eq!((count("one"), count("two")), (Some(1), Some(2)));
    assert_eq!(import(Some("feed"), "one\ntwo\n"), Change::AsBefore);
    assert_eq!(import(Some("feed"), "three\n"), Change::Replaced);
    assert_eq!((count("one"), count("two"), count("three")), (None, Some(1), Some(1)));
    // The same file as another source, or as none, is another import.
    assert_eq!(import(Some("other"), "three\n"), Change::Added);
    assert_eq!(count("three"), Some(2));
}

#[test]
fn what_fails_leaves_the_index_as_it_was() {
    let mut world = World::new();
    world.import(&[world.file("a.txt", "himitsu\n")]).unwrap();
    let before = fs::read(world.index().join("index.json")).unwrap();
    let good = hash(1);
    let unsorted = format!("{}:1\n{}:1\n", "F".repeat(40), "0".repeat(40));
    let cut = &{
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, format!("{good}:3\n").repeat(900).as_bytes()).unwrap();
        gzip.finish().unwrap()
    }[..40];
    for (bytes, order, words) in [
        (
            format!("{good}:1\n{}:2\n", good.replace(|c: char| c.is_ascii_digit(), "x")).as_bytes(),
            Order::Any,
            "bad.txt:2: this is no hexadecimal hash",
        ),
        (format!("{good}:1\n\n{}:2\n", &good[..39]).as_bytes(), Order::Any, "bad.txt:3: a hash of 39 digits"),
        (
            format!("{good}:1\n{}:2\n", &good[..32]).as_bytes(),
            Order::Any,
            "bad.txt:2: this is a hash of NTLM, those before it are of SHA-1",
        ),
        (
            format!("{good}:1\n{good}:99999999999999999999\n").as_bytes(),
            Order::Any,
            "bad.txt:2: the count is beyond 64 bits",
        ),
        (unsorted.as_bytes(), Order::Claimed, "bad.txt:2: this hash comes before the one above it"),
        (format!("{good}\n{good}\n").as_bytes(), Order::Any, "--format"),
        (cut, Order::Any, "could not import `bad.txt`"),
        (b"", Order::Any, "no hash and no word"),
    ] {
        world.order = order;
        let error = world.import(&[world.file("bad.txt", bytes)]).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
        assert_eq!(fs::read(world.index().join("index.json")).unwrap(), before);
        assert_eq!(fs::read_dir(world.index()).unwrap().count(), 4, "{words}: something was left");
    }
}

#[test]
fn order_is_claimed_for_each_file_and_across_its_blocks() {
    let mut world = World::new();
    world.order = Order::Claimed;
    let line = |number: u64| format!("{number:040X}:1\n");
    let low: String = (0..30_000).map(line).collect();
    let done = world.import(&[world.file("b.txt", &low), world.file("a.txt", &low)]).unwrap();
    assert_eq!(done.rows, [30_000, 0]);
    // A block has some twelve thousand lines: these are wrong within one, and around the first line of the next.
    let mut lines: Vec<_> = (0..30_000).map(line).collect();
    let block = (1 << 19) / lines[0].len();
    for wrong in [2, 9_000, block - 1, block, block + 1, 29_999] {
        let right = std::mem::replace(&mut lines[wrong], line(0));
        let error = world.import(&[world.file("c.txt", lines.concat())]).unwrap_err().to_string();
        assert!(error.contains(&format!("c.txt:{}: this hash comes before", wrong + 1)), "{wrong}: {error}");
        lines[wrong] = right;
    }
}

#[test]
fn lines_that_never_end() {
    let mut world = World::new();
    let long = "x".repeat(LONG);
    let done = world.import(&[world.file("w.txt", format!("one\n{long}\ntwo\n"))]).unwrap();
    assert_eq!((done.rows, done.undecodable), ([2, 2], 1));
    world.format = Some(Format::Hashes);
    let text = format!("{}:1\n{}\n", hash(1), "0".repeat(LONG));
    let error = world.import(&[world.file("h.txt", text)]).unwrap_err().to_string();
    assert!(error.contains("h.txt:2: the line is longer than"), "{error}");
}

const LONG: usize = 4 * feed::LONGEST;

#[test]
fn interrupted_at_any_question() {
    let mut world = World::new();
    let list: String = (0..20_000).map(|number| format!("{}:1\n", hash(number))).collect();
    let file = world.file("list.txt", list);
    let mut interrupted = 0;
    for patience in 0..400 {
        world.patience = patience;
        match world.import(std::slice::from_ref(&file)) {
            Err(GuardError::Interrupted) => {
                interrupted += 1;
                assert_eq!(fs::read_dir(world.index()).unwrap().count(), 1, "only the lock stays");
            }
            Err(error) => panic!("{error}"),
            Ok(done) => {
                assert_eq!(done.rows, [20_000, 0]);
                break;
            }
        }
    }
    assert!(interrupted > 3, "{interrupted}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Files in any number of imports: the sum of all lines.
    #[test]
    fn like_a_map(imports in proptest::collection::vec(proptest::collection::vec((0..50_u64, 1..30_u64), 1..60), 1..14)) {
        let world = World::new();
        let mut naive = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for rows in &imports {
            let text: String = rows.iter().map(|(number, count)| format!("{}:{count}\n", hash(*number))).collect();
            world.import(&[world.file("list.txt", &text)]).unwrap();
            if seen.insert(text) {
                for (number, count) in rows {
                    *naive.entry(hash(*number)).or_insert(0) += count;
                }
            }
        }
        prop_assert_eq!(world.contents(HashKind::Sha1), naive);
        prop_assert!(Index::open(&world.index()).unwrap().status().kinds[0].segments <= 8);
    }
}
