//! Months of looks, played through.

use mizumori_core::DomainName;
use proptest::prelude::*;

use super::Outcome::{Missing, There, Unasked};
use super::*;
use crate::error::{Absence, ProofError, Trouble};
use crate::found::{Proof, outcome};

const START: Timestamp = Timestamp(1_800_000_000_000);

fn days(count: u32) -> Duration {
    DAY * count
}

fn day(count: u32) -> Timestamp {
    START.after(days(count))
}

/// Plays looks, one a day from the first day on; gives what followed from each.
fn play(method: Method, outcomes: impl IntoIterator<Item = Outcome>) -> Vec<Verdict> {
    let schedule = Schedule::default();
    let mut standing = Standing::proved(START);
    let play = |(at, outcome): (u32, Outcome)| {
        let (next, verdict) = schedule.judge(method, standing, outcome, day(at));
        standing = next;
        verdict
    };
    (1..).zip(outcomes).map(play).collect()
}

fn times(outcome: Outcome, count: usize) -> impl Iterator<Item = Outcome> {
    std::iter::repeat_n(outcome, count)
}

/// The looks, counted from 1, at which holders are reminded, each with the reminder's number.
fn reminders(verdicts: &[Verdict]) -> Vec<(usize, usize)> {
    let of = |(at, verdict): (usize, &Verdict)| match verdict {
        Verdict::Fails { remind, .. } => remind.map(|number| (at + 1, number)),
        _ => None,
    };
    verdicts.iter().enumerate().filter_map(of).collect()
}

/// The first look, counted from 1, that ended it.
fn lapsed(verdicts: &[Verdict]) -> Option<usize> {
    verdicts.iter().position(|verdict| matches!(verdict, Verdict::Lapsed { .. })).map(|at| at + 1)
}

#[test]
fn a_proof_that_is_there_holds() {
    for method in Method::ALL {
        assert!(play(method, times(There, 400)).iter().all(|verdict| *verdict == Verdict::Holds));
    }
}

#[test]
fn seven_days_of_no_end_it() {
    for method in [Method::Dns, Method::File, Method::Meta] {
        let verdicts = play(method, times(Missing, 9));
        // The first no is on day 1, so that the seventh day after it is day 8.
        assert_eq!(verdicts[0], Verdict::Fails { by: Missing, lapses: day(8), remind: Some(1) });
        assert_eq!(verdicts[6], Verdict::Fails { by: Missing, lapses: day(8), remind: Some(3) });
        assert_eq!((lapsed(&verdicts), verdicts[8]), (Some(8), Verdict::Lapsed { by: Missing }));
        assert_eq!(reminders(&verdicts), [(1, 1), (5, 2), (7, 3)]);
    }
}

#[test]
fn silence_ends_it_only_after_thirty_days() {
    let verdicts = play(Method::Dns, times(Unasked, 32));
    assert_eq!(verdicts[0], Verdict::Fails { by: Unasked, lapses: day(31), remind: None });
    assert_eq!((lapsed(&verdicts), verdicts[31]), (Some(31), Verdict::Lapsed { by: Unasked }));
    assert_eq!(reminders(&verdicts), [(4, 1), (15, 2), (22, 3), (29, 4)]);
}

#[test]
fn what_is_found_again_is_forgotten() {
    for failure in [Missing, Unasked] {
        let week = || times(failure, 6).chain([There]);
        let verdicts = play(Method::File, (0..20).flat_map(|_| week()));
        assert_eq!(lapsed(&verdicts), None);
        assert_eq!(verdicts[6], Verdict::Holds);
        // Each time anew.
        let first = (failure == Missing).then_some(1);
        assert!(
            matches!(verdicts[7], Verdict::Fails { remind, lapses, .. } if lapses > day(14) && remind == first)
        );
    }
    // After it lapsed as well.
    let verdicts = play(Method::Dns, times(Missing, 10).chain([There, Missing]));
    assert_eq!((verdicts[9], verdicts[10]), (Verdict::Lapsed { by: Missing }, Verdict::Holds));
    assert_eq!(verdicts[11], Verdict::Fails { by: Missing, lapses: day(19), remind: Some(1) });
}

#[test]
fn silence_does_not_count_as_no() {
    // No, three weeks of silence, and no: one is no more than one.
    let verdicts =
        play(Method::Dns, [Missing].into_iter().chain(times(Unasked, 20)).chain(times(Missing, 9)));
    assert_eq!(verdicts[21], Verdict::Fails { by: Missing, lapses: day(29), remind: None });
    assert_eq!(lapsed(&verdicts), Some(29));
    // Nor is what was counted before it forgotten.
    let six = times(Missing, 6).chain(times(Unasked, 10)).chain(times(Missing, 3));
    let verdicts = play(Method::Dns, six);
    assert_eq!(verdicts[16], Verdict::Fails { by: Missing, lapses: day(19), remind: None });
    assert_eq!(lapsed(&verdicts), Some(19));
    assert_eq!(reminders(&verdicts), [(1, 1), (5, 2), (15, 2), (18, 3)]);
    // Pairs of no in a row, seven of them.
    let verdicts = play(Method::Dns, (0..100).flat_map(|_| [Missing, Missing, Unasked]));
    assert_eq!(lapsed(&verdicts), Some(20));
}

