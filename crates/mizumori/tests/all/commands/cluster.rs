//! A cluster of the built program: a scheduler and two executors on loopback, of which one is killed.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mizumori_test_store::TestStore;
use mizumori_world::write_demo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::run::{Folder, Run};

/// Ends its process when it is dropped.
struct Machine(Child);

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A cluster, and the folder in which everybody works.
struct Cluster {
    folder: Folder,
    key: String,
    /// The scheduler's.
    port: u16,
    variables: Vec<(&'static str, String)>,
    machines: Vec<Machine>,
}

impl Cluster {
    /// A scheduler and two executors, whose results lie in `results/0` and `results/1`.
    fn start(folder: Folder, mut variables: Vec<(&'static str, String)>) -> Self {
        // Everybody has the keys of lakes.
        variables.push(("XDG_DATA_HOME", folder.path("data").to_str().unwrap().to_owned()));
        let key = folder.run(&["cluster", "key"]).ends(0).out().trim().to_owned();
        let mut cluster = Self { folder, key, port: free_port(), variables, machines: Vec::new() };
        let at = cluster.address();
        let scheduler = cluster.scheduler();
        cluster.machines.push(scheduler);
        for number in ["0", "1"] {
            let port = loop {
                let port = free_port();
                if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
                    break port.to_string();
                }
            };
            let results = cluster.results(number);
            std::fs::create_dir_all(&results).unwrap();
            let results = results.to_str().unwrap().to_owned();
            let options = ["--scheduler", &at, "--port", &port, "--slots", "1", "--folder", &results];
            let executor = cluster.machine(&[&["cluster", "executor"][..], &options].concat());
            cluster.machines.push(executor);
        }
        cluster
    }

    fn results(&self, number: &str) -> std::path::PathBuf {
        self.folder.path("results").join(number)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.folder.command(arguments);
        command.env("MIZUMORI_CLUSTER_KEY", &self.key);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn machine(&self, arguments: &[&str]) -> Machine {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Machine(command.spawn().unwrap())
    }

    /// A scheduler that listens.
    fn scheduler(&self) -> Machine {
        let at = self.address();
        let machine = self.machine(&["cluster", "scheduler", "--listen", &at, "--silence", "8"]);
        let begun = Instant::now();
        while std::net::TcpStream::connect(&at).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the scheduler does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        machine
    }

    /// A survey, by the cluster.
    fn survey(&self, dumps: &str) -> Child {
        let at = self.address();
        self.command(&survey(dumps, &["--cluster", &at, "--unit", "1MiB"])).spawn().unwrap()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.folder.wait(self.command(arguments).spawn().unwrap())
    }

    /// Waits until the second executor has done something.
    fn await_work(&self) {
        let begun = Instant::now();
        while !has_files(&self.results("1")) {
            assert!(begun.elapsed() < Duration::from_secs(120), "the second executor does nothing");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the second executor when it has done something.
    fn kill_one(&mut self) {
        self.await_work();
        // The scheduler, and the first executor, stay.
        drop(self.machines.pop());
    }
}

fn survey<'a>(dumps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let period = ["--from", "2008-07", "--to", "2021-05", "--format", "json"];
    [&["survey", "--watch", "demo/watchlist.toml"][..], &period, more, &[dumps]].concat()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Whether an executor has done something.
fn has_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        path.is_file() || has_files(&path)
    })
}

/// The figures of a report; names of files differ.
fn figures(run: &Run) -> Value {
    let mut report = run.ends(0).json();
    report["input"]["files"].take();
    report
}

fn demo() -> Folder {
    let folder = Folder::new();
    write_demo(&folder.path("demo")).unwrap();
    folder
}

#[test]
fn a_cluster_counts_as_one_machine_does_though_an_executor_is_killed() {
    let mut cluster = Cluster::start(demo(), Vec::new());
    let direct = figures(&cluster.folder.run(&survey("demo/dumps", &[])));
    assert_eq!(direct["categories"][0]["total"], 17_522);
    let running = cluster.survey("demo/dumps");
    cluster.kill_one();
    assert_eq!(figures(&cluster.folder.wait(running)), direct);
    // Nothing readable lies where results waited.
    assert!(has_files(&cluster.results("1")));
    for word in ["suigen", "example"] {
        assert!(!holds(&cluster.folder.path("results"), word.as_bytes()), "{word} is readable");
    }
}

/// Whether a file below `folder` holds `word`.
fn holds(folder: &Path, word: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            holds(&path, word)
        } else {
            std::fs::read(path).unwrap().windows(word.len()).any(|window| window == word)
        }
    })
}

