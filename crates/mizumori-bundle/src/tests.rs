//! Bundles that come over whole, and all that may happen to them on the way.

use std::io::{Cursor, Read as _, Write as _};

use mizumori_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::stream::CHUNK;

fn write(keys: &Keys, to: &[RecipientKey], entries: &[(EntryHead, Vec<u8>)]) -> Vec<u8> {
    let mut writer = BundleWriter::begin(Vec::new(), keys, to, 7, Timestamp(1_000)).unwrap();
    for (head, body) in entries {
        assert_eq!(writer.entry(head, &mut &**body).unwrap(), body.len() as u64);
    }
    writer.finish().unwrap()
}

fn read(bundle: &[u8], keys: &Keys, from: &SenderKey) -> Result<Vec<(EntryHead, Vec<u8>)>> {
    let mut reader = open(Cursor::new(bundle), keys, from)?;
    let mut entries = Vec::new();
    while let Some(head) = reader.entry()? {
        let mut body = Vec::new();
        reader.read_to_end(&mut body).map_err(BundleError::io("read"))?;
        entries.push((head, body));
    }
    reader.finish()?;
    Ok(entries)
}

fn guard(name: &str) -> EntryHead {
    EntryHead::new(EntryKind::Guard, "leaked", name).unwrap()
}

fn parties() -> (Keys, Keys) {
    (Keys::create().unwrap(), Keys::create().unwrap())
}

/// One of some chunks, of random bytes that hide nothing.
fn sample() -> Vec<(EntryHead, Vec<u8>)> {
    let body = |length: usize| (0..length).map(|at| (at * 31 % 251) as u8).collect::<Vec<_>>();
    let findings = EntryHead::new(EntryKind::Findings, "store", "findings.jsonl").unwrap();
    vec![
        (findings, b"himitsu no kotoba".to_vec()),
        (guard("a.segment"), body(3 * CHUNK)),
        (guard("index.json"), Vec::new()),
    ]
}

#[test]
fn what_goes_in_comes_out() {
    let (sender, recipient) = parties();
    let second = Keys::create().unwrap();
    // A recipient that is named twice is one.
    let to = [recipient.recipient(), second.recipient(), recipient.recipient()];
    let bundle = write(&sender, &to, &sample());
    for keys in [&recipient, &second] {
        assert_eq!(read(&bundle, keys, &sender.sender()).unwrap(), sample());
    }
    let header = show(&mut &*bundle).unwrap();
    assert_eq!(
        (header.sequence, header.created, &header.sender),
        (7, Timestamp(1_000), &sender.sender().id())
    );
    assert_eq!(header.recipients.len(), 2);
    assert!(!bundle.windows(7).any(|window| window == b"himitsu"));
    // Nothing at all is a bundle too, and what nobody reads is passed over.
    let empty = write(&sender, &to, &[]);
    assert_eq!(read(&empty, &recipient, &sender.sender()).unwrap(), []);
    open(Cursor::new(&bundle), &recipient, &sender.sender()).unwrap().finish().unwrap();
}

#[test]
fn every_length_around_a_chunk() {
    let (sender, recipient) = parties();
    // The head, its length, the parts' lengths and the hash stand in the first chunk too.
    for length in (0..200).chain(CHUNK - 200..CHUNK + 10).step_by(7) {
        let entries = vec![(guard("x"), vec![9; length])];
        let bundle = write(&sender, &[recipient.recipient()], &entries);
        assert_eq!(read(&bundle, &recipient, &sender.sender()).unwrap(), entries, "{length}");
    }
}

#[test]
fn others_cannot_open_it_and_others_have_not_sent_it() {
    let (sender, recipient) = parties();
    let bundle = write(&sender, &[recipient.recipient()], &sample());
    let other = Keys::create().unwrap();
    assert!(matches!(read(&bundle, &other, &sender.sender()), Err(BundleError::Recipient)));
    let error = read(&bundle, &recipient, &other.sender()).unwrap_err();
    assert!(matches!(&error, BundleError::Sender(id) if *id == sender.sender().id()), "{error}");
    // Somebody who writes the sender's name on his own is found out by the signature.
    let forged = write(&other, &[recipient.recipient()], &sample());
    let name = |keys: &Keys| keys.sender().id().to_string().into_bytes();
    let at = forged.windows(16).position(|window| window == name(&other)).unwrap();
    let forged = [&forged[..at], &name(&sender), &forged[at + 16..]].concat();
    assert!(matches!(read(&forged, &recipient, &sender.sender()), Err(BundleError::Changed)));
    assert!(matches!(read(&forged, &recipient, &other.sender()), Err(BundleError::Sender(_))));
}

#[test]
fn a_bundle_that_is_cut_off_is_none() {
    let (sender, recipient) = parties();
    let bundle = write(&sender, &[recipient.recipient()], &sample());
    for cut in (0..bundle.len()).step_by(997).chain(bundle.len() - 100..bundle.len()).chain(1..8) {
        let error = read(&bundle[..cut], &recipient, &sender.sender()).unwrap_err();
        let expected = if cut == 0 { "no bundle" } else { "not whole" };
        assert!(error.to_string().contains(expected), "{cut}: {error}");
    }
    let longer = [&*bundle, b"x"].concat();
    assert!(matches!(read(&longer, &recipient, &sender.sender()), Err(BundleError::NotWhole)));
    let doubled = [&*bundle, &bundle].concat();
    assert!(matches!(read(&doubled, &recipient, &sender.sender()), Err(BundleError::NotWhole)));
}

