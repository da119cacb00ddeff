//! What an index has for a prefix: rows that were found, and are not written yet.

use std::ops::Range;

use super::Index;
use crate::answer::written;
use crate::digest::{HashKind, PasswordHash, Prefix};
use crate::segment::Segment;

/// Rows of segments that begin with a prefix.
pub(crate) struct Found<'i> {
    parts: Vec<(&'i Segment, Range<u64>)>,
}

impl Index {
    /// Finds the hashes of a kind that begin with a prefix.
    pub(crate) fn find(&self, kind: HashKind, prefix: Prefix) -> Found<'_> {
        let parts = self.of_kind(kind).map(|segment| (segment, segment.rows_of(prefix)));
        Found { parts: parts.filter(|(_, rows)| !rows.is_empty()).collect() }
    }
}

impl Found<'_> {
    /// Rows of all segments: at least as many as there are different hashes.
    pub(crate) fn rows_at_most(&self) -> u64 {
        self.parts.iter().map(|(_, rows)| rows.end - rows.start).sum()
    }

    /// The seals of the segments that have such rows: together with the prefix they tell what the rows are.
    pub(crate) fn seals(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.parts.iter().map(|(segment, _)| segment.seal())
    }

    /// The hashes in order, each once, with their counts.
    pub(crate) fn hashes(&self, prefix: Prefix) -> Vec<(PasswordHash, u64)> {
        let mut all: Vec<_> =
            self.parts.iter().flat_map(|(segment, rows)| segment.hashes_of(prefix, rows.clone())).collect();
        // Sorted runs one after the other: what this sort is best at.
        all.sort_by_key(|(hash, _)| hash.key());
        all.dedup_by(|(hash, count), (kept, sum)| {
            let same = kept == hash;
            if same {
                *sum = sum.saturating_add(*count);
            }
            same
        });
        all
    }

    /// As text: rows `SUFFIX:COUNT` in order, each hash once, with CRLF between them.
    pub(crate) fn text(&self, prefix: Prefix) -> Vec<u8> {
        match self.parts.as_slice() {
            [] => Vec::new(),
            // As it is once imports are merged: what is stored is what is answered.
            [(alone, rows)] => alone.text_of(rows.clone()),
            _ => written(&self.hashes(prefix)),
        }
    }
}
