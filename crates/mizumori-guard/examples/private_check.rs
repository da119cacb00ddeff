//! What the private check costs: `cargo run --profile dist -p mizumori-guard --example private_check [PAIRS]`.
//!
//! One core, no network. Pairs are invented; those that fill the index go through the fastest slow hash that there is, since how
//! many there are is all that matters for an answer, and what a real pair costs is measured apart.

use std::io::Write;
use std::time::Instant;

use mizumori_core::{Account, LocalPart, Secret};
use mizumori_guard::Result;
use mizumori_guard::private::{PairSource, PrivateIndex, PrivateStatus, PrivateWriter, Query, SlowHash};

/// Questions and pairs of a measurement.
const ROUNDS: u32 = 2_000;
/// As fast as the slow hash can be.
const FAST: SlowHash = SlowHash { memory_kib: 8, passes: 1, lanes: 1 };

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let pairs: u32 = std::env::args().nth(1).map_or(Ok(100_000), |pairs| pairs.parse())?;
    let mut out = std::io::stdout();
    let folder = tempfile::tempdir()?;
    let slow = SlowHash::default();
    let real = PrivateWriter::create(&folder.path().join("real"), &folder.path().join("real.keys"), slow)?;
    let cost = real.gather(1 << 20)?.pace()?;
    writeln!(out, "a pair at building, {} KiB, {} passes: {cost:.1?}", slow.memory_kib, slow.passes)?;
    drop(real);

    let (index, keys) = (folder.path().join("index"), folder.path().join("keys"));
    let mut writer = PrivateWriter::create(&index, &keys, FAST)?;
    let gather = writer.gather(64 << 20)?;
    for number in 0..pairs {
        gather.add(0, &account(&name(number)), &number.to_le_bytes())?;
    }
    let start = Instant::now();
    let source = PairSource { number: 0, source: "bench".to_owned(), id: "1".to_owned() };
    writer.commit(&gather, &[source], &mut || Ok(()))?;
    writeln!(out, "{pairs} pairs put in order: {:.1?}", start.elapsed())?;
    drop(writer);

    let start = Instant::now();
    let open = PrivateIndex::open(&index, &keys)?;
    let bytes = open.bytes();
    writeln!(out, "opened and checked, {bytes} bytes: {:.1?}", start.elapsed())?;
    let bits = PrivateStatus::of(&index)?.generations.first().map_or(0, |generation| generation.bucket_bits);
    let parameters = open.parameters();
    let Some(generation) = parameters.generations.first() else { return Ok(()) };
    let queries: Vec<Query> = (0..ROUNDS)
        .map(|number| Query::new(generation, &account(&name(number)), &password(number)))
        .collect::<Result<_>>()?;

    let start = Instant::now();
    let answers: Vec<Vec<u8>> =
        queries.iter().map(|query| open.answer(&query.message())).collect::<Result<_>>()?;
    let each = start.elapsed() / ROUNDS;
    writeln!(
        out,
        "server: {each:.1?} an answer, {:.0} answers a second on one core, {} buckets",
        1.0 / each.as_secs_f64(),
        1_u64 << bits
    )?;
    let sent = queries.first().map_or(0, |query| query.message().len());
    let mut lengths: Vec<_> = answers.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    let all: usize = lengths.iter().sum();
    writeln!(
        out,
        "bytes: {sent} sent, {} received on average, {} to {}",
        all / lengths.len().max(1),
        lengths.first().copied().unwrap_or_default(),
        lengths.last().copied().unwrap_or_default()
    )?;
    let start = Instant::now();
    let mut found = 0;
    for (query, answer) in queries.iter().zip(&answers) {
        found += u32::from(query.finish(answer)?);
    }
    let finish = start.elapsed() / ROUNDS;
    let start = Instant::now();
    for number in 0..ROUNDS {
        Query::new(generation, &account(&name(number)), &password(number))?;
    }
    let blind = start.elapsed() / ROUNDS;
    writeln!(
        out,
        "client: {blind:.1?} to ask and {finish:.1?} to verify, and the slow hash before: {:.1?} in all; {found} found",
        blind + finish + cost
    )?;
    Ok(())
}

fn name(number: u32) -> String {
    format!("user{number}@suigen.example")
}

fn password(number: u32) -> Secret<Vec<u8>> {
    Secret::new(number.to_le_bytes().to_vec())
}

fn account(text: &str) -> Account<'static> {
    // `text` is an address of a reserved domain.
    let parsed = Account::parse(text, LocalPart::Column).map(Account::into_owned);
    parsed.unwrap_or_else(|| std::process::exit(2))
}
