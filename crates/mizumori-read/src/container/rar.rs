//! rar: being written.
use std::rc::Rc;
use std::sync::Arc;

use crate::fault::Fault;
use crate::walk::{Walk, Walked};
use crate::{Flow, Format, MemberName, ReadAt, Unreadable};

pub(crate) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    _at: &Arc<dyn ReadAt>,
    _level: u32,
    _fault: &Rc<Fault>,
) -> Walked {
    walk.unreadable(name, &Unreadable::Unsupported { format: Format::Rar, what: "this" });
    Ok(Flow::Continue)
}

pub(crate) fn bears_out(_head: &[u8]) -> bool {
    false
}
