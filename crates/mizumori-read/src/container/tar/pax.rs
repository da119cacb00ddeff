//! Extended headers (pax): `length keyword=value\n`, as many as there are.

use super::Tape;
use super::sparse::Map;
use crate::Unreadable;

/// Longest extended header that is read.
pub(super) const LIMIT: u64 = 1 << 20;

/// What of an extended header matters here.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    sparse_major: Option<u64>,
    sparse_size: Option<u64>,
    /// Offsets and lengths by turns (formats 0.0 and 0.1).
    sparse_map: Vec<u64>,
}

impl Extended {
    /// Takes what can be understood.
    pub(super) fn parse(mut data: &[u8]) -> Self {
        let mut extended = Self::default();
        let mut path = None;
        while let Some((record, rest)) = record(data) {
            data = rest;
            let Some(eq) = memchr::memchr(b'=', record) else { continue };
            let (key, value) = record.split_at(eq);
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => path = Some(value.to_vec()),
                b"size" => extended.size = decimal(value),
                b"GNU.sparse.name" => extended.path = Some(value.to_vec()),
                b"GNU.sparse.major" => extended.sparse_major = decimal(value),
                b"GNU.sparse.realsize" | b"GNU.sparse.size" => extended.sparse_size = decimal(value),
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => extended.sparse_map.extend(decimal(value)),
                b"GNU.sparse.map" => {
                    extended.sparse_map = value.split(|b| *b == b',').filter_map(decimal).collect();
                }
                _ => {}
            }
        }
        extended.path = extended.path.or(path);
        extended
    }

    /// Where the parts of a sparse file belong; none for a file without holes. Format 1.0 has the list in front
    /// of the data.
    pub(super) fn sparse(&self, tape: &mut Tape<'_>) -> Result<Option<Map>, Unreadable> {
        if self.sparse_major == Some(1) {
            return Map::read(tape, self.sparse_size.unwrap_or(0)).map(Some);
        }
        let Some(size) = self.sparse_size else { return Ok(None) };
        let mut map = Map::new(size);
        for pair in self.sparse_map.chunks_exact(2) {
            if let &[offset, len] = pair {
                map.push(offset, len)?;
            }
        }
        Ok(Some(map))
    }
}

/// The first record's text, and what follows it.
fn record(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', data.get(..data.len().min(20))?)?;
    let len = usize::try_from(decimal(data.get(..blank)?)?).ok()?;
    let record = data.get(blank + 1..len)?;
    Some((record.strip_suffix(b"\n").unwrap_or(record), data.get(len..)?))
}

pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |n, byte| match byte {
        b'0'..=b'9' => n.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_records() {
        let parsed = Extended::parse(b"20 path=dir/a=b.txt\n11 size=12\n18 path=last wins\n12 atime=1\n");
        assert_eq!(parsed.path.as_deref(), Some(&b"last wins"[..]));
        assert_eq!(parsed.size, Some(12));
        for broken in
            [&b""[..], b" ", b"9", b"99 path=x\n", b"0 path=x\n", b"1 \n", b"18446744073709551616 a=b\n"]
        {
            assert!(Extended::parse(broken).path.is_none(), "{broken:?}");
        }
    }
}
