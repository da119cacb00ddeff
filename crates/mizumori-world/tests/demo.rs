//! The demo world against slow, obvious twins: a recount of the plan from its accounts alone, and a reading of the files
//! as they lie on disk. Neither uses the figures, the plan's fates or any code of the writers.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::OnceLock;

use mizumori_world::demo::{
    Archive, Body, Category, Described, Exposure, Fate, FileSpec, Layout, MemberSpec, Outer, PUBLISHED, Plan,
    Slot, SourceSpec, plan,
};
use mizumori_world::encode::Charset;
use mizumori_world::pack::Compressor;
use mizumori_world::{SourceTruth, Truth, World, write_demo};
use unicode_normalization::UnicodeNormalization;

/// One world for all tests: writing it is the slow part.
fn world() -> &'static (tempfile::TempDir, World, Plan) {
    static WORLD: OnceLock<(tempfile::TempDir, World, Plan)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let world = write_demo(folder.path()).unwrap();
        (folder, world, plan())
    })
}

fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_lowercase()
}

fn canonical(written: &str) -> String {
    folded(written).trim_end_matches('.').to_owned()
}

/// (year, month) of a month that is known; a year alone is its first month if all of it is in the period.
fn time_of(source: &SourceSpec) -> Option<(u16, u8)> {
    let text = source.leaked.text()?;
    let year: u16 = text[..4].parse().unwrap();
    match text.get(5..7) {
        Some(month) => Some((year, month.parse().unwrap())),
        None => (2009..=2020).contains(&year).then_some((year, 1)),
    }
}

/// The holder of a host in a month (`None`: the latest holder), by trying every domain of every body. `Err` when the
/// name is on the list and nobody held it then.
fn holder<'a>(bodies: &'a [Body], host: &str, month: Option<(u16, u8)>) -> Option<Result<&'a Body, ()>> {
    let mut named = false;
    let mut best: Option<(usize, &Body)> = None;
    for body in bodies {
        for domain in &body.domains {
            if host != domain.name && !host.ends_with(&format!(".{}", domain.name)) {
                continue;
            }
            named = true;
            let held = match month {
                Some(month) => {
                    domain.from.is_none_or(|from| from <= month) && domain.to.is_none_or(|to| month <= to)
                }
                None => domain.to.is_none(),
            };
            if held && best.is_none_or(|(length, _)| length < domain.name.len()) {
                best = Some((domain.name.len(), body));
            }
        }
    }
    named.then_some(best.map(|(_, body)| body).ok_or(()))
}

fn is_secret(secret: &str) -> bool {
    let nothing = ["", "NULL", "\\N", "None", "[NOT_SAVED]", "UNKNOWN"];
    let hashes_of_nothing = ["d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"];
    !nothing.contains(&secret.trim()) && !hashes_of_nothing.contains(&secret)
}

fn has_secret(exposure: &Exposure, member: &MemberSpec) -> bool {
    exposure.slot == Slot::Login
        && !matches!(member.layout, Layout::Vcard | Layout::Prose)
        && is_secret(&exposure.secret)
}

/// Counts the plan from what is written, by CONTRACTS' section on the method, without looking at a fate.
fn recount(plan: &Plan) -> Truth {
    let mut truth = Truth::default();
    let mut seen: HashSet<(String, String, Option<String>)> = HashSet::new();
    for source in &plan.sources {
        let spec = &source.spec;
        let month = time_of(spec);
        let time = month.and_then(|_| spec.leaked.text()).map(|text| text[..text.len().min(7)].to_owned());
        let mut in_source: HashSet<String> = HashSet::new();
        let mut of_source = SourceTruth { id: spec.id, ..SourceTruth::default() };
        for exposure in &source.exposures {
            if exposure.slot == Slot::SiteOnly {
                truth.site_only += 1;
                continue;
            }
            truth.matched += 1;
            let account = canonical(&exposure.written);
            let (_, host) = account.split_once('@').unwrap();
            let holder = holder(&plan.bodies, host, month).unwrap();
            let member = &spec.files[exposure.file].members[exposure.member];
            let outside = month.is_some_and(|month| !((2008, 7)..=(2021, 5)).contains(&month));
            // No exposure has two reasons not to count, so that the order of the reasons does not matter.
            let reasons =
                [!spec.public || spec.fabricated, !has_secret(exposure, member), outside, holder.is_err()];
            assert!(reasons.iter().filter(|reason| **reason).count() <= 1, "{reasons:?} in {}", spec.id);
            match reasons {
                [true, _, _, _] => truth.not_surveyed += 1,
                [_, true, _, _] => truth.without_secret += 1,
                [_, _, true, _] => truth.outside_period += 1,
                [_, _, _, true] => truth.outside_validity += 1,
                _ => {
                    let body = holder.unwrap();
                    let category = body.category.id();
                    let new_in_source = in_source.insert(account.clone());
                    if month.is_some() && new_in_source {
                        of_source.total += 1;
                        *of_source.categories.entry(category).or_default() += 1;
                    }
                    if !seen.insert((account, folded(spec.place), time.clone())) {
                        truth.duplicates += 1;
                    } else if let Some((year, _)) = month {
                        *truth.categories.entry(category).or_default().entry(year).or_default() += 1;
                        *truth.organisations.entry(body.id).or_default() += 1;
                    } else {
                        *truth.unknown_month.entry(category).or_default() += 1;
                    }
                }
            }
        }
        truth.sources.push(of_source);
    }
    truth
}