#[test]
fn a_month_without_it_ends_it_whatever_was_in_the_way() {
    let verdicts = play(Method::Dns, (0..100).flat_map(|_| [Missing, Unasked]));
    assert_eq!(lapsed(&verdicts), Some(31));
    let verdicts = play(Method::Dns, times(Unasked, 29).chain(times(Missing, 3)));
    assert_eq!(verdicts[29], Verdict::Fails { by: Missing, lapses: day(31), remind: Some(1) });
    assert_eq!(verdicts[30], Verdict::Lapsed { by: Missing });
    // Seen once, it begins anew.
    let verdicts = play(Method::Dns, (0..10).flat_map(|_| times(Unasked, 29).chain([There])));
    assert_eq!(lapsed(&verdicts), None);
}

#[test]
fn while_nobody_looked_nothing_counts() {
    let schedule = Schedule::default();
    for (outcome, whole) in [(Missing, 7), (Unasked, 30)] {
        let (standing, _) = schedule.judge(Method::Dns, Standing::proved(START), outcome, day(1));
        // The machine was off for a year.
        let (standing, verdict) = schedule.judge(Method::Dns, standing, outcome, day(366));
        // Of that, two days count.
        let lapses = day(366 - 2 + whole);
        assert!(matches!(verdict, Verdict::Fails { lapses: at, .. } if at == lapses), "{verdict:?}");
        let (_, verdict) = schedule.judge(Method::Dns, standing, outcome, day(367));
        assert!(matches!(verdict, Verdict::Fails { lapses: at, .. } if at == lapses), "{verdict:?}");
        // A proof that was there is not lost by a first look, however late.
        let (_, verdict) = schedule.judge(Method::Dns, Standing::proved(START), outcome, day(5000));
        assert!(matches!(verdict, Verdict::Fails { lapses, .. } if lapses == day(5000 + whole)));
    }
}

#[test]
fn looks_that_are_close_together_change_nothing() {
    let schedule = Schedule::default();
    let mut standing = Standing::proved(START);
    let mut reminded = Vec::new();
    let mut lapsed = None;
    let mut now = START;
    while lapsed.is_none() {
        now = now.after(HOUR);
        let (next, verdict) = schedule.judge(Method::Dns, standing, Missing, now);
        standing = next;
        match verdict {
            Verdict::Fails { remind, .. } => reminded.extend(remind.map(|number| (now, number))),
            _ => lapsed = Some(now),
        }
    }
    let first = START.after(HOUR);
    assert_eq!(lapsed, Some(first.after(days(7))));
    assert_eq!(reminded, [(0, 1), (4, 2), (6, 3)].map(|(after, number)| (first.after(days(after)), number)));
}

#[test]
fn of_several_reminders_that_are_due_one_is_sent() {
    let schedule = Schedule { every: days(10), ..Schedule::default() };
    let (standing, _) = schedule.judge(Method::Dns, Standing::proved(START), Missing, day(10));
    let (_, verdict) = schedule.judge(Method::Dns, standing, Missing, day(16));
    assert_eq!(verdict, Verdict::Fails { by: Missing, lapses: day(17), remind: Some(3) });
}

#[test]
fn when_to_look_again() {
    let schedule = Schedule::default();
    let standing = Standing::proved(START);
    assert_eq!(schedule.next(&standing), day(1));
    for outcome in [Missing, Unasked] {
        let (failing, _) = schedule.judge(Method::File, standing, outcome, START);
        assert_eq!(schedule.next(&failing), START.after(HOUR * 6));
    }
    for (now, is_due) in [
        (START, false),
        (Timestamp(day(1).0 - 1), false),
        (day(1), true),
        (day(9), true),
        // The clock was put back.
        (Timestamp(START.0 - 1), true),
    ] {
        assert_eq!(schedule.is_due(&standing, now), is_due, "{now:?}");
    }
    let hasty = Schedule { every: Duration::ZERO, ..schedule };
    assert!(!hasty.is_due(&standing, START) && hasty.is_due(&standing, START.after(SHORTEST)));
}

