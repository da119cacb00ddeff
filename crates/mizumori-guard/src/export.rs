//! The way out: text as Pwned Passwords publishes it, and range files.
//!
//! Clear passwords are not in an index, and so no list of them (such as Keycloak's black list) can be made of it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::answer::RangeAnswer;
use crate::digest::{HashKind, PasswordHash, Prefix};
use crate::error::{GuardError, Result};
use crate::index::Index;
use crate::row::{Row, Rows};

/// The order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportOrder {
    /// By hash.
    Hash,
    /// The most frequent first; those of the same count by hash.
    Count,
}

/// What is exported, and how.
pub struct Export<'e> {
    /// Out of which index.
    pub index: &'e Index,
    /// Which hashes.
    pub kind: HashKind,
    /// Memory for putting them in order, in bytes.
    pub memory: u64,
    /// Told of rows that were read; may end it. By count they are read several times.
    pub on: &'e mut dyn FnMut(u64) -> Result<()>,
}

/// Rows between two reports.
const STEP: u64 = 1 << 16;
/// Parts into which counts are divided at once.
const PARTS: u64 = 1 << 12;

/// Writes lines `HASH:COUNT`, each with a line feed.
///
/// By count without temporary files: the index is read once to see how many hashes there are of which counts, then once more
/// for each group of counts whose hashes fit into the memory.
///
/// # Errors
/// Those of the index, and of `out`, where it was broken off.
pub fn export(export: &mut Export<'_>, order: ExportOrder, out: &mut dyn Write) -> Result<()> {
    match order {
        ExportOrder::Hash => export.stream(|_| true, out),
        ExportOrder::Count => export.by_count(1, u64::MAX, out),
    }
}

/// Writes a file for each prefix into a folder that is made for them, as the Pwned Passwords API answers: `00000.txt` to
/// `FFFFF.txt`. `on` is told of prefixes that are done.
///
/// # Errors
/// When there is something of this name; those of the index and of the system.
pub fn export_ranges(
    index: &Index,
    kind: HashKind,
    folder: &Path,
    on: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<()> {
    fs::create_dir(folder).map_err(GuardError::io("create", folder))?;
    for prefix in (0..Prefix::COUNT).filter_map(Prefix::of_number) {
        let path = folder.join(format!("{prefix}.txt"));
        let answer = RangeAnswer::of(index, kind, prefix).text();
        fs::write(&path, answer).map_err(GuardError::io("write", &path))?;
        on(1)?;
    }
    Ok(())
}

impl Export<'_> {
    /// Hands over all rows, and reports.
    fn each(&mut self, mut take: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let mut rows = self.index.rows(self.kind)?;
        let mut since = 0;
        while let Some(row) = rows.next()? {
            take(row)?;
            since += 1;
            if since == STEP {
                (self.on)(since)?;
                since = 0;
            }
        }
        (self.on)(since)
    }

    /// Writes the rows that are wanted as they come.
    fn stream(&mut self, wanted: impl Fn(&Row) -> bool, out: &mut dyn Write) -> Result<()> {
        let kind = self.kind;
        let mut line = Vec::new();
        self.each(|row| if wanted(&row) { write_line(kind, row, &mut line, out) } else { Ok(()) })
    }

    /// Writes the rows whose counts are from `least` to `most`, the highest first.
    fn by_count(&mut self, least: u64, most: u64, out: &mut dyn Write) -> Result<()> {
        if least == most {
            // They are in order.
            return self.stream(|row| row.count == least, out);
        }
        let parts = divided(least, most);
        let mut rows = vec![0_u64; parts.len()];
        self.each(|row| {
            if (least..=most).contains(&row.count) {
                let part = parts.partition_point(|(_, end)| *end < row.count);
                if let Some(rows) = rows.get_mut(part) {
                    *rows += 1;
                }
            }
            Ok(())
        })?;
        let held = (self.memory / size_of::<Row>() as u64).max(1);
        let mut parts: Vec<_> = parts.into_iter().zip(rows).filter(|(_, rows)| *rows > 0).collect();
        while let Some(((start, end), rows)) = parts.pop() {
            if rows > held {
                self.by_count(start, end, out)?;
                continue;
            }
            let (mut start, mut sum) = (start, rows);
            while let Some(((lower, _), more)) = parts.last()
                && sum + more <= held
            {
                (start, sum) = (*lower, sum + more);
                parts.pop();
            }
            self.gathered(start, end, sum, out)?;
        }
        Ok(())
    }

    fn gathered(&mut self, least: u64, most: u64, rows: u64, out: &mut dyn Write) -> Result<()> {
        let mut held = Vec::with_capacity(usize::try_from(rows).unwrap_or_default());
        self.each(|row| {
            if (least..=most).contains(&row.count) {
                held.push(row);
            }
            Ok(())
        })?;
        held.sort_unstable_by_key(|row| (u64::MAX - row.count, row.key));
        let mut line = Vec::new();
        held.into_iter().try_for_each(|row| write_line(self.kind, row, &mut line, out))
    }
}