#[test]
fn a_recount_finds_the_truth() {
    let (_, world, plan) = world();
    assert_eq!(recount(plan), world.truth);
}

#[test]
fn the_truth_is_the_published_table() {
    let truth = &world().1.truth;
    for published in PUBLISHED {
        let years = &truth.categories[published.category.id()];
        for (year, count) in published.years {
            assert_eq!(years[&year], count, "{:?} {year}", published.category);
        }
        assert_eq!(truth.total(published.category.id()), published.total);
        assert_eq!(years.len(), 14);
    }
    let apart = [
        truth.duplicates,
        truth.without_secret,
        truth.outside_period,
        truth.outside_validity,
        truth.not_surveyed,
        truth.site_only,
    ];
    assert!(apart.iter().all(|number| *number > 0), "{apart:?}");
    let unknown: u64 = truth.unknown_month.values().sum();
    let counted: u64 = Category::ALL.iter().map(|category| truth.total(category.id())).sum();
    assert_eq!(truth.matched, counted + unknown + apart[..5].iter().sum::<u64>());
    let collection = truth.sources.iter().find(|source| source.id == "suijo-collection").unwrap();
    assert!(collection.categories["affiliated"] > 68_681 / 2);
}

#[test]
fn accounts_come_back_in_other_places_and_months() {
    let mut places: HashMap<&str, HashSet<(&str, String)>> = HashMap::new();
    for source in &world().2.sources {
        let time = source.spec.leaked.text().unwrap_or_default();
        for exposure in source.exposures.iter().filter(|exposure| exposure.fate == Fate::Counted) {
            places.entry(&exposure.account).or_default().insert((source.spec.place, time.clone()));
        }
    }
    assert!(places.values().filter(|places| places.len() > 1).count() > 1_000);
}

#[test]
fn the_size_is_that_of_a_demo() {
    let world = &world().1;
    assert!((1_200_000..=1_900_000).contains(&world.lines), "{} lines", world.lines);
    assert!((60_000_000..=100_000_000).contains(&world.bytes), "{} bytes", world.bytes);
    assert!(world.disk_bytes < world.bytes);
}

fn unpacked(bytes: Vec<u8>, file: &FileSpec) -> Vec<Vec<u8>> {
    let mut bytes = bytes;
    for outer in file.outer.iter().rev() {
        bytes = match outer {
            Outer::Compressed(compressor) => {
                let mut out = Vec::new();
                let mut reader: Box<dyn Read> = match compressor {
                    Compressor::Gzip => Box::new(flate2::read::GzDecoder::new(bytes.as_slice())),
                    Compressor::Bzip2 => Box::new(bzip2::read::BzDecoder::new(bytes.as_slice())),
                    Compressor::Xz => Box::new(lzma_rust2::XzReader::new(bytes.as_slice(), false)),
                    Compressor::Zstd => Box::new(zstd::Decoder::new(bytes.as_slice()).unwrap()),
                    Compressor::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(bytes.as_slice())),
                };
                reader.read_to_end(&mut out).unwrap();
                out
            }
            Outer::Archived(archive, name) => {
                members(*archive, &bytes).into_iter().find(|(found, _)| found == name).unwrap().1
            }
        };
    }
    let Some(archive) = file.archive else { return vec![bytes] };
    let found = members(archive, &bytes);
    // A stealer log's member is a folder of files.
    let of_member = |member: &MemberSpec| {
        let below = |name: &str| name == member.name || name.starts_with(&format!("{}/JP[", member.name));
        found.iter().filter(|(name, _)| below(name)).flat_map(|(_, bytes)| bytes.clone()).collect()
    };
    file.members.iter().map(of_member).collect()
}

fn members(archive: Archive, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    match archive {
        Archive::Zip(_) => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            for index in 0..archive.len() {
                let mut entry = archive.by_index(index).unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                found.push((entry.name().unwrap().into_owned(), content));
            }
        }
        Archive::Tar => {
            for entry in tar::Archive::new(bytes).entries().unwrap() {
                let mut entry = entry.unwrap();
                let name = entry.path().unwrap().to_str().unwrap().to_owned();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                found.push((name, content));
            }
        }
        Archive::SevenZip => {
            let mut archive =
                sevenz_rust2::ArchiveReader::new(Cursor::new(bytes), sevenz_rust2::Password::empty())
                    .unwrap();
            let names: Vec<String> = archive.archive().files.iter().map(|file| file.name.clone()).collect();
            for name in names {
                let content = archive.read_file(&name).unwrap();
                found.push((name, content));
            }
        }
    }
    found
}