#[test]
fn codes_are_typed_again() {
    let schedule = Schedule::default();
    let mut standing = Standing::proved(START);
    let verdicts: Vec<Verdict> = (1..=211)
        .map(|at| {
            let outcome = schedule.typed(START, day(at));
            let (next, verdict) = schedule.judge(Method::Mail, standing, outcome, day(at));
            standing = next;
            verdict
        })
        .collect();
    assert!(verdicts[..179].iter().all(|verdict| *verdict == Verdict::Holds));
    assert_eq!(verdicts[179], Verdict::Fails { by: Missing, lapses: day(210), remind: Some(1) });
    assert_eq!(reminders(&verdicts), [(180, 1), (194, 2), (203, 3), (208, 4)]);
    assert_eq!(lapsed(&verdicts), Some(210));
}

#[test]
fn outcomes_of_looks() {
    let place = String::new;
    let proof = Proof {
        domain: DomainName::parse("suigen.example").unwrap(),
        method: Method::Dns,
        place: String::new(),
    };
    for (looked, expected) in [
        (Ok(proof), There),
        (Err(ProofError::Missing { place: place(), why: Absence::NoSuchName }), Missing),
        (Err(ProofError::Unasked { place: place(), why: Trouble::ServFail }), Unasked),
        (Err(ProofError::Names(String::new())), Unasked),
        (Err(ProofError::ByHand), Unasked),
    ] {
        assert_eq!(outcome(&looked), expected, "{looked:?}");
    }
}

/// What ended or fails, and how long that may still go on: time is added up look by look.
fn naive(looks: &[(Outcome, Duration)], every: Duration) -> Option<(Outcome, Option<Duration>)> {
    let (mut missing, mut failing, mut last) = (Duration::ZERO, Duration::ZERO, There);
    for (outcome, pause) in looks {
        let counted = (*pause).min(every * 2);
        match (last, outcome) {
            (_, There) => (missing, failing) = Default::default(),
            (There, _) => {}
            _ => failing += counted,
        }
        if (last, *outcome) == (Missing, Missing) {
            missing += counted;
        }
        last = *outcome;
    }
    let left = |whole: u32, lasting| days(whole).checked_sub(lasting).filter(|left| !left.is_zero());
    match last {
        There => None,
        Missing => {
            Some((Missing, left(7, missing).zip(left(30, failing)).map(|(one, other)| one.min(other))))
        }
        Unasked => Some((Unasked, left(30, failing))),
    }
}

proptest! {
    #[test]
    fn the_same_as_adding_up(
        looks in prop::collection::vec(
            (prop::sample::select(vec![There, Missing, Missing, Unasked, Unasked]), 0u64..400), 1..60),
    ) {
        let looks: Vec<(Outcome, Duration)> =
            looks.into_iter().map(|(outcome, hours)| (outcome, HOUR * u32::try_from(hours / 4).unwrap())).collect();
        let schedule = Schedule::default();
        let (mut standing, mut now) = (Standing::proved(START), START);
        for (at, (outcome, pause)) in looks.iter().enumerate() {
            now = now.after(*pause);
            let (next, verdict) = schedule.judge(Method::Dns, standing, *outcome, now);
            standing = next;
            let expected = match naive(&looks[..=at], schedule.every) {
                None => Verdict::Holds,
                Some((by, None)) => Verdict::Lapsed { by },
                Some((by, Some(left))) => {
                    let Verdict::Fails { remind, .. } = verdict else { panic!("{verdict:?} {left:?}") };
                    Verdict::Fails { by, lapses: now.after(left), remind }
                }
            };
            prop_assert_eq!(verdict, expected);
        }
    }

    /// Whatever the clocks and the settings say, nothing panics, and what is there holds.
    #[test]
    fn any_clock_and_any_settings(
        times in prop::collection::vec((any::<i64>(), 0usize..3), 0..20), seconds: [u64; 4], mail: bool,
    ) {
        let [every, again, lapses_after, reminder] = seconds.map(Duration::from_secs);
        let patience = Patience { lapses_after, reminders: vec![reminder, Duration::MAX, Duration::ZERO] };
        let schedule = Schedule { every, again, missing: patience.clone(), unseen: patience, ..Schedule::default() };
        let method = if mail { Method::Mail } else { Method::Dns };
        let mut standing = Standing::proved(Timestamp(i64::MAX));
        for (now, outcome) in times {
            let (now, outcome) = (Timestamp(now), [There, Missing, Unasked][outcome]);
            let _ = (schedule.is_due(&standing, now), schedule.typed(now, standing.checked));
            let (next, verdict) = schedule.judge(method, standing, outcome, now);
            prop_assert_eq!(verdict == Verdict::Holds, outcome == There);
            prop_assert_eq!(next.checked, now);
            prop_assert!(next.missing_since.is_none_or(|since| since <= now));
            prop_assert!(next.failing_since.is_none_or(|since| since <= now));
            standing = next;
        }
    }
}
