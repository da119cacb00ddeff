//! Whether a reading in pages gets anywhere: a server may lead from page to page for ever.

/// More than any directory has.
const MOST: u64 = 5_000_000;
/// So many pages in a row may bring nothing new: services give empty ones where they filter behind the page.
const IDLE: u32 = 20;

/// How far a reading has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    came: u64,
    idle: u32,
}

impl Progress {
    /// Takes note of a page that is not the last, with so much that is new. What comes back is why there is no use in going on.
    pub(crate) fn page(&mut self, new: usize) -> Result<(), &'static str> {
        self.came = self.came.saturating_add(new as u64);
        self.idle = if new == 0 { self.idle + 1 } else { 0 };
        if self.idle > IDLE {
            return Err("page after page came that brings nothing new");
        }
        if self.came > MOST {
            return Err("more came than any directory has");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_pages_may_be_empty() {
        let mut progress = Progress::default();
        for _ in 0..IDLE {
            assert_eq!(progress.page(0), Ok(()));
        }
        assert_eq!(progress.page(1), Ok(()), "one that brings something");
        for _ in 0..IDLE {
            assert_eq!(progress.page(0), Ok(()));
        }
        assert!(progress.page(0).is_err());
    }

    #[test]
    fn nobody_has_so_many() {
        let mut progress = Progress::default();
        assert_eq!(progress.page(5_000_000), Ok(()));
        assert!(progress.page(1).is_err());
    }
}
