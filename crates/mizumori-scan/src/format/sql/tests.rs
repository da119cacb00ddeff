//! What is read of SQL dumps, case by case.

use std::io::BufReader;

use super::*;
use crate::record::Reject;
use crate::testing::Collected;

fn read(text: &[u8], limits: &RecordLimits, capacity: usize) -> Collected {
    let mut out = Collected::default();
    let dialect = looks_like(text, true).expect("a dump");
    scan(&dialect, &mut BufReader::with_capacity(capacity, text), limits, &mut out);
    out
}

fn check(text: &str, expected: &[&str]) {
    let out = read(text.as_bytes(), &RecordLimits::default(), 8192);
    assert_eq!(out.lines(), expected, "{text}");
    assert_eq!(out.rejected, [], "{text}");
}

/// Rows of a table whose columns have no telling names.
fn check_values(values: &str, expected: &str) {
    let text = format!("INSERT INTO t (email, password) VALUES ('a@x.example', {values});");
    check(&text, &[&format!("1 a@x.example {expected} -")]);
}

#[test]
fn statements_of_every_product() {
    let row = "1 a@x.example pw -";
    for head in [
        "INSERT INTO users VALUES",
        "insert into users(id,email,password)values",
        "INSERT IGNORE INTO `db`.`users` (`id`, `email`, `password`) VALUES ",
        "INSERT LOW_PRIORITY INTO users VALUES ROW",
        "INSERT OR REPLACE INTO \"users\" VALUES",
        "REPLACE INTO users VALUES",
        "INSERT [dbo].[users] ([id], [email], [password]) VALUES ",
        "INSERT INTO ONLY public.users (id, email, password) OVERRIDING SYSTEM VALUE VALUES ",
        "/*!40000 INSERT INTO users VALUES",
        "/* x */ INSERT /* y */ INTO users -- z\x20\n VALUES # w\n",
    ] {
        let line = head.matches('\n').count() + 1;
        check(&format!("{head}(1,'a@x.example','pw');"), &[&row.replacen('1', &line.to_string(), 1)]);
    }
    check(
        "INSERT ALL\n INTO t (id, email, pw) VALUES (1,'a@x.example','pw')\n INTO t (id, email, pw) VALUES \
         (2,'b@x.example','pw2')\nSELECT * FROM dual;",
        &["2 a@x.example pw -", "3 b@x.example pw2 -"],
    );
}

#[test]
fn sites_in_rows_without_names() {
    let check_row = |row: &str, expected: &[&str]| check(&format!("INSERT INTO t VALUES {row};"), expected);
    check_row("(1,'https://vpn.x.example/a','yamada','p w',NULL)", &["1 ~yamada p w vpn.x.example"]);
    check_row("(1,'yamada','pw','https://x.example/')", &["1 ~yamada pw x.example"]);
    check_row("('https://x.example/','00123','pw1'),(2,'x','')", &["1 ~00123 pw1 x.example"]);
    check_row(
        "('https://x.example/','https://y.example/','l','p','https://z.example/')",
        &["1 ~l p y.example"],
    );
    // With an address the row is its own, as ever.
    check_row("('https://x.example/','a@x.example','pw')", &["1 a@x.example pw -"]);
    // Pages, requests, options.
    for row in [
        "(1,'https://x.example/','A page with a title','draft')",
        "(1,'https://x.example/a','200','512')",
        "(1,'siteurl','https://x.example','yes')",
        "(1,'https://x.example/','2020-01-02 03:04:05','x')",
        "(1,'https://x.example/',7,'x')",
        "(1,'see https://x.example/','l','p')",
        "(1,'https://x.example/','l','')",
    ] {
        check_row(row, &[]);
    }
    // Names that tell of no login.
    check("INSERT INTO t (link, title, tag) VALUES ('https://x.example/','word','word');", &[]);
    check("COPY t FROM stdin;\n1\thttps://x.example/\tyamada\tpw\n\\.\n", &["2 ~yamada pw x.example"]);
}

