//! From a planned file to the bytes that lie on disk.

use super::bodies::Body;
use super::crowd::{Crowd, Scribe};
use super::plan::{Exposure, PlannedSource};
use super::source::{Archive, FileSpec, Layout, MemberSpec, Outer};
use crate::WorldError;
use crate::encode::encode;
use crate::format::{Format, Stealer};
use crate::pack::{Member, compress, seven_zip, tar, zip};

/// Records in one folder of a stealer log, on average.
const RECORDS_A_FOLDER: usize = 40;

/// A file ready to be written.
pub(crate) struct Rendered {
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
    /// Bytes of its members before packing.
    pub(crate) unpacked: u64,
    /// Physical lines of its decoded members.
    pub(crate) lines: u64,
    /// Records, watched or not.
    pub(crate) records: u64,
}

/// Writes file `index` of a source.
pub(crate) fn render(
    crowd: &Crowd,
    bodies: &[Body],
    source: &PlannedSource,
    index: usize,
    file: &FileSpec,
) -> Result<Rendered, WorldError> {
    let mut rendered = Rendered { bytes: Vec::new(), unpacked: 0, lines: 0, records: 0 };
    let mut members = Vec::new();
    for (number, member) in file.members.iter().enumerate() {
        let exposures: Vec<&Exposure> = source
            .exposures
            .iter()
            .filter(|exposure| (exposure.file, exposure.member) == (index, number))
            .collect();
        rendered.records += (member.noise + exposures.len()) as u64;
        let path = format!("{}/{}!{}", source.spec.id, file.path, member.name);
        for (name, text) in texts(crowd, bodies, member, exposures, &path) {
            let text = if member.crlf { text.replace('\n', "\r\n") } else { text };
            rendered.lines += count_lines(&text);
            let bytes = encode(&text, member.charset)?;
            rendered.unpacked += bytes.len() as u64;
            members.push(Member { name, bytes });
        }
    }
    let mut bytes = match file.archive {
        Some(archive) => archived(archive, &members)?,
        None => members.pop().map(|member| member.bytes).unwrap_or_default(),
    };
    for outer in file.outer {
        bytes = match *outer {
            Outer::Compressed(compressor) => compress(&bytes, compressor)?,
            Outer::Archived(archive, name) => archived(archive, &[Member { name: name.to_owned(), bytes }])?,
        };
    }
    rendered.bytes = bytes;
    Ok(rendered)
}

/// Physical lines: line feeds, and what stands behind the last one.
fn count_lines(text: &str) -> u64 {
    let ended = text.bytes().filter(|byte| *byte == b'\n').count();
    let open = usize::from(!text.is_empty() && !text.ends_with('\n'));
    (ended + open) as u64
}

fn archived(archive: Archive, members: &[Member]) -> Result<Vec<u8>, WorldError> {
    match archive {
        Archive::Zip(method) => zip(members, method),
        Archive::Tar => tar(members),
        Archive::SevenZip => seven_zip(members),
    }
}

/// The texts of a member with their names: one, or for a stealer log two in each folder.
fn texts(
    crowd: &Crowd,
    bodies: &[Body],
    member: &MemberSpec,
    mut exposures: Vec<&Exposure>,
    path: &str,
) -> Vec<(String, String)> {
    let mut scribe = Scribe::new(crowd, member, path);
    scribe.random().shuffle(&mut exposures);
    let mut left = Left { noise: member.noise, exposures };
    let Layout::Stealer(family) = member.layout else {
        let count = left.noise + left.exposures.len();
        let mut writer = member.layout.writer();
        return vec![(member.name.to_owned(), write(&mut *writer, &mut scribe, bodies, &mut left, count))];
    };
    let mut texts = Vec::new();
    while left.noise + left.exposures.len() > 0 {
        let number = texts.len() / 2 + 1;
        let folder = format!("{}/JP[{number:04}]", member.name);
        let count = 1 + scribe.random().below(2 * RECORDS_A_FOLDER);
        let mut writer = Stealer::new(family);
        let passwords = write(&mut writer, &mut scribe, bodies, &mut left, count);
        texts.push((format!("{folder}/{}", family.file_name()), passwords));
        let system = Stealer::system_information(family, number);
        texts.push((format!("{folder}/{}", family.system_file_name()), system));
    }
    texts
}

/// What has not been written yet.
struct Left<'a> {
    noise: usize,
    exposures: Vec<&'a Exposure>,
}

/// Writes up to `count` records, watched ones and others in random order.
fn write(
    writer: &mut dyn Format,
    scribe: &mut Scribe<'_>,
    bodies: &[Body],
    left: &mut Left<'_>,
    count: usize,
) -> String {
    let mut text = String::with_capacity(count * 48);
    writer.begin(&mut text);
    for _ in 0..count {
        let draw = scribe.random().below(left.noise + left.exposures.len());
        if draw < left.noise {
            left.noise -= 1;
            writer.record(&scribe.noise(), &mut text);
        } else if let Some(exposure) = left.exposures.pop() {
            writer.record(&scribe.watched(exposure, bodies.get(exposure.body)), &mut text);
        } else {
            break;
        }
    }
    writer.end(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_an_open_last_line() {
        for (text, lines) in [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)] {
            assert_eq!(count_lines(text), lines, "{text:?}");
        }
    }
}