/// What a lake answers about the watched organisations, sorted.
fn answers(cluster: &Cluster, lake: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for asked in ["suigen.example", "taro@suigen.example"] {
        let run = cluster.run(&["lookup", "--lake", lake, "--format", "jsonl", asked]);
        lines.extend(run.ends(0).out().lines().map(str::to_owned));
    }
    lines.sort();
    assert!(lines.len() > 100);
    lines
}

#[test]
fn a_cluster_fills_a_lake_in_a_bucket_though_an_executor_is_killed() {
    let store = TestStore::start().unwrap();
    let folder = demo();
    store.put_folder("dumps/", &folder.path("demo/dumps")).unwrap();
    // Two lakes with one ring, whose tags can be compared.
    std::fs::write(folder.path("mizumori.toml"), "keys = \"ring.toml\"\n").unwrap();
    let mut cluster = Cluster::start(folder, store.environment().to_vec());
    let (lake, dumps) = (
        format!("s3://{}/lake", mizumori_test_store::BUCKET),
        format!("s3://{}/dumps/", mizumori_test_store::BUCKET),
    );
    let at = cluster.address();
    let by_cluster = ["--cluster", &at, "--unit", "1MiB", "--format", "json"];
    let ingest = |lake: &str, more: &[&str]| {
        let first = ["ingest", "--watch", "demo/watchlist.toml", "--lake", lake];
        [&first, more, &[&*dumps]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let arguments = ingest(&lake, &by_cluster);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let running = cluster.command(&arguments).spawn().unwrap();
    cluster.kill_one();
    let many = cluster.folder.wait(running).ends(0).json();
    // One machine, without a cluster.
    let arguments = ingest("lake", &["--format", "json"]);
    let one = cluster.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).ends(0).json();
    assert_eq!((&many["sources"], &many["rows"]), (&one["sources"], &one["rows"]));
    assert!(answers(&cluster, &lake) == answers(&cluster, "lake"), "two lakes answer differently");
    let direct = figures(&cluster.folder.run(&survey("demo/dumps", &[])));
    let of_lake = ["survey", "--watch", "demo/watchlist.toml", "--lake", &lake, "--format", "json"];
    let of_lake =
        cluster.run(&[&of_lake[..], &["--from", "2008-07", "--to", "2021-05"]].concat()).ends(0).json();
    assert_eq!(of_lake["categories"][0]["total"], 17_522);
    assert_eq!((&of_lake["categories"], &of_lake["sources"]), (&direct["categories"], &direct["sources"]));
    // The dumps themselves. (A source without a description is named after the first part below the PATH, in both.)
    let running = cluster.survey(&dumps);
    let of_dumps = figures(&cluster.folder.wait(running));
    assert_eq!((&of_dumps["categories"], &of_dumps["sources"]), (&direct["categories"], &direct["sources"]));
    // Questions, of dumps and of dumps beside the lake: the tags of both are the same.
    for question in [
        format!(
            "select organisation, count(*) n, count(distinct account_lo) a from scan('{dumps}') \
                 where watched is not null group by 1 order by 1"
        ),
        format!(
            "select count(*) n from (select distinct account_hi, account_lo from scan('{dumps}') where organisation = 'suigen') s \
                 join (select distinct account_hi, account_lo from exposures) e using (account_hi, account_lo)"
        ),
    ] {
        let ask = |more: &[&str]| {
            let first = ["sql", "--watch", "demo/watchlist.toml", "--lake", &lake, "--format", "csv"];
            cluster.run(&[&first, more, &[&*question]].concat()).ends(0).out()
        };
        let one = ask(&[]);
        assert!(one.lines().count() > 1 && !one.ends_with("\n0\n"), "{one}");
        assert_eq!(ask(&["--cluster", &at, "--unit", "8MiB"]), one);
    }
    // The same dumps again are as before.
    let arguments: Vec<_> = ingest(&lake, &by_cluster);
    let again = cluster.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).ends(0).json();
    assert_eq!(again["version"], Value::Null);
}

/// Makes a machine's certificate, of an authority of its own, in the folder `name`.
fn certify(folder: &Folder, name: &str) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    folder.write(&format!("{name}/ca.crt"), params.self_signed(&key).unwrap().pem());
    let authority = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    folder.write(&format!("{name}/tls.crt"), certificate.signed_by(&key, &authority).unwrap().pem());
    folder.write(&format!("{name}/tls.key"), key.serialize_pem());
}

