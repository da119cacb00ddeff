//! Tests of stealer logs: families, one-line records, damage, and generated logs whose truth is known.

use std::io::BufReader;

use proptest::prelude::*;

use super::*;
use crate::testing::Collected;

fn scanned(text: &[u8], capacity: usize, limits: &RecordLimits) -> Collected {
    let mut out = Collected::default();
    scan(&mut BufReader::with_capacity(capacity, text), limits, &mut out);
    out
}

fn check(text: &str, expected: &[&str]) {
    let out = scanned(text.as_bytes(), 8192, &RecordLimits::default());
    assert_eq!(out.lines(), expected, "{text}");
    assert_eq!(out.rejected, [], "{text}");
}

#[test]
fn families() {
    check(
        "URL: https://vpn.x.example/\nUsername: yamada01\nPassword:  p w \nApplication: Google_[Chrome]_Default\n===============\n\
         URL: y.example\nUsername: a@x.example\nPassword: [NOT_SAVED]\nApplication: x\n===============\n",
        &["1 ~yamada01  p w  vpn.x.example", "6 a@x.example - y.example"],
    );
    check(
        "URL:https://x.example/\nUSR:l\nPASS:p\n\nURL: u\nUSR: \nPASS: q\n",
        &["1 ~l p x.example", "5 ~ q -"],
    );
    check(
        "Soft: Chrome\nHost: x.example\nLogin: l\nPassword: UNKNOWN\n\nSoft: Chrome\nHost: \nLogin: m\nPassword: p\n",
        &["2 ~l - x.example", "7 ~m p -"],
    );
    check("SOFT:\tx\r\nURL:\tx.example\r\nUSER:\tl\r\nPASS:\t\tp\t\r\n\r\n", &["2 ~l \tp\t x.example"]);
    check("Ссылка: x.example\nЛогин: l\nПароль: п\n===\n", &["1 ~l п x.example"]);
    check("网址：x.example\n用户名：l\n密码：p\n", &["1 ~l p x.example"]);
    check("サイト: x.example\nユーザー名: l\nパスワード: p\n", &["1 ~l p x.example"]);
}

#[test]
fn blocks_and_what_stands_between_them() {
    // A repeated key, or a key behind the password.
    check(
        "Host: x.example\nHost: y.example\nLogin: l\nPassword: p\nLogin: m\nPassword: q\n",
        &["2 ~l p y.example", "5 ~m q -"],
    );
    // The URL last.
    check(
        "Login: l\nPassword: p\nURL: x.example\n---\nLogin: m\nPassword: q\nURL: y.example\n---\n",
        &["1 ~l p x.example", "5 ~m q y.example"],
    );
    // Blank lines inside blocks.
    check(
        "URL: x.example\n\nLogin: l\n\nPassword: p\n\n\nURL: y.example\n\nLogin: m\n\nPassword: q\n",
        &["1 ~l p x.example", "8 ~m q y.example"],
    );
    // A banner, and addresses beside.
    check(
        "****************\n* t.example/shop seller@x.example *\n****************\n\nURL: x.example\nLogin: l\nEmail: a@x.example\nPassword: p\nProfile: b@x.example\n\n\
         see c@x.example\n",
        &["5 a@x.example p x.example", "5 b@x.example - -", "11 c@x.example - -"],
    );
    check(
        "URL: https://x.example/?m=a@x.example\n\nURL: x.example\nLogin: l\nPassword: p\n",
        &["1 a@x.example - -", "3 ~l p x.example"],
    );
}

#[test]
fn values_stay_whole() {
    check(
        "URL: x.example\nLogin: l pass: no\nPassword: a pass: b\tPassword: c URL: d\n",
        &["1 ~l pass: no a pass: b\tPassword: c URL: d x.example"],
    );
    check(
        "URL: x.example\nLogin: l\nPassword: ===============\n\nURL: y.example\nLogin: \nPassword: \n",
        &["1 ~l =============== x.example", "5 ~ - y.example"],
    );
}

#[test]
fn one_line_records() {
    check("URL: x.example | Login: l | Password: p | q\n", &["1 ~l p | q x.example"]);
    check(
        "URL: https://x.example/ Username: a@x.example Password:  p Password: q \nURL: y.example Username: m Password: \n",
        &["1 a@x.example  p Password: q  x.example", "2 ~m - y.example"],
    );
    check("URL: | Login: l; Password: p\n", &["1 ~l p -"]);
}

