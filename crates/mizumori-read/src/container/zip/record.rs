//! The records of a zip archive (APPNOTE.TXT 6.3.10, section 4.3), parsed from bytes.

/// A local header without name and extra fields.
pub(super) const LOCAL: usize = 30;
/// An entry of the central directory without name, extra fields and comment.
pub(super) const CENTRAL: usize = 46;
/// The end of the central directory without its comment.
pub(super) const END: usize = 22;
pub(super) const END64: usize = 56;
pub(super) const LOCATOR64: usize = 20;

pub(super) const LOCAL_MAGIC: [u8; 4] = *b"PK\x03\x04";
pub(super) const CENTRAL_MAGIC: [u8; 4] = *b"PK\x01\x02";
pub(super) const END_MAGIC: [u8; 4] = *b"PK\x05\x06";
pub(super) const END64_MAGIC: [u8; 4] = *b"PK\x06\x06";
pub(super) const LOCATOR64_MAGIC: [u8; 4] = *b"PK\x06\x07";
pub(super) const DESCRIPTOR_MAGIC: [u8; 4] = *b"PK\x07\x08";

/// Longest name of a local header that is taken for one while searching.
const PLAUSIBLE_NAME: usize = 4096;

/// Little-endian fields, read one after another; zero behind the end.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, n: usize) -> &'a [u8] {
        let (now, later) = self.0.split_at(n.min(self.0.len()));
        self.0 = later;
        now
    }

    fn number<const N: usize>(&mut self) -> u64 {
        self.take(N).iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))
    }

    pub(super) fn u16(&mut self) -> u16 {
        self.number::<2>() as u16
    }

    pub(super) fn u32(&mut self) -> u32 {
        self.number::<4>() as u32
    }

    pub(super) fn u64(&mut self) -> u64 {
        self.number::<8>()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A member, as a local header or the central directory describes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) name: Vec<u8>,
    /// A name in UTF-8 that an extra field has instead (0x7075).
    pub(super) unicode_name: Option<Vec<u8>>,
    pub(super) aes: Option<AesHeader>,
    /// Of the central directory only: where the local header is, and what kind of file it is.
    pub(super) offset: u64,
    pub(super) unix_mode: Option<u16>,
    /// Lengths of what follows the fixed part.
    pub(super) name_len: usize,
    pub(super) extra_len: usize,
    pub(super) comment_len: usize,
}

/// WinZip's extra field 0x9901.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AesHeader {
    /// AE-1 has a checksum, AE-2 has none.
    pub(super) has_crc: bool,
    /// 1, 2 or 3: 128, 192 or 256 bits.
    pub(super) strength: u8,
    /// The compression under the encryption.
    pub(super) method: u16,
}

impl Entry {
    /// The fixed part of a local header, behind which name and extra fields follow.
    pub(super) fn local(bytes: &[u8; LOCAL]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        if fields.take(4) != LOCAL_MAGIC {
            return None;
        }
        fields.take(2);
        let (flags, method, time) = (fields.u16(), fields.u16(), fields.u16());
        fields.take(2);
        let (crc, packed, size) = (fields.u32(), fields.u32().into(), fields.u32().into());
        let (name_len, extra_len) = (fields.u16().into(), fields.u16().into());
        Some(Self { flags, method, time, crc, packed, size, name_len, extra_len, ..Self::default() })
    }

    /// The fixed part of an entry of the central directory.
    pub(super) fn central(bytes: &[u8; CENTRAL]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        if fields.take(4) != CENTRAL_MAGIC {
            return None;
        }
        let made_by = fields.u16() >> 8;
        fields.take(2);
        let (flags, method, time) = (fields.u16(), fields.u16(), fields.u16());
        fields.take(2);
        let (crc, packed, size) = (fields.u32(), fields.u32().into(), fields.u32().into());
        let (name_len, extra_len, comment_len) =
            (fields.u16().into(), fields.u16().into(), fields.u16().into());
        fields.take(4);
        let attributes = fields.u32();
        let offset = fields.u32().into();
        // Made on Unix or macOS: the upper half is `st_mode`.
        let unix_mode = matches!(made_by, 3 | 19).then_some((attributes >> 16) as u16);
        Some(Self {
            flags,
            method,
            time,
            crc,
            packed,
            size,
            offset,
            unix_mode,
            name_len,
            extra_len,
            comment_len,
            ..Self::default()
        })
    }