/// Counts in parts, the lowest first: from 1 on by powers of two, else alike.
fn divided(least: u64, most: u64) -> Vec<(u64, u64)> {
    if least == 1 && most == u64::MAX {
        return (0..u64::BITS).map(|bit| (1 << bit, (1_u64 << bit) + ((1 << bit) - 1))).collect();
    }
    let width = (most - least) / PARTS + 1;
    let mut parts = Vec::new();
    let mut start = least;
    loop {
        let end = start.saturating_add(width - 1).min(most);
        parts.push((start, end));
        if end == most {
            return parts;
        }
        start = end + 1;
    }
}

fn write_line(kind: HashKind, row: Row, line: &mut Vec<u8>, out: &mut dyn Write) -> Result<()> {
    line.clear();
    PasswordHash::of_key(kind, row.key).write_hex(line);
    let written = writeln!(line, ":{}", row.count).and_then(|()| out.write_all(line));
    written.map_err(|cause: io::Error| GuardError::Io { what: "write", path: "the export".into(), cause })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Key;
    use crate::index::{IndexWriter, NewImport};
    use crate::segment::SegmentWriter;

    fn exported(counts: &[u64], order: ExportOrder, memory: u64) -> Vec<(u64, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = IndexWriter::open(folder.path()).unwrap();
        let mut segment =
            SegmentWriter::create(&writer.new_path(HashKind::Ntlm), HashKind::Ntlm, None).unwrap();
        for (high, count) in (0..).zip(counts) {
            segment.push(Row { key: Key { high, ..Key::default() }, count: *count }).unwrap();
        }
        let segments = vec![segment.finish().unwrap()];
        writer.commit(vec![NewImport { id: "x".to_owned(), source: None, segments }]).unwrap();
        let index = Index::open(folder.path()).unwrap();
        let mut out = Vec::new();
        let mut how = Export { index: &index, kind: HashKind::Ntlm, memory, on: &mut |_| Ok(()) };
        export(&mut how, order, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        let row = |line: &str| {
            let (hash, count) = line.split_once(':').unwrap();
            (u64::from_str_radix(&hash[..16], 16).unwrap(), count.parse().unwrap())
        };
        text.lines().map(row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn in_either_order(counts in proptest::collection::vec(prop_oneof![1..4_u64, 1..100_000_u64, 1..u64::MAX, Just(u64::MAX)], 1..80), memory in 1..2_000_u64) {
            let mut naive: Vec<_> = (0..).zip(counts.iter().copied()).collect();
            prop_assert_eq!(&exported(&counts, ExportOrder::Hash, memory), &naive);
            naive.sort_by_key(|(hash, count)| (u64::MAX - count, *hash));
            prop_assert_eq!(&exported(&counts, ExportOrder::Count, memory), &naive);
        }
    }

    #[test]
    fn parts_leave_nothing_out() {
        for (least, most) in
            [(1, u64::MAX), (1, 2), (5, 100_000), (1 << 63, u64::MAX), (7, 4102), (7, 4103), (7, 4104)]
        {
            let parts = divided(least, most);
            assert_eq!((parts[0].0, parts[parts.len() - 1].1), (least, most));
            assert!(parts.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
            assert!(parts.len() <= 4096);
        }
    }
}