#[test]
fn several_tuples_and_statements() {
    check(
        "INSERT INTO t VALUES (1,'a@x.example','p1'),\n(2,'b@x.example','p2') ,( 3 , 'c@x.example' , 'p3' );\
         INSERT INTO t VALUES (4,'d@x.example','p4') ON DUPLICATE KEY UPDATE n=VALUES(n);\n\
         INSERT [t] VALUES (5,N'e@x.example',N'p5')\nGO\nINSERT [t] VALUES (6,N'f@x.example',N'p6')\nGO\n",
        &[
            "1 a@x.example p1 -",
            "2 b@x.example p2 -",
            "2 c@x.example p3 -",
            "2 d@x.example p4 -",
            "3 e@x.example p5 -",
            "5 f@x.example p6 -",
        ],
    );
}

#[test]
fn columns_by_list_by_table_and_by_content() {
    check(
        "CREATE TABLE `m` (\n  `id` int(11) NOT NULL COMMENT 'it''s, a key',\n  `pw` varchar(9) DEFAULT 'x',\n  \
         `note` enum('a','b)'),\n  `mail` varchar(255),\n  PRIMARY KEY (`id`),\n  KEY `k` (`mail`(10))\n) \
         ENGINE=InnoDB;\nINSERT INTO `m` VALUES (1,'secret','b@y.example','a@x.example');",
        &["9 a@x.example secret -", "9 b@y.example - -"],
    );
    // The table has other columns than the row.
    check(
        "CREATE TABLE t (email text, password text);\nINSERT INTO t VALUES (1,'a@x.example','pw');",
        &["2 a@x.example pw -"],
    );
    check(
        "CREATE TABLE s.t (\"pw\" text, \"email\" text);\nINSERT INTO t VALUES ('pw','a@x.example');",
        &["2 a@x.example pw -"],
    );
    check(
        "INSERT INTO t VALUES (1,'Taro','a@x.example','2019-01-01','pw','5f4dcc3b5aa765d61d8327deb882cf99');",
        &["1 a@x.example 5f4dcc3b5aa765d61d8327deb882cf99 -"],
    );
    check("INSERT INTO t (addr, salt, pass) VALUES ('a@x.example','s4lt','pw');", &["1 a@x.example pw -"]);
    check("INSERT INTO t VALUES (1,'text of b@x.example, and so on');", &["1 b@x.example - -"]);
    check("INSERT INTO t VALUES (1,2),(3,'x');", &[]);
    check("INSERT INTO posts (id, user_id, text) VALUES (1, 7, 'x');", &[]);
    check("INSERT INTO u (user_id, password) VALUES (7, 'pw');", &["1 ~7 pw -"]);
    check("INSERT INTO u (username) VALUES ('yamada');", &["1 ~yamada - -"]);
    check(
        "INSERT INTO u (url, login, password) VALUES ('vpn.mof.go.jp', 'yamada', 'pw');",
        &["1 ~yamada pw vpn.mof.go.jp"],
    );
    check(
        "INSERT INTO u (email, password) VALUES ('a@x.example',NULL),('b@x.example',''),('c@x.example','NULL');",
        &["1 a@x.example - -", "1 b@x.example - -", "1 c@x.example - -"],
    );
}

