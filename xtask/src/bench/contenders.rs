//! Who runs in which case, with which command line.
//!
//! The peers are given their best known way to do the work: ripgrep counts lines and needs no output, the databases use
//! both cores and read the list as one column. None of them detects an encoding, a separator or a format.

use std::path::{Path, PathBuf};

use super::Case;
use super::data::{self, Input, half_list};
use super::large::{DOMAIN, Large};
use super::lookups::Lookups;
use super::measure::{Contender, Output, Role};
use crate::command::{self, program};
use crate::components::VENV;
use crate::repository;

/// The contenders of a case, ours first; peers that are not installed are left out.
pub(super) fn of(case: Case, input: &Input, with_peers: bool) -> Vec<Contender> {
    let mut contenders = vec![ours(case, input)];
    contenders.extend(naive(case, input));
    if with_peers {
        contenders.extend(peers(case, input));
    }
    contenders
}

fn ours(case: Case, input: &Input) -> Contender {
    if case == Case::Domains {
        // Every domain is counted, and one number handed over.
        let question = format!("select sum(accounts) from domains('{}')", shown(&input.path));
        let (program, arguments) = (data::built("mizumori"), words(&["sql", "--format", "csv", &question]));
        let output = Output::Discarded;
        return Contender {
            name: "mizumori sql",
            role: Role::Ours,
            program,
            arguments,
            output,
            accepts: &[0],
        };
    }
    if case == Case::Lookups {
        let lookups = Lookups::of(input.totals.lines);
        let (keys, lake) = (shown(&lookups.data_home()), shown(&lookups.lake()));
        let directory = shown(&lookups.directory());
        return lookup(&keys, &lake, &["--accounts", &directory], Output::Discarded);
    }
    if let Case::Account | Case::Domain = case {
        let large = Large::of(input.totals.lines);
        let (keys, lake, account) =
            (shown(&large.data_home()), shown(&large.lake()), shown(&large.account_file()));
        return match case {
            Case::Account => lookup(&keys, &lake, &["--accounts", &account], Output::Discarded),
            _ => lookup(&keys, &lake, &["--format", "jsonl", DOMAIN], Output::Lines(Large::of_domain())),
        };
    }
    if case == Case::GuardCheck {
        return lookups_of_hashes(
            "index",
            "mizumori, index",
            Role::Ours,
            &data::indexed(input.totals.lines),
            input,
        );
    }
    if let Case::Loop | Case::Backlog = case {
        return followed(case, input);
    }
    if case == Case::GuardPrivate {
        let arguments = words(&["workload", "pairs", &shown(&data::scratch_folder())]);
        return Contender {
            name: "mizumori, private check",
            role: Role::Ours,
            program: data::built("xtask"),
            arguments,
            output: Output::Told(Some(super::FOUND_PAIRS)),
            accepts: &[0],
        };
    }
    if case == Case::GuardRange {
        return ranges("mizumori guard serve", Role::Ours, false, input);
    }
    let (name, arguments, output) = match case {
        Case::Guard | Case::GuardShuffled => (
            "mizumori guard import",
            words(&["guard", "import", "--format", "hashes", &shown(&data::scratch("index"))]),
            Output::Discarded,
        ),
        Case::Cluster => return cluster("two executors", Role::Ours, 2, input),
        Case::Unique => (
            "mizumori scan --unique",
            words(&["scan", "--all", "--unique", "--format", "csv"]),
            Output::Discarded,
        ),
        Case::Lake | Case::Large => ("mizumori ingest", ingest(), Output::Lake),
        // Watched sites too: a survey counts accounts alone.
        Case::Urls => (
            "mizumori scan --watch",
            words(&["scan", "--watch", &shown(&input.watch_list), "--format", "jsonl"]),
            Output::Lines(input.totals.watched),
        ),
        _ => (
            "mizumori survey",
            words(&["survey", "--watch", &shown(&input.watch_list), "--format", "json"]),
            Output::Survey { lines: input.totals.lines, matched: input.totals.watched_by_account },
        ),
    };
    let arguments = [arguments, vec![shown(&input.path)]].concat();
    Contender { name, role: Role::Ours, program: data::built("mizumori"), arguments, output, accepts: &[0] }
}

/// A look-up in a lake that was made before, with its keys in a folder.
fn lookup(keys: &str, lake: &str, what: &[&str], output: Output) -> Contender {
    let first = words(&[&format!("XDG_DATA_HOME={keys}"), &shown(&data::built("mizumori"))]);
    let arguments = [first, words(&["lookup", "--lake", lake]), words(what)].concat();
    let (name, program) = ("mizumori lookup", PathBuf::from("env"));
    Contender { name, role: Role::Ours, program, arguments, output, accepts: &[0] }
}