    /// Takes name and extra fields.
    pub(super) fn complete(&mut self, name: Vec<u8>, extra: &[u8]) {
        let mut fields = Fields::new(extra);
        while fields.len() >= 4 {
            let (id, len) = (fields.u16(), fields.u16());
            let mut field = Fields::new(fields.take(len.into()));
            match id {
                // Only what did not fit into its 32 bits is here.
                0x0001 => {
                    for value in [&mut self.size, &mut self.packed, &mut self.offset] {
                        if *value == u64::from(u32::MAX) && field.len() >= 8 {
                            *value = field.u64();
                        }
                    }
                }
                0x7075 if field.take(1) == [1] => {
                    let crc = field.u32();
                    let text = field.take(usize::MAX);
                    if crc == crc32fast::hash(&name) && !text.is_empty() {
                        self.unicode_name = Some(text.to_vec());
                    }
                }
                0x9901 if field.len() >= 7 => {
                    let version = field.u16();
                    field.take(2);
                    let strength = field.take(1).first().copied().unwrap_or(0);
                    self.aes = Some(AesHeader { has_crc: version == 1, strength, method: field.u16() });
                }
                _ => {}
            }
        }
        self.name = name;
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Strong encryption of PKWARE, or an encrypted directory: neither is documented for others to use.
    pub(super) fn is_strongly_encrypted(&self) -> bool {
        self.flags & (1 << 6 | 1 << 13) != 0
    }

    /// Sizes and checksum stand behind the data.
    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & 1 << 3 != 0
    }

    pub(super) fn has_utf8_name(&self) -> bool {
        self.flags & 1 << 11 != 0
    }

    /// Whether LZMA data says itself where it ends.
    pub(super) fn has_end_marker(&self) -> bool {
        self.flags & 1 << 1 != 0
    }

    /// The compression method, under the encryption if there is one.
    pub(super) fn compression(&self) -> u16 {
        match self.aes {
            Some(aes) if self.method == 99 => aes.method,
            _ => self.method,
        }
    }

    /// Whether this is a file with content: no directory, link or device.
    pub(super) fn is_file(&self) -> bool {
        let kind = self.unix_mode.map_or(0, |mode| mode & 0xF000);
        let directory = self.name.ends_with(b"/") || self.name.ends_with(b"\\");
        !(directory && self.size == 0 && self.packed == 0
            || matches!(kind, 0x4000 | 0xA000 | 0x2000 | 0x6000 | 0x1000))
    }

    /// Whether a header found by searching can be one.
    pub(super) fn is_plausible(&self) -> bool {
        let known = matches!(self.method, 0..=6 | 8..=10 | 12 | 14 | 16 | 18..=20 | 93..=99);
        known && (1..=PLAUSIBLE_NAME).contains(&self.name_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_in_zeros() {
        let mut fields = Fields::new(b"\x01\x02\x03");
        assert_eq!((fields.u16(), fields.u16(), fields.u64()), (0x0201, 3, 0));
        assert_eq!(fields.len(), 0);
    }

    #[test]
    fn extra_fields() {
        let mut entry = Entry { size: 0xFFFF_FFFF, packed: 5, offset: 0xFFFF_FFFF, ..Entry::default() };
        let mut extra = b"\x01\0\x10\0".to_vec();
        extra.extend(7_u64.to_le_bytes());
        extra.extend(9_u64.to_le_bytes());
        extra.extend(b"\x01\x99\x07\0\x02\0AE\x03\x08\0");
        extra.extend(b"\x75\x70\xFF\xFF\x01");
        entry.complete(b"a".to_vec(), &extra);
        assert_eq!((entry.size, entry.packed, entry.offset), (7, 5, 9));
        assert_eq!(entry.aes, Some(AesHeader { has_crc: false, strength: 3, method: 8 }));
        assert_eq!(entry.unicode_name, None);
    }
}
