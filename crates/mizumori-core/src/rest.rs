//! Little-endian numbers and texts out of bytes that somebody else wrote.

/// What has not been read yet. Whatever is not there is `None`; nothing is taken by a length that the bytes do not have.
#[derive(Clone, Copy, Debug)]
pub struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    /// All of `bytes`.
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// A number of four bytes.
    pub fn short(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// A number of eight bytes.
    pub fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// Whether all was read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_none() {
        let mut rest = Rest::new(&[1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!((rest.short(), rest.long()), (Some(1), Some(2)));
        assert_eq!((rest.bytes(usize::MAX), rest.take::<2>()), (None, None));
        assert_eq!((rest.take(), rest.is_empty()), (Some([3]), true));
    }
}
