//! Single-file compressors.

use std::io::Write;

use mizumori_read::{Format, LimitKind, Unreadable};

use crate::collect::{limited, list, read, read_with};

pub(crate) fn gz(data: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn bz2(data: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn xz(data: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn zst(data: &[u8]) -> Vec<u8> {
    let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    writer.include_checksum(true).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn lz4(data: &[u8]) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_mode(lz4_flex::frame::BlockMode::Linked)
        .block_size(lz4_flex::frame::BlockSize::Max64KB)
        .content_checksum(true)
        .block_checksums(true);
    let mut writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    writer.write_all(data).unwrap();
    writer.finish().unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;

pub(crate) const ALL: [(Format, Pack); 5] =
    [(Format::Gzip, gz), (Format::Bzip2, bz2), (Format::Xz, xz), (Format::Zstd, zst), (Format::Lz4, lz4)];

#[test]
fn nothing_is_added_to_the_name() {
    for (format, pack) in ALL {
        let data = list(20_000);
        let read = read(&pack(&data));
        assert_eq!(read.unreadable, [], "{format}");
        assert_eq!(read.members, [("f".to_owned(), data)], "{format}");
    }
}

#[test]
fn empty_members() {
    for (_, pack) in ALL {
        assert_eq!(read(&pack(b"")).sound(), [("f", String::new())]);
    }
    assert_eq!(read(b"").sound(), [("f", String::new())]);
}

#[test]
fn members_after_each_other() {
    for (format, pack) in ALL {
        let packed = [pack(b"one\n"), pack(b""), pack(b"two\n")].concat();
        assert_eq!(read(&packed).sound(), [("f", "one\ntwo\n".to_owned())], "{format}");
        let padded = [packed.as_slice(), &[0; 512]].concat();
        assert_eq!(read(&padded).sound(), [("f", "one\ntwo\n".to_owned())], "{format}");
        let followed = [packed.as_slice(), b"and text"].concat();
        let read = read(&followed);
        assert_eq!(read.texts(), [("f", "one\ntwo\n".to_owned())], "{format}");
        assert_eq!(read.why(), [("f", &Unreadable::Trailing(format))]);
    }
}

#[test]
fn skippable_frames() {
    let skippable = b"\x53\x2A\x4D\x18\x05\0\0\0hello".to_vec();
    for pack in [zst, lz4] {
        let packed = [pack(b"one\n"), skippable.clone(), pack(b"two\n")].concat();
        assert_eq!(read(&packed).sound(), [("f", "one\ntwo\n".to_owned())]);
    }
    for pack in [zst, lz4] {
        let first = [skippable.clone(), pack(b"one\n")].concat();
        assert_eq!(read(&first).sound(), [("f", "one\n".to_owned())]);
    }
}

#[test]
fn legacy_lz4() {
    let data = list(1000);
    let block = lz4_flex::block::compress(&data);
    let mut packed = b"\x02\x21\x4C\x18".to_vec();
    for _ in 0..2 {
        packed.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
        packed.extend(&block);
    }
    let packed = [packed, lz4(b"and a frame")].concat();
    let read = read(&packed);
    assert_eq!(read.unreadable, []);
    assert_eq!(read.members[0].1, [&data[..], &data[..], b"and a frame"].concat());
}

/// Wherever it is cut: a prefix, and a report. For the block formats the prefix is nearly everything.
#[test]
fn a_cut_file_gives_its_front() {
    let data = list(4000);
    for (format, pack) in ALL {
        let packed = pack(&data);
        for cut in (20..packed.len()).step_by(packed.len() / 40) {
            let read = read(&packed[..cut]);
            let got = &read.members[0].1;
            assert!(data.starts_with(got), "{format} cut at {cut}");
            assert_eq!(read.why(), [("f", &Unreadable::Truncated(format))], "{format} cut at {cut}");
            if matches!(format, Format::Gzip | Format::Xz | Format::Lz4) && cut > packed.len() / 10 {
                let share = data.len() * cut / packed.len();
                assert!(got.len() + 4096 > share, "{format} cut at {cut}: {} of {share}", got.len());
            }
        }
    }
}

#[test]
fn damage_costs_only_what_follows() {
    let data = list(30_000);
    for (format, pack) in ALL {
        let mut packed = pack(&data);
        let middle = packed.len() / 2;
        packed[middle..middle + 16].fill(0x5A);
        let read = read(&packed);
        let got = &read.members[0].1;
        let same = got.iter().zip(&data).take_while(|(a, b)| a == b).count();
        // Blocks of bzip2 (100 KB here) and Zstandard (128 KB) are all or nothing.
        let least =
            data.len() * 2 / 5 - if matches!(format, Format::Bzip2 | Format::Zstd) { 128 << 10 } else { 0 };
        assert!(same >= least, "{format}: {same} of {}", data.len());
        assert_eq!(read.unreadable.len(), 1, "{format}: {:?}", read.unreadable);
    }
}

#[test]
fn dictionaries_are_limited() {
    let small = limited(|limits| limits.dictionary_bytes = 64 << 10);
    let data = list(30_000);
    let why = Unreadable::Limit { limit: LimitKind::DictionaryBytes, value: 64 << 10 };
    let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    writer.window_log(23).unwrap();
    writer.long_distance_matching(true).unwrap();
    writer.write_all(&data).unwrap();
    assert_eq!(read_with(&small, &writer.finish().unwrap()).why(), [("f", &why)]);
    let mut options = lzma_rust2::XzOptions::with_preset(6);
    options.lzma_options.dict_size = 8 << 20;
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(&data).unwrap();
    assert_eq!(read_with(&small, &writer.finish().unwrap()).why(), [("f", &why)]);
}

#[test]
fn bombs_are_stopped_and_their_front_is_used() {
    let zeros = vec![b'0'; 3 << 20];
    let reader = limited(|limits| {
        limits.ratio_floor = 1 << 20;
        limits.ratio = 100;
    });
    for (format, pack) in ALL {
        let read = read_with(&reader, &pack(&zeros));
        let (_, got) = &read.members[0];
        if format == Format::Lz4 {
            // About 250:1, but its 64 KiB blocks come one by one.
            assert!(got.len() >= 1 << 20);
        }
        assert!(got.len() >= 1 << 20 && got.len() < zeros.len(), "{format}");
        let why = Unreadable::Limit { limit: LimitKind::Ratio, value: 100 };
        assert_eq!(read.why(), [("f", &why)], "{format}");
    }
    // Small, very regular text passes.
    assert_eq!(read(&gz(&zeros)).unreadable, []);
}

#[test]
fn depth_is_limited() {
    let nested = (0..9).fold(b"deep\n".to_vec(), |data, _| gz(&data));
    let read = read(&nested);
    assert_eq!(read.members, []);
    assert_eq!(read.why(), [("f", &Unreadable::Limit { limit: LimitKind::Depth, value: 8 })]);
    let nested = (0..8).fold(b"deep\n".to_vec(), |data, _| gz(&data));
    assert_eq!(crate::collect::read(&nested).sound(), [("f", "deep\n".to_owned())]);
}

#[test]
fn text_that_begins_like_a_container_is_not_lost() {
    for magic in ["BZh91AY&SY", "PK\u{3}\u{4}", "Rar!", "Rar!\u{1A}\u{7}", "\u{4}"] {
        let text = format!("{magic}\ntaro@suigen.example:himitsu\n");
        assert_eq!(read(text.as_bytes()).sound(), [("f", text.clone())]);
    }
    let hidden = [b"\x1F\x8B\x08\0\0\0\0\0\0\x03".as_slice(), &list(3)].concat();
    assert_eq!(read(&hidden).members, [("f".to_owned(), hidden)]);
}
