//! RAR, through `rars`, behind the feature `rar`.
//!
//! The library is young and pushes what it decodes, so that it runs on a thread of its own behind a short queue;
//! a panic in it is reported like any other failure. It verifies each member's checksum itself.

mod blocks;
#[cfg(feature = "rar")]
mod extract;
#[cfg(feature = "rar")]
mod feed;
#[cfg(feature = "rar")]
mod list;
#[cfg(feature = "rar")]
mod open;

pub(crate) use blocks::bears_out;
#[cfg(feature = "rar")]
pub(crate) use extract::walk;

/// Without the feature an archive is named, and that is all.
#[cfg(not(feature = "rar"))]
pub(crate) fn walk(
    walk: &mut crate::walk::Walk<'_>,
    name: &crate::MemberName,
    _at: &std::sync::Arc<dyn crate::ReadAt>,
    _level: u32,
    _below: &std::rc::Rc<crate::fault::Fault>,
) -> crate::walk::Walked {
    let what = "RAR, which this program was built without (feature `rar`),";
    walk.unreadable(name, &crate::Unreadable::Unsupported { format: crate::Format::Rar, what });
    Ok(crate::Flow::Continue)
}