/// The beginning of an ingest of everything.
fn ingest() -> Vec<String> {
    words(&["ingest", "--lake", &shown(&data::lake()), "--all", "--memory", "2GiB"])
}

/// A million look-ups, in an index, a filter or the text.
fn lookups_of_hashes(of: &str, name: &'static str, role: Role, place: &Path, input: &Input) -> Contender {
    let arguments = words(&["workload", "hashes", "--of", of, "--list", &shown(&input.path), &shown(place)]);
    // A filter finds some that are not there.
    let output = Output::Told((of != "filter").then_some(super::HASHES / 2));
    Contender { name, role, program: data::built("xtask"), arguments, output, accepts: &[0] }
}

/// A server that is asked for ranges; as which, its name says.
fn ranges(name: &'static str, role: Role, known: bool, input: &Input) -> Contender {
    let lines = input.totals.lines;
    let (server, program, place) = if name.starts_with("nginx") {
        ("nginx", PathBuf::from("nginx"), data::answers(lines))
    } else {
        ("mizumori", data::built("mizumori"), data::indexed_ranges(lines))
    };
    let mut arguments = words(&["workload", "ranges", "--server", server, "--program", &shown(&program)]);
    arguments.extend(words(&["--place", &shown(&place), "--prefixes", &(lines / 1_000).to_string()]));
    arguments.extend(words(&["--folder", &shown(&data::scratch_folder())]));
    arguments.extend(known.then(|| "--known".to_owned()));
    Contender {
        name,
        role,
        program: data::built("xtask"),
        arguments,
        output: Output::Told(None),
        accepts: &[0],
    }
}

/// The loop, from what comes to the mails about it.
fn followed(case: Case, input: &Input) -> Contender {
    let (what, mails) = if case == Case::Loop { ("dropped", 2) } else { ("backlog", 1) };
    let arguments = ["workload", "followed", "--what", what, "--program", &shown(&data::built("mizumori"))];
    let mut arguments = words(&arguments);
    arguments.extend(words(&["--folder", &shown(&data::scratch_folder()), &shown(&input.path)]));
    Contender {
        name: "mizumori serve",
        role: Role::Ours,
        program: data::built("xtask"),
        arguments,
        output: Output::Told(Some(mails)),
        accepts: &[0],
    }
}

/// An ingest by so many executors, with all that has to be started for it.
fn cluster(name: &'static str, role: Role, executors: usize, input: &Input) -> Contender {
    let (program, output) = (data::built("xtask"), Output::Discarded);
    let arguments = words(&[
        "workload",
        "cluster",
        "--executors",
        &executors.to_string(),
        "--program",
        &shown(&data::built("mizumori")),
        "--folder",
        &shown(&data::scratch_folder()),
        &shown(&input.path),
    ]);
    Contender { name, role, program, arguments, output, accepts: &[0] }
}

/// The obvious loop; for small files and for gzip the least that any program must do, for what is large the same with less.
fn naive(case: Case, input: &Input) -> Option<Contender> {
    let (name, work, output) = match case {
        Case::Survey | Case::NoHit | Case::Gzip => {
            ("naive loop", "survey", Output::Number(input.totals.watched_by_account))
        }
        Case::Urls => ("naive loop", "urls", Output::Number(input.totals.watched)),
        Case::SmallFiles => ("open and read them", "open", Output::Number(input.totals.bytes)),
        Case::Unique | Case::Lake => ("naive set", "unique", Output::Discarded),
        Case::Guard | Case::GuardShuffled => ("read it", "open", Output::Number(input.totals.bytes)),
        Case::GuardCheck => {
            return Some(lookups_of_hashes(
                "text",
                "binary search in the text",
                Role::Naive,
                &input.path,
                input,
            ));
        }
        Case::Cluster => return Some(cluster("one executor", Role::Naive, 1, input)),
        Case::Large => {
            let half = shown(&data::list(half_list(input.totals.lines)));
            let (program, arguments) = (data::built("mizumori"), [ingest(), words(&[&half])].concat());
            let (name, role, output) = ("the same of half a list", Role::Fewer, Output::Discarded);
            return Some(Contender { name, role, program, arguments, output, accepts: &[0] });
        }
        // There is nothing to compare with: of the domain's exposures only the lake knows.
        Case::Domain | Case::GuardPrivate | Case::GuardRange | Case::Loop | Case::Backlog => return None,
        Case::Domains => ("naive sets", "domains", Output::Discarded),
        Case::Lookups | Case::Account => ("naive set over the dumps", "lookups", Output::Discarded),
    };
    let lookups = Lookups::of(input.totals.lines);
    let (names, path) = match case {
        Case::Lookups => (lookups.directory(), lookups.dumps()),
        Case::Account => (Large::of(input.totals.lines).account_file(), input.path.clone()),
        _ => (input.domains.clone(), input.path.clone()),
    };
    let arguments = words(&["workload", "naive", "--work", work, "--domains", &shown(&names), &shown(&path)]);
    let program = data::built("xtask");
    Some(Contender { name, role: Role::Naive, program, arguments, output, accepts: &[0] })
}

