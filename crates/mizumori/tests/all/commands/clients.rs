//! Programs that others wrote ask `mizumori guard serve`: Django through the validators of `deploy/django`, and clients of the Pwned
//! Passwords API: pwned-passwords-django in one of these, pyhibp, hibp, and zxcvbn-ts's matcher.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::guard::{LEAKED, index};
use super::guard_serve::Served;

/// Where `cargo xtask test` has put the clients.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/python/bin/python");
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/node");
/// The validators that go beside a Django project's settings.
const DJANGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/django");

/// One that leaked once, one that leaked in each of two lists, one that never leaked.
const PASSWORDS: [&str; 3] = [LEAKED, "mizube-no-uta", "a river that never leaked"];

/// Serves an index while `ask` runs a program with its address; then again when nobody listens there any more.
fn asked(ask: impl Fn(&str) -> Command) -> (Value, Value) {
    let folder = index();
    folder.write("second.txt", "mizube-no-uta\n").write("third.txt", "mizube-no-uta\nanother\n");
    folder.run(&["guard", "import", "index", "second.txt", "third.txt"]).ends(0);
    let served = Served::start(&folder, &[]);
    let address = format!("http://{}", served.address);
    let run = || {
        let mut command = ask(&address);
        // No proxy that the machine may have.
        command.args(PASSWORDS).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.current_dir(folder.work()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
    };
    let there = run();
    drop(served);
    (there, run())
}

#[test]
fn clients_of_pypi() {
    // `cargo xtask test --without pyhibp`, which says so at its end.
    if std::env::var_os("MIZUMORI_WITHOUT_CLIENTS").is_some() {
        return;
    }
    assert!(Path::new(PYTHON).exists(), "the clients are missing: `cargo xtask test` fetches them");
    let (there, gone) = asked(|address| {
        let mut command = Command::new(PYTHON);
        command.args(["-B", "-c", include_str!("clients.py"), address, DJANGO]);
        command
    });
    let all = |told: &str| json!([told, told, told]);
    let verdicts = json!(["password_compromised", "password_compromised", "accepted"]);
    let counts = json!([1, 2, 0]);
    // The second is shorter than the policy has it, the third the user's name.
    let reasons = json!(["leaked", "leaked too-short", "context-word"]);
    assert_eq!(
        there,
        json!({
            "ranges": verdicts, "ranges accepting": verdicts,
            "policy": reasons, "policy accepting": reasons,
            "pyhibp": counts, "pyhibp padded": counts,
        })
    );
    assert_eq!(
        gone,
        json!({
            "ranges": all("password_unchecked"), "ranges accepting": all("accepted"),
            "policy": all("password_unchecked"), "policy accepting": all("accepted"),
            "pyhibp": all("ConnectionError"), "pyhibp padded": all("ConnectionError"),
        })
    );
}

#[test]
fn clients_of_npm() {
    if std::env::var_os("MIZUMORI_WITHOUT_NODE").is_some() {
        return;
    }
    assert!(Path::new(NODE).exists(), "the clients are missing: `cargo xtask test` fetches them");
    let (there, gone) = asked(|address| {
        let mut command = Command::new("node");
        command.args(["--input-type=module", "--eval", include_str!("clients.mjs"), "--", NODE, address]);
        command
    });
    let counts = json!([1, 2, 0]);
    assert_eq!(there, json!({"hibp": counts, "hibp padded": counts, "zxcvbn": [[1], [2], []]}));
    let error = json!(["error", "error", "error"]);
    assert_eq!(gone, json!({"hibp": error, "hibp padded": error, "zxcvbn": [[], [], []]}));
}
