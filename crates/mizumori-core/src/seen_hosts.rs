//! The hosts seen last: most accounts of a dump lie at a few of them, and what they are has been worked out.

use std::cell::RefCell;

use crate::rough_hash::rough_hash;

/// How many are remembered on each thread: 16 KiB, half of the fastest cache of most processors. Of a list whose ten
/// first hosts hold two thirds of the accounts they answer six of seven questions.
const SLOTS: usize = 512;
/// The longest host that is remembered, in bytes.
const LONGEST: usize = 31;

thread_local! {
    static SEEN: RefCell<[Slot; SLOTS]> = const { RefCell::new([Slot::EMPTY; SLOTS]) };
}

/// A host, behind it zeros.
#[derive(Clone, Copy)]
struct Slot {
    length: u8,
    text: [u8; LONGEST],
}

impl Slot {
    const EMPTY: Self = Self { length: 0, text: [0; LONGEST] };

    fn is(&self, host: &[u8]) -> bool {
        usize::from(self.length) == host.len() && self.text.get(..host.len()) == Some(host)
    }

    fn of(host: &[u8]) -> Self {
        let mut slot = Self::EMPTY;
        if let (Some(text), Ok(length)) = (slot.text.get_mut(..host.len()), u8::try_from(host.len())) {
            text.copy_from_slice(host);
            slot.length = length;
        }
        slot
    }
}

/// Whether `is_so` of `host`, which always says the same of the same host. What it says no to is not remembered.
pub(crate) fn seen_or(host: &str, is_so: impl FnOnce(&str) -> bool) -> bool {
    let bytes = host.as_bytes();
    let Some(at) = place(bytes) else { return is_so(host) };
    SEEN.with_borrow_mut(|slots| {
        let Some(slot) = slots.get_mut(at) else { return is_so(host) };
        if slot.is(bytes) {
            return true;
        }
        let is_so = is_so(host);
        if is_so {
            *slot = Slot::of(bytes);
        }
        is_so
    })
}

/// The place of a host. `None` where it has none: a long one, and the empty one, which is what empty places hold.
fn place(host: &[u8]) -> Option<usize> {
    (1..=LONGEST).contains(&host.len()).then(|| rough_hash(host) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_host_is_asked_for_once_and_never_taken_for_another() {
        let asked = Cell::new(0);
        let is_so = |host: &str| !host.is_empty() && !host.ends_with('9');
        let ask = |host: &str| {
            seen_or(host, |host| {
                asked.set(asked.get() + 1);
                is_so(host)
            })
        };
        assert!(ask("a.example") && ask("a.example"));
        assert_eq!(asked.get(), 1);
        assert!(!ask("a.example9") && !ask("a.example9"));
        assert_eq!(asked.get(), 3);
        // Many more than there are places, short ones, long ones and such as differ in the middle only.
        let hosts: Vec<_> = (0..20_000)
            .flat_map(|n| {
                [format!("{n}"), format!("{n}.example"), format!("same-start.{n}.same-end.example")]
            })
            .chain([String::new(), "x".repeat(LONGEST), "x".repeat(LONGEST + 1), "x".repeat(300)])
            .collect();
        for host in hosts.iter().chain(&hosts) {
            assert_eq!(ask(host), is_so(host), "{host}");
        }
    }
}