#[test]
fn limits_are_kept() {
    let limits = RecordLimits { line_bytes: 1_000, field_bytes: 30, fields: 2, record_bytes: 100 };
    let long = "x".repeat(40);
    let huge = "y".repeat(1_000_000);
    let text = format!(
        "URL: https://x.example/\nLogin: l\nPassword: {long}\n\nURL: x.example\nLogin: m\nPassword: p\nNote: {huge}@x.example\n\n\
         Login: n\nPassword: {huge}\n\nLogin: o\nPassword: q\nN: 1@x.example\nN: 2@x.example\nN: 3@x.example\n"
    );
    let out = scanned(text.as_bytes(), 64, &limits);
    assert_eq!(
        out.lines(),
        ["5 ~m p x.example", "13 ~o q -", "13 1@x.example - -", "13 2@x.example - -", "17 3@x.example - -"]
    );
    assert_eq!(out.rejected, [(1, Reject::TooLong)]);
}

/// How a generated log is written.
const STYLES: [(&str, &str, &str, &str, &str); 6] = [
    ("URL", "Username", "Password", "Application: Chrome\n", "===============\n"),
    ("Host", "Login", "Password", "", "\n"),
    ("url", "login", "password", "", ""),
    ("URL", "USR", "PASS", "", "\n\n"),
    ("Ссылка", "Логин", "Пароль", "Браузер: x\n", "---\n"),
    ("サイト", "ユーザー名", "パスワード", "", "***\n"),
];

fn value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a@x.example"),
        Just("yamada"),
        Just(" "),
        Just("\t"),
        Just(":"),
        Just(" pass: "),
        Just("Password: "),
        Just("|"),
        Just("秘密"),
        Just("==="),
        Just("\"d|e"),
        Just("UNKNOWN"),
        Just("[NOT_SAVED]"),
        Just("https://y.example/?q=b@y.example"),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        style in proptest::sample::select(&STYLES[..]),
        blocks in proptest::collection::vec((0_usize..4, value(), value()), 1..8),
        blank in prop_oneof![Just(" "), Just("\t")],
        end in prop_oneof![Just("\n"), Just("\r\n")],
        capacity in 1_usize..64,
    ) {
        let (url_key, login_key, secret_key, other, rule) = style;
        let mut text = String::new();
        let mut expected = Collected::default();
        for (url, login, secret) in &blocks {
            let url = ["https://vpn.x.example/a?b=c@x.example", "x.example", "", "android://h@com.x.example/"][*url];
            let number = 1 + text.matches('\n').count() as u64;
            text += &format!("{url_key}:{blank}{url}\n{login_key}:{blank}{login}\n{secret_key}:{blank}{secret}\n{other}{rule}");
            let fields = [(Role::Url, url), (Role::Login, login), (Role::Secret, secret)];
            let fields = fields.map(|(role, value)| Field { role, value: value.as_bytes() });
            emit_row(number, &fields, Bare::Accept, &mut expected);
        }
        let text = text.replace('\n', end);
        let out = scanned(text.as_bytes(), capacity, &RecordLimits::default());
        prop_assert_eq!(out.lines(), expected.lines());
        prop_assert_eq!(out.rejected, vec![]);
        prop_assert!(looks_like(text.as_bytes(), true));
    }

    #[test]
    fn whatever_the_bytes_and_the_buffer(
        pieces in proptest::collection::vec(prop_oneof![
            4 => proptest::sample::select(&["URL: ", "Login: ", "Password: ", "Email:", "X: ", "\n", "\n\n", "\n===\n", " | ", "a@x.example", "x.example", "："][..])
                .prop_map(|piece| piece.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..4),
        ], 0..60),
        capacity in 1_usize..64,
        tight in any::<bool>(),
    ) {
        let text = pieces.concat();
        let tight_limits = RecordLimits { line_bytes: 40, field_bytes: 10, fields: 2, record_bytes: 40 };
        let limits = if tight { tight_limits } else { RecordLimits::default() };
        let whole = scanned(&text, 1 << 16, &limits);
        let parts = scanned(&text, capacity, &limits);
        prop_assert_eq!(whole.lines(), parts.lines());
        prop_assert_eq!(whole.rejected, parts.rejected);
        let _ = looks_like(&text, true);
        let _ = looks_like(&text, false);
    }

    #[test]
    fn nothing_behind_the_damage_is_lost(damage in proptest::collection::vec(any::<u8>(), 0..100)) {
        let text = [&damage, "\n\nURL: x.example\nLogin: l\nPassword: p\n".as_bytes()].concat();
        let out = scanned(&text, 64, &RecordLimits::default());
        prop_assert!(out.lines().last().is_some_and(|line| line.ends_with(" ~l p x.example")), "{:?}", out.lines());
    }
}
