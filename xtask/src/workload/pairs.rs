//! The private check in one process, on one core: answers a second, and what a question costs whom.
//!
//! Pairs are invented. Those that fill the index go through the fastest slow hash that there is, since how many there are is all that
//! matters for an answer; what a real pair costs is measured apart.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use mizumori_core::{Account, LocalPart, Secret};
use mizumori_guard::private::{PairSource, PrivateIndex, PrivateWriter, Query, SlowHash};

/// Pairs of the index.
const PAIRS: u32 = 20_000;
/// Questions; every other one is for a pair of the index.
const QUESTIONS: u32 = 2_000;
/// Answers whose seconds are told.
const ANSWERS: f64 = 10_000.0;
/// As fast as the slow hash can be.
const FAST: SlowHash = SlowHash { memory_kib: 8, passes: 1, lanes: 1 };

/// Makes an index in an empty folder, asks it, and prints how many pairs were found, the seconds of 10,000 answers, and the rest.
pub(super) fn run(folder: &Path) -> Result<()> {
    let slow = SlowHash::default();
    let real = PrivateWriter::create(&folder.join("real"), &folder.join("real.keys"), slow)?;
    let pair = real.gather(1 << 20)?.pace()?;
    drop(real);
    let (index, keys) = (folder.join("private"), folder.join("keys"));
    let mut writer = PrivateWriter::create(&index, &keys, FAST)?;
    let gather = writer.gather(64 << 20)?;
    for number in 0..PAIRS {
        gather.add(0, &account(number)?, &number.to_le_bytes())?;
    }
    let source = PairSource { number: 0, source: "bench".to_owned(), id: None };
    writer.commit(&gather, &[source], &mut || Ok(()))?;
    drop(writer);
    let open = PrivateIndex::open(&index, &keys)?;
    let parameters = open.parameters();
    let generation = parameters.generations.first().context("there is no generation")?;
    // One of the index, one that is none of it, and so on.
    let asked = |number: u32| if number.is_multiple_of(2) { number } else { number + PAIRS };
    let start = Instant::now();
    let questions = (0..QUESTIONS).map(|number| {
        let number = asked(number);
        let password = Secret::new(number.to_le_bytes().to_vec());
        Ok(Query::new(generation, &account(number)?, &password)?)
    });
    let questions: Vec<Query> = questions.collect::<Result<_>>()?;
    let to_ask = start.elapsed() / QUESTIONS;
    let start = Instant::now();
    let answers: Vec<Vec<u8>> =
        questions.iter().map(|question| Ok(open.answer(&question.message())?)).collect::<Result<_>>()?;
    let seconds = start.elapsed().as_secs_f64() / f64::from(QUESTIONS);
    let start = Instant::now();
    let mut found = 0;
    for (question, answer) in questions.iter().zip(&answers) {
        found += u64::from(question.finish(answer)?);
    }
    let to_verify = start.elapsed() / QUESTIONS;
    let sent = questions.first().map_or(0, |question| question.message().len());
    let received = answers.iter().map(Vec::len).sum::<usize>() / answers.len().max(1);
    let mut out = io::stdout().lock();
    writeln!(out, "{found}")?;
    writeln!(out, "{:.6}", seconds * ANSWERS)?;
    Ok(writeln!(
        out,
        "{:.0} answers a second a core; {sent} bytes sent and {received} received, on average; a client takes {to_ask:.1?} to \
         ask and {to_verify:.1?} to verify beside the slow hash, which takes {pair:.1?}",
        1.0 / seconds
    )?)
}

fn account(number: u32) -> Result<Account<'static>> {
    let text = format!("user{number}@suigen.example");
    Account::parse(&text, LocalPart::Column).map(Account::into_owned).context("this is no account")
}