fn peers(case: Case, input: &Input) -> Vec<Contender> {
    let path = shown(&input.path);
    match case {
        Case::Survey | Case::NoHit | Case::Urls => {
            let mut peers = ripgrep(input);
            if case != Case::Urls {
                peers.extend(duckdb(&duckdb_survey(input), Output::Number(input.totals.watched_by_account)));
                peers.extend(chdb(&chdb_survey(input), Output::Number(input.totals.watched_by_account)));
            }
            peers
        }
        Case::Gzip => {
            let inflate = Contender {
                name: "zlib-rs, unpacking only",
                role: Role::Unpacker,
                program: data::built("xtask"),
                arguments: words(&["workload", "inflate", &path]),
                output: Output::Discarded,
                accepts: &[0],
            };
            let gzip = Contender {
                name: "gzip -dc",
                role: Role::Unpacker,
                program: PathBuf::from("gzip"),
                arguments: words(&["-dc", &path]),
                output: Output::Discarded,
                accepts: &[0],
            };
            let installed = command::succeeds(program("gzip").arg("--version"));
            std::iter::once(inflate).chain(installed.then_some(gzip)).collect()
        }
        Case::SmallFiles
        | Case::Cluster
        | Case::Large
        | Case::Account
        | Case::Guard
        | Case::GuardPrivate
        | Case::Loop
        | Case::Backlog => Vec::new(),
        Case::Domain => {
            let files = shown(&Large::of(input.totals.lines).lake().join("exposures/*.parquet"));
            let found = format!("SELECT count(*) FROM read_parquet('{files}') WHERE domain = '{DOMAIN}'");
            duckdb(&found, Output::Number(Large::of_domain())).into_iter().collect()
        }
        // What a database does with hashes: put them in order.
        Case::GuardShuffled => {
            let (line, file) = (duckdb_lines(&path), shown(&data::scratch("peer.parquet")));
            let sorted = format!("SELECT line FROM {line} ORDER BY line");
            let to_file = format!("COPY ({sorted}) TO '{file}' (FORMAT parquet)");
            duckdb(&to_file, Output::Discarded).into_iter().collect()
        }
        Case::GuardRange => {
            let mut others = vec![ranges("mizumori, known", Role::Known, true, input)];
            if command::succeeds(program("nginx").arg("-v")) {
                others.push(ranges("nginx, files", Role::Server, false, input));
                others.push(ranges("nginx, known", Role::Known, true, input));
            }
            others
        }
        Case::GuardCheck => {
            let filter = data::indexed(input.totals.lines).with_added_extension("filter");
            vec![lookups_of_hashes("filter", "mizumori, filter", Role::Filter, &filter, input)]
        }
        Case::Unique => {
            let line = duckdb_lines(&path);
            let to_null = format!("COPY (SELECT DISTINCT line FROM {line}) TO '/dev/null' (FORMAT csv)");
            let mut peers: Vec<Contender> = duckdb(&to_null, Output::Discarded).into_iter().collect();
            let to_null = format!(
                "SELECT DISTINCT line FROM file('{path}', 'LineAsString', 'line String') FORMAT Null"
            );
            peers.extend(chdb(&to_null, Output::Discarded));
            peers
        }
        Case::Domains => {
            let line = duckdb_lines(&path);
            let counted = format!(
                "SELECT sum(accounts) FROM (SELECT split_part(account, '@', 2) AS domain, count(DISTINCT account) AS accounts \
                 FROM (SELECT lower(split_part(line, ':', 1)) AS account FROM {line}) GROUP BY domain)"
            );
            let mut peers: Vec<Contender> = duckdb(&counted, Output::Discarded).into_iter().collect();
            let counted = format!(
                "SELECT sum(accounts) FROM (SELECT splitByChar('@', account)[2] AS domain, uniqExact(account) AS accounts \
                 FROM (SELECT lower(splitByChar(':', line)[1]) AS account FROM file('{path}', 'LineAsString', 'line String')) \
                 GROUP BY domain)"
            );
            peers.extend(chdb(&counted, Output::Discarded));
            peers
        }
        // It, too, goes by the bounds of row groups and pages, and keeps what it knows of files.
        Case::Lookups => {
            let lookups = Lookups::of(input.totals.lines);
            let files = shown(&lookups.lake().join("exposures/*.parquet"));
            let script = "import duckdb, sys\ndatabase = duckdb.connect()\n\
                          database.execute('SET enable_progress_bar = false')\n\
                          database.execute('SET parquet_metadata_cache = true')\n\
                          question = 'SELECT * FROM read_parquet(?) WHERE account_hi = ?'\n\
                          for tag in open(sys.argv[2]):\n    \
                          print(database.execute(question, [sys.argv[1], int(tag)]).fetchall())";
            let tags = shown(&lookups.tags());
            python("duckdb", script, &[&files, &tags], Output::Discarded).into_iter().collect()
        }
        // Sorted, distinct, in a Parquet file; neither tagged nor parsed.
        Case::Lake => {
            let (line, file) = (duckdb_lines(&path), shown(&data::scratch("peer.parquet")));
            let sorted = format!("SELECT DISTINCT line FROM {line} ORDER BY line");
            let to_file = format!("COPY ({sorted}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)");
            let mut peers: Vec<Contender> = duckdb(&to_file, Output::Discarded).into_iter().collect();
            let to_file = format!(
                "INSERT INTO FUNCTION file('{file}', 'Parquet') \
                 SELECT DISTINCT line FROM file('{path}', 'LineAsString', 'line String') ORDER BY line"
            );
            peers.extend(chdb(&to_file, Output::Discarded));
            peers
        }
    }
}

