//! Bytes into containers, at the quickest levels and without any date, so that the result depends on the
//! content alone.
//!
//! Archives of several members: [`zip()`], [`tar()`], [`seven_zip`]. Compressors of one stream: [`compress`]. There is no writer
//! for rar, and nothing is encrypted.

use std::io::{Cursor, Write};

use sevenz_rust2::encoder_options::Lzma2Options;

use crate::WorldError;

/// A file inside an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path, with `/` between folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// How a zip's members are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZipMethod {
    /// As they are.
    Stored,
    /// Deflated.
    Deflated,
}

/// A compressor of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compressor {
    /// gzip (RFC 1952).
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
    /// LZ4 frames.
    Lz4,
}

impl Compressor {
    /// Every compressor.
    pub const ALL: [Self; 5] = [Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstd, Self::Lz4];
}

/// Packs `members` into a zip archive.
///
/// # Errors
/// [`WorldError::Pack`] when the library refuses a member.
pub fn zip(members: &[Member], method: ZipMethod) -> Result<Vec<u8>, WorldError> {
    let packed = || -> Result<Vec<u8>, zip::result::ZipError> {
        let options = zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        let options = match method {
            ZipMethod::Stored => options.compression_method(zip::CompressionMethod::Stored),
            ZipMethod::Deflated => {
                options.compression_method(zip::CompressionMethod::Deflated).compression_level(Some(1))
            }
        };
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for member in members {
            archive.start_file(member.name.as_str(), options)?;
            archive.write_all(&member.bytes)?;
        }
        Ok(archive.finish()?.into_inner())
    };
    packed().map_err(|why| WorldError::Pack { container: "zip", source: why.into() })
}

/// Packs `members` into a tar archive (ustar, GNU long names), owner 0, date 0.
///
/// # Errors
/// [`WorldError::Pack`] when the library refuses a member.
pub fn tar(members: &[Member]) -> Result<Vec<u8>, WorldError> {
    let packed = || -> std::io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        for member in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(member.bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            archive.append_data(&mut header, &member.name, member.bytes.as_slice())?;
        }
        archive.into_inner()
    };
    packed().map_err(|why| WorldError::Pack { container: "tar", source: why.into() })
}

/// Packs `members` into a 7z archive, LZMA2.
///
/// # Errors
/// [`WorldError::Pack`] when the library refuses a member.
pub fn seven_zip(members: &[Member]) -> Result<Vec<u8>, WorldError> {
    let packed = || -> Result<Vec<u8>, sevenz_rust2::Error> {
        let mut archive = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new()))?;
        archive.set_content_methods(vec![Lzma2Options::from_level(0).into()]);
        for member in members {
            let entry = sevenz_rust2::ArchiveEntry::new_file(&member.name);
            archive.push_archive_entry(entry, Some(member.bytes.as_slice()))?;
        }
        Ok(archive.finish()?.into_inner())
    };
    packed().map_err(|why| WorldError::Pack { container: "7z", source: why.into() })
}

/// Compresses one stream.
///
/// # Errors
/// [`WorldError::Pack`] when the library fails.
pub fn compress(bytes: &[u8], compressor: Compressor) -> Result<Vec<u8>, WorldError> {
    let (container, packed) = match compressor {
        Compressor::Gzip => ("gz", gzip(bytes)),
        Compressor::Bzip2 => ("bz2", bzip2(bytes)),
        Compressor::Xz => ("xz", xz(bytes)),
        Compressor::Zstd => ("zst", zstd::bulk::compress(bytes, 1)),
        Compressor::Lz4 => ("lz4", lz4(bytes)),
    };
    packed.map_err(|why| WorldError::Pack { container, source: why.into() })
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes)?;
    writer.finish()
}

fn bzip2(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(bytes)?;
    writer.finish()
}

fn xz(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0))?;
    writer.write_all(bytes)?;
    writer.finish()
}

fn lz4(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
    writer.write_all(bytes)?;
    writer.finish().map_err(std::io::Error::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn members() -> Vec<Member> {
        vec![
            Member { name: "a.txt".into(), bytes: b"tanaka@suigen.example:p\n".repeat(500) },
            Member { name: "ログ/Пароли.txt".into(), bytes: Vec::new() },
        ]
    }

    #[test]
    fn archives_give_their_members_back() {
        for method in [ZipMethod::Stored, ZipMethod::Deflated] {
            let packed = zip(&members(), method).unwrap();
            let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
            for member in members() {
                let mut bytes = Vec::new();
                archive.by_name(&member.name).unwrap().read_to_end(&mut bytes).unwrap();
                assert_eq!(bytes, member.bytes);
            }
        }
        let packed = tar(&members()).unwrap();
        let mut archive = tar::Archive::new(packed.as_slice());
        for (entry, member) in archive.entries().unwrap().zip(members()) {
            let mut entry = entry.unwrap();
            assert_eq!(entry.path().unwrap().to_str().unwrap(), member.name);
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, member.bytes);
        }
        let packed = seven_zip(&members()).unwrap();
        let mut archive =
            sevenz_rust2::ArchiveReader::new(Cursor::new(packed), sevenz_rust2::Password::empty()).unwrap();
        for member in members() {
            assert_eq!(archive.read_file(&member.name).unwrap(), member.bytes);
        }
    }

    #[test]
    fn streams_give_their_content_back_and_never_change() {
        let content = b"tanaka@suigen.example:p\n".repeat(5_000);
        for compressor in Compressor::ALL {
            let packed = compress(&content, compressor).unwrap();
            assert_eq!(packed, compress(&content, compressor).unwrap());
            assert!(packed.len() < content.len() / 4);
            let mut bytes = Vec::new();
            let mut reader: Box<dyn Read> = match compressor {
                Compressor::Gzip => Box::new(flate2::read::GzDecoder::new(packed.as_slice())),
                Compressor::Bzip2 => Box::new(bzip2::read::BzDecoder::new(packed.as_slice())),
                Compressor::Xz => Box::new(lzma_rust2::XzReader::new(packed.as_slice(), false)),
                Compressor::Zstd => Box::new(zstd::Decoder::new(packed.as_slice()).unwrap()),
                Compressor::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(packed.as_slice())),
            };
            reader.read_to_end(&mut bytes).unwrap();
            assert!(bytes == content, "{compressor:?}");
        }
    }
}
