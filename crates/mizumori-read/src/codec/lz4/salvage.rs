//! The readable part of an LZ4 block that is cut off or broken.
//!
//! The slow way, byte by byte: sound blocks are the library's.

/// Decodes a block as far as it goes (lz4_Block_format.md) into `out`, behind `history`; returns how far.
pub(super) fn salvage(packed: &[u8], history: &[u8], out: &mut [u8]) -> usize {
    let mut input = packed.iter().copied();
    let mut n = 0;
    let mut put = |n: &mut usize, byte: u8| match out.get_mut(*n) {
        Some(to) => {
            *to = byte;
            *n += 1;
            true
        }
        None => false,
    };
    let mut decoded = Vec::new();
    while let Some(token) = input.next() {
        let Some(literals) = length(&mut input, token >> 4) else { break };
        for _ in 0..literals {
            let Some(byte) = input.next() else { return n };
            if !put(&mut n, byte) {
                return n;
            }
            decoded.push(byte);
        }
        let (Some(low), Some(high)) = (input.next(), input.next()) else { break };
        let distance = usize::from(u16::from_le_bytes([low, high]));
        let Some(matched) = length(&mut input, token & 0x0F) else { break };
        for _ in 0..matched + 4 {
            let byte = match decoded.len().checked_sub(distance) {
                _ if distance == 0 => None,
                Some(at) => decoded.get(at).copied(),
                None => (history.len() + decoded.len())
                    .checked_sub(distance)
                    .and_then(|at| history.get(at).copied()),
            };
            let Some(byte) = byte else { return n };
            if !put(&mut n, byte) {
                return n;
            }
            decoded.push(byte);
        }
    }
    n
}

fn length(input: &mut impl Iterator<Item = u8>, nibble: u8) -> Option<usize> {
    let mut len = usize::from(nibble);
    if nibble == 15 {
        loop {
            let byte = input.next()?;
            len += usize::from(byte);
            if byte != 255 {
                break;
            }
        }
    }
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_far_as_it_goes() {
        let text = b"taro@suigen.example:himitsu\njiro@suigen.example:himitsu\n".repeat(9);
        let packed = lz4_flex::block::compress(&text);
        let mut before = 0;
        for cut in 0..=packed.len() {
            let mut out = vec![0; text.len()];
            let n = salvage(&packed[..cut], b"", &mut out);
            assert_eq!(out[..n], text[..n], "{cut}");
            assert!(n >= before);
            before = n;
        }
        assert_eq!(before, text.len());
        assert_eq!(salvage(b"\xFF\xFF\xFF", b"", &mut [0; 8]), 0);
        assert_eq!(salvage(b"\x10a\x09\x00", b"history", &mut [0; 8]), 1);
    }
}