fn decoded(bytes: &[u8], charset: Charset) -> String {
    let encoding = match charset {
        Charset::Utf8 | Charset::Utf8Bom => encoding_rs::UTF_8,
        Charset::Utf16Le | Charset::Utf16LeBom => encoding_rs::UTF_16LE,
        Charset::Utf16BeBom => encoding_rs::UTF_16BE,
        Charset::ShiftJis => encoding_rs::SHIFT_JIS,
        Charset::EucJp => encoding_rs::EUC_JP,
        Charset::Iso2022Jp => encoding_rs::ISO_2022_JP,
        Charset::Gb18030 => encoding_rs::GB18030,
        Charset::Windows1251 => encoding_rs::WINDOWS_1251,
        Charset::Windows1252 => encoding_rs::WINDOWS_1252,
    };
    encoding.decode(bytes).0.into_owned()
}

/// Every watched address in a text: around each `@`, as far as letters of an address go.
fn watched_addresses(text: &str, is_watched: &dyn Fn(&str) -> bool) -> BTreeMap<String, usize> {
    let belongs = |c: char| {
        let ascii = match u32::from(c) {
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap(),
            _ => c,
        };
        ascii.is_ascii_alphanumeric() || "._+-".contains(ascii)
    };
    let mut found = BTreeMap::new();
    for (at, sign) in text.match_indices(['@', '＠']) {
        let (before, after) = (&text[..at], &text[at + sign.len()..]);
        let domain = after.split(|c| !belongs(c)).next().unwrap();
        let host = canonical(domain);
        if !is_watched(&host) {
            continue;
        }
        let local = &before[before
            .rfind(|c| !belongs(c))
            .map_or(0, |i| i + before[i..].chars().next().unwrap().len_utf8())..];
        let account = format!("{}@{host}", folded(local));
        // The two things that look like an account and are none: a password, and a URL's user.
        if !account.starts_with("pass@") && account != "info@www.suigen.example" {
            *found.entry(account).or_default() += 1;
        }
    }
    found
}

#[test]
fn the_files_hold_what_the_plan_says_and_no_more() {
    let (_, world, plan) = world();
    let names: HashSet<&str> =
        plan.bodies.iter().flat_map(|body| &body.domains).map(|domain| domain.name).collect();
    let is_watched = |host: &str| {
        names.contains(host) || host.match_indices('.').any(|(dot, _)| names.contains(&host[dot + 1..]))
    };
    let mut lines = 0;
    for source in &plan.sources {
        for (index, file) in source.spec.files.iter().enumerate() {
            let path = match source.spec.described {
                Described::Sidecar => world.dumps.join(file.path),
                Described::Folder => world.dumps.join(source.spec.id).join(file.path),
            };
            let contents = unpacked(std::fs::read(&path).unwrap(), file);
            for (number, (member, content)) in file.members.iter().zip(contents).enumerate() {
                let text = decoded(&content, member.charset);
                lines += text.lines().count() as u64;
                let mut planned: BTreeMap<String, usize> = BTreeMap::new();
                for exposure in &source.exposures {
                    if (exposure.file, exposure.member) == (index, number) && exposure.slot != Slot::SiteOnly
                    {
                        *planned.entry(exposure.account.clone()).or_default() += 1;
                    }
                }
                let found = watched_addresses(&text, &is_watched);
                let differ: Vec<_> = found
                    .keys()
                    .chain(planned.keys())
                    .filter(|key| found.get(*key) != planned.get(*key))
                    .collect();
                assert!(differ.is_empty(), "{}: {}: {differ:?}", path.display(), member.name);
            }
        }
    }
    assert_eq!(lines, world.lines);
}

fn hashes(root: &Path, below: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hashes(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, blake3::hash(&std::fs::read(&path).unwrap()).to_hex().to_string());
        }
    }
}

#[test]
fn the_same_bytes_every_time() {
    let (folder, _, plan) = world();
    let mut first = BTreeMap::new();
    hashes(folder.path(), folder.path(), &mut first);
    let again = tempfile::tempdir().unwrap();
    write_demo(again.path()).unwrap();
    let mut second = BTreeMap::new();
    hashes(again.path(), again.path(), &mut second);
    assert_eq!(first, second);
    let files: usize = plan.sources.iter().map(|source| source.spec.files.len()).sum();
    assert_eq!(first.len(), files + plan.sources.len() + 4);
    // Over an earlier world, too.
    write_demo(again.path()).unwrap();
    let mut third = BTreeMap::new();
    hashes(again.path(), again.path(), &mut third);
    assert_eq!(first, third);
}
