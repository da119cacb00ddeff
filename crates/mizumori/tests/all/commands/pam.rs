//! The real pam_exec calls `mizumori guard check`, by the line that stands in `deploy/pam/mizumori-guard`, for the real pamtester. The
//! services are in a folder of the test's own (libpam-wrapper), so that nothing of the machine's is touched and nobody need be root.
//!
//! pam_exec hands over a new password from Linux-PAM 1.6 on. Before, the same line is run where a password is asked for.

use std::io::Write;
use std::process::{Command, Stdio};

use super::guard::{LEAKED, index};
use crate::run::{Folder, Run};

/// What goes onto a Debian machine, from the repository's top.
const PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/pam/mizumori-guard");

/// The user's name, long enough to be a password.
const USER: &str = "taro-of-the-river";
const OTHER: &str = "a river that never leaked";

/// Whether there is a pamtester; without one the test ends early only where it was left out.
fn is_left_out() -> bool {
    // `cargo xtask test --without pamtester`, which says so at its end.
    if std::env::var_os("MIZUMORI_WITHOUT_PAM").is_some() {
        return true;
    }
    let there = Command::new("pamtester").stdin(Stdio::null()).stderr(Stdio::null()).status();
    assert!(there.is_ok(), "pamtester is missing: `cargo xtask test` fetches it");
    false
}

/// The profile's line, for this program and for the index in this folder.
fn line(folder: &Folder) -> String {
    let profile = std::fs::read_to_string(PROFILE).unwrap();
    let mut lines = profile.lines().filter_map(|line| line.strip_prefix('\t'));
    let line = lines.next().unwrap();
    assert_eq!(lines.next(), None);
    let (program, index) = ("/usr/bin/mizumori", "/var/lib/mizumori/leaked");
    assert!(line.contains(program) && line.contains(index), "{line}");
    line.replace(program, env!("CARGO_BIN_EXE_mizumori"))
        .replace(index, folder.path("index").to_str().unwrap())
}

/// Runs a stack of this one line, and types a password as often as it is asked for.
fn pamtester(folder: &Folder, kind: &str, line: &str, password: &str) -> Run {
    folder.write("services/test", format!("{kind} {line}\n{kind} required pam_permit.so\n"));
    let mut command = Command::new("pamtester");
    command.args(["test", USER, if kind == "auth" { "authenticate" } else { "chauthtok" }]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(folder.work());
    command.env("LD_PRELOAD", "libpam_wrapper.so").env("PAM_WRAPPER", "1");
    command.env("PAM_WRAPPER_SERVICE_DIR", folder.path("services")).env("TMPDIR", folder.temporary());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let typed = format!("{password}\n").repeat(3);
    // Whoever asks once closes the pipe before the rest.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    folder.wait(child)
}

/// The kind of stack in which this machine's pam_exec hands over a password: where it is set, or else where it is asked for.
fn kind(folder: &Folder) -> &'static str {
    let echo = "required pam_exec.so expose_authtok stdout /bin/cat";
    let told = pamtester(folder, "password", echo, OTHER);
    if told.out().contains(OTHER) { "password" } else { "auth" }
}

#[test]
fn a_leaked_password_is_refused() {
    if is_left_out() {
        return;
    }
    let folder = index();
    let (kind, line) = (kind(&folder), line(&folder));
    let refused = pamtester(&folder, kind, &format!("{line} --lang en"), LEAKED);
    refused.ends(1).printing(&["refused\nit has leaked: it was seen once\n"]);
    let japanese = pamtester(&folder, kind, &line, LEAKED);
    japanese.ends(1).printing(&["このパスワードは漏えいしています"]);
    pamtester(&folder, kind, &line, "short").ends(1).printing(&["短すぎます"]);
    pamtester(&folder, kind, &line, USER).ends(1).printing(&["利用者"]);
    pamtester(&folder, kind, &line, OTHER).ends(0).printing(&["使用できます"]);
}

#[test]
fn an_index_that_is_not_there_refuses_unless_told_otherwise() {
    if is_left_out() {
        return;
    }
    let folder = index();
    let (kind, line) = (kind(&folder), line(&folder));
    std::fs::rename(folder.path("index"), folder.path("away")).unwrap();
    let accepting = format!("{line} --accept-unchecked");
    pamtester(&folder, kind, &line, OTHER).ends(1);
    let accepted = pamtester(&folder, kind, &accepting, OTHER);
    accepted.ends(0).printing(&["漏えいしたものかどうかは確認できませんでした"]);
    pamtester(&folder, kind, &accepting, "short").ends(1);
    std::fs::rename(folder.path("away"), folder.path("index")).unwrap();
    pamtester(&folder, kind, &accepting, LEAKED).ends(1);
    // A program that is not there refuses in any case.
    let gone = accepting.replace(env!("CARGO_BIN_EXE_mizumori"), "/nowhere/mizumori");
    pamtester(&folder, kind, &gone, OTHER).ends(1);
}

/// Where nothing is handed over, nothing is accepted.
#[test]
fn an_older_pam_exec_refuses_every_new_password() {
    if is_left_out() {
        return;
    }
    let folder = index();
    let line = line(&folder);
    if kind(&folder) == "auth" {
        for password in [LEAKED, OTHER] {
            pamtester(&folder, "password", &line, password).ends(1);
            pamtester(&folder, "password", &format!("{line} --accept-unchecked"), password).ends(1);
        }
    }
}
