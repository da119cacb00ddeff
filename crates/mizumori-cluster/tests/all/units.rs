//! A scheduler and executors as processes of their own, which are killed and started again while a driver waits.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mizumori_cluster::{Cluster, ClusterError, Patience, UnitError, Work};
use mizumori_core::keys::ClusterKey;

use crate::processes::Machines;

/// Units of the tests: a number, doubled after a while.
pub(crate) struct Doubling;

impl Work for Doubling {
    fn run(&self, what: &[u8]) -> Result<Vec<u8>, UnitError> {
        let text = String::from_utf8_lossy(what);
        let mut numbers = text.split(' ').map(str::parse::<u64>);
        let (Some(Ok(number)), Some(Ok(milliseconds))) = (numbers.next(), numbers.next()) else {
            return Err(UnitError::Permanent("no two numbers".to_owned()));
        };
        std::thread::sleep(Duration::from_millis(milliseconds));
        // Some results are longer than a row of them.
        Ok(format!("{}{}", number * 2, " ".repeat(number as usize % 3 * (1 << 20))).into_bytes())
    }
}

pub(crate) fn patience() -> Patience {
    Patience { pause: Duration::from_millis(500), stall: Duration::from_secs(40), ..Patience::default() }
}

/// Has `units` done; what came of each, and how often it came.
pub(crate) fn done(
    cluster: &Cluster,
    units: u64,
    milliseconds: u64,
    mut meanwhile: impl FnMut(usize),
) -> BTreeMap<usize, Vec<String>> {
    let units: Vec<_> = (0..units).map(|number| format!("{number} {milliseconds}").into_bytes()).collect();
    let mut came = BTreeMap::<usize, Vec<String>>::new();
    let outcome = cluster.run(&units, &|| false, &mut |number, result| {
        came.entry(number).or_default().push(String::from_utf8(result).unwrap().trim_end().to_owned());
        meanwhile(came.len());
        Ok::<_, ClusterError>(())
    });
    outcome.unwrap();
    came
}

pub(crate) fn expected(units: usize) -> BTreeMap<usize, Vec<String>> {
    (0..units).map(|number| (number, vec![(number * 2).to_string()])).collect()
}

/// One of two executors is killed in the middle of the work.
pub(crate) fn an_executor_is_killed(machines: &mut Machines) {
    machines.start_scheduler();
    machines.start_executor(0);
    machines.start_executor(1);
    let mut killed = false;
    let came = done(&machines.cluster(patience()), 30, 300, |so_far| {
        if so_far >= 6 && !killed {
            machines.kill_executor(1);
            killed = true;
        }
    });
    assert!(killed);
    assert_eq!(came, expected(30));
}

/// The scheduler is killed in the middle of the work, and another one takes its place.
pub(crate) fn a_scheduler_is_started_again(machines: &mut Machines) {
    machines.start_scheduler();
    machines.start_executor(0);
    let mut restarted = false;
    let came = done(&machines.cluster(patience()), 12, 300, |so_far| {
        if so_far >= 3 && !restarted {
            machines.kill_scheduler();
            machines.start_scheduler();
            restarted = true;
        }
    });
    assert!(restarted);
    assert_eq!(came, expected(12));
}

#[test]
fn every_result_comes_once() {
    let mut machines = Machines::new();
    machines.start_scheduler();
    machines.start_executor(0);
    machines.start_executor(1);
    assert_eq!(done(&machines.cluster(patience()), 40, 1, |_| ()), expected(40));
}

#[test]
fn an_executor_that_is_killed_costs_time_and_nothing_else() {
    an_executor_is_killed(&mut Machines::new());
}

#[test]
fn a_scheduler_that_is_started_again_is_given_the_rest() {
    a_scheduler_is_started_again(&mut Machines::new());
}

#[test]
fn strangers_are_refused() {
    let mut machines = Machines::new();
    machines.start_scheduler();
    machines.start_executor(0);
    let others = Cluster::new(
        "127.0.0.1",
        machines.scheduler_port(),
        ClusterKey::random().unwrap(),
        None,
        Patience { attempts: 1, ..patience() },
    );
    let outcome = others.unwrap().run(&[b"1 1".to_vec()], &|| false, &mut |_, _| Ok::<_, ClusterError>(()));
    let error = outcome.unwrap_err();
    assert!(
        matches!(&error, ClusterError::Lost { why, .. } if why.contains("not of this cluster's key")),
        "{error}"
    );
    // The machine is none the worse for it, and a unit that cannot be done says why.
    let ours = machines.cluster(patience());
    let outcome = ours.run(&[b"nonsense".to_vec()], &|| false, &mut |_, _| Ok::<_, ClusterError>(()));
    assert!(matches!(outcome.unwrap_err(), ClusterError::Unit { unit: 0, why } if why == "no two numbers"));
    assert_eq!(done(&machines.cluster(patience()), 2, 1, |_| ()), expected(2));
}

#[test]
fn an_interrupt_ends_the_wait() {
    let mut machines = Machines::new();
    machines.start_scheduler();
    let begun = Instant::now();
    let cluster = machines.cluster(patience());
    let is_stopped = || begun.elapsed() > Duration::from_secs(1);
    // There is no executor: it would wait for ever.
    let outcome = cluster.run(&[b"1 1".to_vec()], &is_stopped, &mut |_, _| Ok::<_, ClusterError>(()));
    assert!(matches!(outcome.unwrap_err(), ClusterError::Interrupted));
}