#[test]
fn a_cluster_with_tls_counts_the_same_and_nobody_else_takes_part() {
    let folder = demo();
    certify(&folder, "tls");
    certify(&folder, "strange");
    // Everybody has it from the configuration.
    folder.write("mizumori.toml", "tls = \"tls\"\n").write("plain.toml", "");
    let cluster = Cluster::start(folder, Vec::new());
    let direct = figures(&cluster.folder.run(&survey("demo/dumps", &[])));
    let running = cluster.survey("demo/dumps");
    assert_eq!(figures(&cluster.folder.wait(running)), direct);
    let at = cluster.address();
    let asked = survey("demo/dumps", &["--cluster", &at]);
    // Another cluster's certificate, by the option, which goes before the configuration.
    let strange = cluster.run(&[&asked[..], &["--tls", "strange"]].concat());
    strange.ends(2).saying(&["cannot be spoken with: its certificate is of another authority"]);
    // No certificate.
    let plain = |arguments: &[&str]| {
        let mut command = cluster.command(arguments);
        command.env("MIZUMORI_CONFIG", "plain.toml");
        cluster.folder.wait(command.spawn().unwrap())
    };
    let told = plain(&asked);
    told.ends(2).saying(&[
        "cannot be spoken with: it speaks TLS, and this machine has not been told",
        "give --tls DIR",
    ]);
    let executor = ["cluster", "executor", "--scheduler", &at];
    plain(&executor).ends(2).saying(&["it speaks TLS"]);
    // By the variable, which goes before the configuration too.
    let mut command = cluster.command(&executor);
    command.env("MIZUMORI_TLS", "strange");
    let run = cluster.folder.wait(command.spawn().unwrap());
    run.ends(2).saying(&["its certificate is of another authority"]);
}

#[test]
fn certificates_that_are_no_use_are_told() {
    let folder = demo();
    certify(&folder, "tls");
    certify(&folder, "strange");
    let run = |tls: &str| folder.run(&["cluster", "scheduler", "--listen", "127.0.0.1:0", "--tls", tls]);
    run("nowhere").ends(2).saying(&["could not read `nowhere/ca.crt`", "No such file"]);
    folder.write("tls/ca.crt", folder.read("strange/ca.crt"));
    run("tls").ends(2).saying(&["`tls/tls.crt` is not of the authority `tls/ca.crt`"]);
    folder.write("tls/tls.crt", folder.read("strange/tls.crt"));
    let run = run("tls");
    run.ends(2).saying(&["the key `tls/tls.key` is not that of the certificate `tls/tls.crt`"]);
    let key = folder.read("tls/tls.key");
    assert!(!run.err().contains(key.lines().nth(1).unwrap()));
}

#[test]
fn a_scheduler_that_is_killed_during_an_ingest_leaves_nothing_by_half() {
    let mut cluster = Cluster::start(demo(), Vec::new());
    let at = cluster.address();
    let first = ["ingest", "--watch", "demo/watchlist.toml", "--format", "json", "--lake"];
    let by_cluster = ["lake", "--cluster", &at, "--unit", "1MiB", "demo/dumps"];
    let running = cluster.command(&[&first[..], &by_cluster].concat()).spawn().unwrap();
    cluster.await_work();
    drop(cluster.machines.remove(0));
    assert_eq!(cluster.run(&["lake", "status", "--lake", "lake", "--json"]).ends(0).json()["version"], 0);
    let scheduler = cluster.scheduler();
    cluster.machines.insert(0, scheduler);
    let many = cluster.folder.wait(running).ends(0).json();
    let one = cluster.run(&[&first[..], &["one", "demo/dumps"]].concat()).ends(0).json();
    assert_eq!(one["version"], 1);
    assert_eq!(
        (&many["sources"], &many["rows"], &many["version"]),
        (&one["sources"], &one["rows"], &one["version"])
    );
    let of_lake = ["survey", "--watch", "demo/watchlist.toml", "--lake", "lake", "--format", "json"];
    let of_lake =
        cluster.run(&[&of_lake[..], &["--from", "2008-07", "--to", "2021-05"]].concat()).ends(0).json();
    assert_eq!(of_lake["categories"][0]["total"], 17_522);
}

#[test]
fn mistakes_are_told() {
    let folder = demo();
    let without_key = folder.run(&survey("demo/dumps", &["--cluster", "127.0.0.1:1"]));
    without_key.ends(2).saying(&["the cluster's key is not known here", "`mizumori cluster key` makes one"]);
    let nowhere = folder.run(&survey("demo/dumps", &["--cluster", "nowhere"]));
    nowhere.ends(2).saying(&["write HOST:PORT"]);
    let scheme = folder.run(&survey("demo/dumps", &["--cluster", "https://127.0.0.1:1"]));
    scheme.ends(2).saying(&["write HOST:PORT"]);
    let piped = folder
        .command(&survey("-", &["--cluster", "127.0.0.1:1"]))
        .env("MIZUMORI_CLUSTER_KEY", "0".repeat(64))
        .spawn();
    folder.wait(piped.unwrap()).ends(2).saying(&["other machines cannot read standard input"]);
}