#[test]
fn values() {
    for (value, expected) in [
        ("'it''s'", "it's"),
        (r#"'a:b;c,"d|e'"#, r#"a:b;c,"d|e"#),
        (r"'it\'s \\ \% \_ \q \Zx'", "it's \\ \\% \\_ q \u{1a}x"),
        (r#""x""y\"z""#, "x\"y\"z"),
        ("'  x\t '", "  x\t "),
        ("'),('", "),("),
        ("'p@ss'", "p@ss"),
        ("N'ユニコード'", "ユニコード"),
        ("_utf8mb4'x'", "x"),
        ("_binary 'x'", "x"),
        ("_utf8 \"x\"", "x"),
        (r"E'a\x40b\101\u3042'", "a@bAあ"),
        ("U&'x'", "x"),
        ("q'[it's]'", "it's"),
        ("nq'!x!!'", "x!"),
        ("$$it's$$", "it's"),
        ("$q$a$$b$q$", "a$$b"),
        ("x'706173732077'", "pass w"),
        ("0x70617373", "pass"),
        ("_binary 0x70617373", "pass"),
        ("0xffd8", "0xffd8"),
        ("12345678", "12345678"),
        ("-1.5e-3", "-1.5e-3"),
        ("MD5('pw')", "pw"),
        ("CAST(N'pw' AS NVARCHAR(10))", "pw"),
        ("CONCAT(SUBSTR('a(b', 1), 'c')", "a(b"),
        ("UNHEX('70617373')", "pass"),
        (r"replace('a\nb','\n',char(10))", "a\nb"),
        ("'x' COLLATE utf8_bin", "x"),
        ("'x'::character varying(10)", "x"),
        ("'a' || 'b'||'c'", "abc"),
        ("'a' + CHAR(39) + 'c'", "ac"),
        ("'a'\n 'b'", "ab"),
        ("( 'x' )", "x"),
        ("/* c */ 'x' -- d\n", "x"),
        ("now()", "-"),
        ("DEFAULT", "-"),
        ("@p0", "-"),
        ("?", "-"),
        ("", "-"),
    ] {
        check_values(value, expected);
    }
}

#[test]
fn backslashes_by_the_dump() {
    let row = |value: &str| format!("INSERT INTO t (email, password) VALUES ('a@x.example','{value}');\n");
    let standard = "SET standard_conforming_strings = on;\n";
    for (text, secret) in [
        (format!("-- MySQL dump\n{}", row(r"a\\b")), r"a\b"),
        (format!("{standard}{}", row(r"a\\b")), r"a\\b"),
        (format!("{standard}{}", row(r"a\")), r"a\"),
        (format!("BEGIN TRANSACTION;\n{}", row(r"a\nb")), r"a\nb"),
        (format!("\n{}", row(r"a\'b")), "a'b"),
        (format!("\n{}", row(r"a\")), r"a\"),
    ] {
        check(&text, &[&format!("2 a@x.example {secret} -")]);
    }
    // What the beginning does not tell is told by the first string that fits one way only.
    let text = format!("{}{}{}", row("x").repeat(15_000), row(r"b\"), row(r"c\d"));
    let out = read(text.as_bytes(), &RecordLimits::default(), 8192);
    assert_eq!(out.lines()[15_000..], [r"15001 a@x.example b\ -", r"15002 a@x.example c\d -"]);
}

#[test]
fn copied_rows() {
    check(
        "COPY public.u (id, email, password, note) FROM stdin;\n1\ta@x.example\t a\\tb\\\\ \\N\t\\N\n\
         2\tb@x.example\t\\N\tsee c@x.example\n3\td@x.example\t\\x41\\102\\u\t\n\\.\n\
         INSERT INTO u VALUES ('e@x.example','pw');",
        &[
            "2 a@x.example  a\tb\\ N -",
            "3 b@x.example - -",
            "3 c@x.example - -",
            "4 d@x.example ABu -",
            "6 e@x.example pw -",
        ],
    );
    check(
        "CREATE TABLE u (email text, pw text);\r\nCOPY u FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';');\r\n\
         email;pw\r\na@x.example;\"p\"\"w\r\n;\"\r\nb@x.example;pw\r\n\\.\r\n",
        &["4 a@x.example p\"w\r\n; -", "6 b@x.example pw -"],
    );
    check(
        "COPY u (email, password) FROM stdin USING DELIMITERS '|';\na@x.example|pw\n",
        &["2 a@x.example pw -"],
    );
    check(
        "COPY u (email, password) FROM stdin;\na@x.example\tpw\nINSERT INTO u VALUES ('b@x.example','pw');\n",
        &["2 a@x.example pw -", "3 b@x.example pw -"],
    );
}

fn check_broken(text: &str, expected: &[&str], rejected: &[(u64, Reject)]) {
    let out = read(text.as_bytes(), &RecordLimits::default(), 8192);
    assert_eq!(out.lines(), expected, "{text}");
    assert_eq!(out.rejected, rejected, "{text}");
}

#[test]
fn nothing_behind_damage_is_lost() {
    use Reject::{Malformed, Unterminated};
    let next = "2 b@x.example p2 -";
    check_broken(
        "INSERT INTO t VALUES (1,'a@x.example','p\nINSERT INTO t VALUES (2,'b@x.example','p2');",
        &[next],
        &[(1, Malformed)],
    );
    check_broken(
        "INSERT INTO t VALUES (1,'a@x.example','it's'),\n(2,'b@x.example','p2');",
        &[next],
        &[(1, Malformed)],
    );
    check_broken(
        "INSERT INTO t VALUES (1,'it's',3),(2,'x'),(3,'a@x.example','p1');",
        &["1 a@x.example p1 -"],
        &[],
    );
    check_broken(
        "INSERT INTO t VALUES (1,'a@x.example','p1'),(2,'b@x.example','p",
        &["1 a@x.example p1 -"],
        &[(1, Unterminated)],
    );
    check_broken(
        "INSERT INTO t VALUES (1,'a@x.example','p1'),'c@x.example',\n(2,'b@x.example','p2');",
        &["1 a@x.example p1 -", next],
        &[(1, Malformed)],
    );
    check_broken(
        "COPY u (email, password) FROM stdin CSV;\na@x.example,\"p1\nb@x.example,p2\n",
        &["3 b@x.example p2 -"],
        &[(2, Unterminated)],
    );
    check_broken(
        "INSERT INTO t VALUES ('a@x.example','p1');\n/* no end\nINSERT INTO t VALUES ('b@x.example','p2');",
        &["1 a@x.example p1 -", "3 b@x.example p2 -"],
        &[],
    );
}

#[test]
fn memory_is_bounded() {
    let limits = RecordLimits { field_bytes: 64, record_bytes: 512, fields: 4, ..RecordLimits::default() };
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let check = |text: &str, expected: &[&str], rejected: &[(u64, Reject)]| {
        let out = read(text.as_bytes(), &limits, 8192);
        assert_eq!((out.lines(), &*out.rejected), (&*owned(expected), rejected));
    };
    let head = "INSERT INTO t (email, password, photo) VALUES ";
    let blob = "x'".repeat(90_000).replace('\'', "''");
    let digits = "ab".repeat(135_000);
    let rows = ["1 a@x.example pw -", "1 b@x.example pw -"];
    let behind = "('b@x.example','pw','');";
    check(&format!("{head}('a@x.example','pw','{blob}'),{behind}"), &rows, &[]);
    check(&format!("{head}('a@x.example','pw',0x{digits}),{behind}"), &rows, &[]);
    check(&format!("{head}('a@x.example','pw',x'{digits}'),{behind}"), &rows, &[]);
    check(&format!("{head}('a@x.example','{blob}',''),{behind}"), &rows[1..], &[(1, Reject::TooLong)]);
    check(
        &format!("{head}('a@x.example','{blob}@@\n{head}('b@x.example','pw','');"),
        &["2 b@x.example pw -"],
        &[(1, Reject::Unterminated)],
    );
    check(
        &format!(
            "COPY u (email, password, photo) FROM stdin;\na@x.example\tpw\t{digits}\nb@x.example\tpw\t\n"
        ),
        &["2 a@x.example pw -", "3 b@x.example pw -"],
        &[],
    );
    check("INSERT INTO t (a, b, c, d, email) VALUES (1,2,3,4,'a@x.example');", &[], &[(1, Reject::TooLong)]);
}

#[test]
fn what_is_no_dump() {
    for text in [
        "",
        "insert into:pw\ncreate table:pw\na@x.example:pw",
        "INSERT INTO is a statement of SQL.\nWrite to a@x.example (or else).",
        "insert@x.example:pw\ncopy@x.example:(x)",
        "a@x.example:pw\nb@x.example:pw\nINSERT INTO t VALUES ('c@x.example','pw');",
        "INSERT INTO t VALUES (1);\na@x.example:pw\n",
        "COPY this text\nfrom stdin;",
        "CREATE TABLE t (id int);",
        "create a table (or not)",
    ] {
        assert_eq!(looks_like(text.as_bytes(), true), None, "{text}");
    }
    let schema = "-- PostgreSQL database dump\nCREATE TABLE t (email text);\n";
    assert!(looks_like(schema.as_bytes(), false).is_some());
    assert!(looks_like(b"INSERT INTO t VALUES (1,'a@x.example'),(2,'b@x.exa", false).is_some());
}