fn ripgrep(input: &Input) -> Vec<Contender> {
    if !command::succeeds(program("rg").arg("--version")) {
        return Vec::new();
    }
    let contender = |name, arguments: &[&str]| Contender {
        name,
        role: Role::LineFinder,
        program: PathBuf::from("rg"),
        arguments: words(arguments),
        output: Output::Discarded,
        // 1 means that no line was found.
        accepts: &[0, 1],
    };
    let path = shown(&input.path);
    let (domains, expressions) = (shown(&input.domains), shown(&input.expressions));
    vec![
        contender(
            "rg -F -f domains",
            &["--count", "--include-zero", "--fixed-strings", "--file", &domains, &path],
        ),
        contender("rg -f anchored", &["--count", "--include-zero", "--file", &expressions, &path]),
    ]
}

/// The list as one column, whatever its lines hold.
fn duckdb_lines(path: &str) -> String {
    format!(
        "read_csv('{path}', columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, delim = '\\x01', \
         quote = '', escape = '', strict_mode = false)"
    )
}

fn duckdb_survey(input: &Input) -> String {
    let (lines, domains) = (duckdb_lines(&shown(&input.path)), duckdb_lines(&shown(&input.domains)));
    let suffix = |labels: u8| {
        format!("array_to_string(string_split(host, '.')[-{labels}:], '.') IN (SELECT line FROM {domains})")
    };
    format!(
        "WITH accounts AS (SELECT lower(split_part(line, ':', 1)) AS account, split_part(account, '@', 2) AS host \
         FROM {lines}) SELECT count(*) FROM accounts WHERE {} OR {} OR {}",
        suffix(2),
        suffix(3),
        suffix(4)
    )
}

fn chdb_survey(input: &Input) -> String {
    let suffix = |labels: u8| {
        let domains = shown(&input.domains);
        format!(
            "arrayStringConcat(arraySlice(splitByChar('.', host), -{labels}), '.') IN \
             (SELECT line FROM file('{domains}', 'LineAsString', 'line String'))"
        )
    };
    format!(
        "WITH lower(splitByChar(':', line)[1]) AS account, splitByChar('@', account)[2] AS host \
         SELECT count() FROM file('{}', 'LineAsString', 'line String') WHERE {} OR {} OR {}",
        shown(&input.path),
        suffix(2),
        suffix(3),
        suffix(4)
    )
}

fn duckdb(statement: &str, output: Output) -> Option<Contender> {
    // Its progress bar would go to standard output, among the data.
    let script = "import duckdb, sys\ndatabase = duckdb.connect()\n\
                  database.execute('SET enable_progress_bar = false')\n\
                  print(database.execute(sys.argv[1]).fetchall()[0][0])";
    python("duckdb", script, &[statement], output)
}

fn chdb(statement: &str, output: Output) -> Option<Contender> {
    let script = "import chdb, sys\nprint(chdb.query(sys.argv[1], 'CSV'), end='')";
    python("chdb", script, &[statement], output)
}

/// A database as a Python module, in the bench's own environment.
fn python(name: &'static str, script: &str, arguments: &[&str], output: Output) -> Option<Contender> {
    let python = repository::top().join(VENV).join("bin/python");
    if !command::succeeds(program(&python).args(["-c", &format!("import {name}")])) {
        return None;
    }
    let arguments = [words(&["-c", script]), words(arguments)].concat();
    Some(Contender { name, role: Role::Database, program: python, arguments, output, accepts: &[0] })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
