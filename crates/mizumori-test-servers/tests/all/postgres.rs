//! A real PostgreSQL: it answers, ends, crashes and comes back with its data.

use mizumori_test_servers::Postgres;

/// A running one; `None` only where `cargo xtask test` was told to leave it out.
fn started() -> Option<Postgres> {
    (!Postgres::is_left_out()).then(|| Postgres::start().unwrap())
}

#[test]
fn two_at_once_know_nothing_of_each_other() {
    let other = std::thread::spawn(started);
    let Some(one) = started() else { return };
    let two = other.join().unwrap().unwrap();
    assert_ne!(one.port(), two.port());
    let (first, second) = (one.database().unwrap(), one.database().unwrap());
    assert_ne!(first, second);
    one.sql(&first, "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, '水'), (2, NULL)").unwrap();
    assert_eq!(one.sql(&first, "SELECT * FROM t ORDER BY a").unwrap(), "1|水\n2|");
    assert!(one.sql(&second, "SELECT * FROM t").is_err());
    let there = |server: &Postgres| {
        server.sql(&server.url(), "SELECT datname FROM pg_database WHERE datname LIKE 'test%'")
    };
    assert_eq!(there(&one).unwrap().lines().count(), 2);
    assert_eq!(there(&two).unwrap(), "");
    let collation =
        "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'test_0'";
    assert_eq!(one.sql(&first, collation).unwrap(), "C.UTF-8|UTF8");
    let folders = [one, two].map(|server| server.socket_folder().to_owned());
    assert!(folders.iter().all(|folder| !folder.exists()), "{folders:?}");
}

#[test]
fn it_comes_back_with_what_was_committed() {
    let Some(mut server) = started() else { return };
    let url = server.database().unwrap();
    server.sql(&url, "CREATE TABLE t (a INT)").unwrap();
    for recovers in [false, true] {
        let end = if recovers { Postgres::kill } else { Postgres::stop };
        server.sql(&url, "INSERT INTO t VALUES (1)").unwrap();
        let before = server.sql(&url, "SELECT count(*) FROM t").unwrap();
        end(&mut server).unwrap();
        assert!(server.sql(&url, "SELECT 1").is_err());
        // What does not run ends at once.
        end(&mut server).unwrap();
        server.restart().unwrap();
        assert_eq!(server.sql(&url, "SELECT count(*) FROM t").unwrap(), before);
        assert_eq!(server.printed().contains("automatic recovery in progress"), recovers);
    }
    server.restart().unwrap();
    assert_eq!(server.sql(&url, "SELECT count(*) FROM t").unwrap(), "2");
}

#[test]
fn a_kill_reaches_those_who_work() {
    let Some(mut server) = started() else { return };
    let url = server.url();
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    std::thread::scope(|scope| {
        // A database server takes no notice of its postmaster's death while it works.
        let mut psql = std::process::Command::new("psql");
        psql.args(["--no-psqlrc", "--dbname", &url, "--command", "SELECT pg_sleep(600)"]);
        let sleeping = scope.spawn(move || psql.output().unwrap());
        mizumori_test_servers::wait_until("somebody works", || Ok(server.sql(&url, busy)? == "1")).unwrap();
        server.kill().unwrap();
        assert!(!sleeping.join().unwrap().status.success());
    });
    server.restart().unwrap();
}