#[test]
fn chunks_in_another_order_are_noticed() {
    let (sender, recipient) = parties();
    let bundle = write(&sender, &[recipient.recipient()], &sample());
    let header = bundle.len() - usize::try_from(TRAILER).unwrap();
    let step = CHUNK + stream::TAG;
    // From the end: the payload's beginning is where whole chunks begin.
    let begin = header - (3 * step) - (header - 16 - bundle_header(&bundle)) % step;
    assert!(begin < header);
    let first = 16 + bundle_header(&bundle);
    let (one, two) = (first..first + step, first + step..first + 2 * step);
    let swapped = [&bundle[..first], &bundle[two.clone()], &bundle[one], &bundle[two.end..]].concat();
    assert_eq!(swapped.len(), bundle.len());
    assert!(matches!(read(&swapped, &recipient, &sender.sender()), Err(BundleError::Changed)));
}

/// The length of its header's text.
fn bundle_header(bundle: &[u8]) -> usize {
    u32::from_le_bytes(bundle[12..16].try_into().unwrap()) as usize
}

/// What the sender himself signed wrongly is refused by the chunks' own seals.
#[test]
fn a_payload_opens_in_its_order_alone() {
    let key = [3; 32];
    let mut sealing = stream::Sealing::new(Vec::new(), key);
    sealing.write_all(&vec![5; 3 * CHUNK + 10]).unwrap();
    let (payload, length) = sealing.finish().unwrap();
    let opened = |payload: &[u8]| {
        let mut out = Vec::new();
        stream::Opening::new(payload, key, payload.len() as u64).read_to_end(&mut out).map(|_| out)
    };
    assert_eq!((payload.len() as u64, opened(&payload).unwrap().len()), (length, 3 * CHUNK + 10));
    let step = CHUNK + stream::TAG;
    let swapped = [&payload[step..2 * step], &payload[..step], &payload[2 * step..]].concat();
    let dropped = [&payload[..step], &payload[2 * step..]].concat();
    for wrong in [&swapped[..], &dropped, &payload[..step], &payload[..3 * step], &payload[..5]] {
        assert!(opened(wrong).is_err(), "{}", wrong.len());
    }
}

#[test]
fn later_versions_and_other_files() {
    let (sender, recipient) = parties();
    let mut bundle = write(&sender, &[recipient.recipient()], &[]);
    bundle[8] = 2;
    assert!(matches!(show(&mut &*bundle), Err(BundleError::Version { found: 2, known: 1 })));
    for other in [&b""[..], b"PK\x03\x04 and so on", b"MIZGUARD........................"] {
        assert!(matches!(show(&mut &*other), Err(BundleError::NoBundle)), "{other:?}");
    }
    let long = [MAGIC.as_slice(), &1_u32.to_le_bytes(), &u32::MAX.to_le_bytes()].concat();
    assert!(matches!(show(&mut &*long), Err(BundleError::Malformed("header"))));
}

#[test]
fn names_lead_nowhere() {
    for name in ["", ".", "..", ".hidden", "a/b", "/etc/passwd", "a\\b", "水", &"x".repeat(129)] {
        assert!(EntryHead::new(EntryKind::Guard, "leaked", name).is_err(), "{name}");
        assert!(EntryHead::new(EntryKind::Guard, name, "x").is_err(), "{name}");
        // Nor do those of a sender that signs anything.
        let text = format!(r#"{{"kind":"guard","of":"leaked","name":{}}}"#, serde_json::json!(name));
        let plain = [&(text.len() as u32).to_le_bytes(), text.as_bytes(), &[0; 60]].concat();
        assert!(EntryReader::new(&*plain).entry().is_err(), "{name}");
    }
    assert!(BundleWriter::begin(Vec::new(), &Keys::create().unwrap(), &[], 1, Timestamp(0)).is_err());
}

#[test]
fn a_file_that_changes_meanwhile_is_noticed() {
    let (sender, recipient) = parties();
    let bundle = write(&sender, &[recipient.recipient()], &sample());
    /// Gives other bytes when it is read the second time.
    struct Fickle(Cursor<Vec<u8>>, u32);
    impl std::io::Read for Fickle {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(bytes)
        }
    }
    impl std::io::Seek for Fickle {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.1 += 1;
            // The length, back, back again, the payload's length, and back for the payload.
            if self.1 == 5 {
                let last = self.0.get_ref().len() - 100;
                self.0.get_mut()[last] ^= 1;
            }
            self.0.seek(to)
        }
    }
    let reader = open(Fickle(Cursor::new(bundle), 0), &recipient, &sender.sender()).unwrap();
    assert!(reader.finish().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever single byte is changed, nothing is opened.
    #[test]
    fn no_byte_can_be_changed(at: prop::sample::Index, by in 1_u8..) {
        let (sender, recipient) = parties();
        let entries = vec![(guard("x"), b"some bytes".to_vec())];
        let mut bundle = write(&sender, &[recipient.recipient()], &entries);
        let at = at.index(bundle.len());
        bundle[at] ^= by;
        prop_assert!(read(&bundle, &recipient, &sender.sender()).is_err());
    }

    /// Nothing that claims to be a payload makes a panic, or memory that it does not fill.
    #[test]
    fn any_bytes_as_entries(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut reader = EntryReader::new(&*bytes);
        while let Ok(Some(_)) = reader.entry() {}
        let _ = show(&mut &*bytes);
        let _ = show(&mut &*[MAGIC.as_slice(), &1_u32.to_le_bytes(), &bytes].concat());
    }
}
