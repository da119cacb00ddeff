//! Hashes that others made: OpenSSL, glibc, Python's hashlib, the reference programs of Argon2 and phpass.

use proptest::prelude::*;

use super::*;

const HIMITSU: [&str; 22] = [
    "$6$saltstring$xQSyKVju2y5FfFL1WoSMduNN61T/0FgeK.oyvJQWHp/WbTuV8JvWNSCF/D4Wmzw6D86hvVlAXu3i3JMGqV94e.",
    "$6$rounds=1000$saltstring$CfeTCjCVfRElzAopsT8cxGJf0EJ6QdT85lcuoMGNdggCmCGb.MYv5FkU.XU.OFOPYGBUyDGauTyJtCjThHhAY0",
    "$5$saltstring$JkGNDFLBPrHdCOWisq6usrQ3kg5LIUcXTbwxlRwvI92",
    "$1$saltstri$YNFUoTgjW9VGuFHH2tj0n0",
    "$apr1$saltstri$Qlp6xs9iMDrfyKHv21bvA/",
    "pbkdf2_sha256$600$saltsalt$ExXutJJSiGDMfKHmD/y/qwoFfMUfKhscGYYflhVXhXo=",
    "pbkdf2_sha1$600$saltsalt$l/craF8gR4vuaaQ61iteUxDEYPc=",
    "pbkdf2:sha512:600$saltsalt$e71c35475fd8a83cb8e3bf91361e66203d7865663eeed29deef6b4550c4d32f94c375e82be5882a18a89027669d1bc097663b9b10919c797252b86bc97010691",
    "$pbkdf2-sha256$600$./8gc2FsdHNhbHQ$/HrNxNR/BqTrwcYqdovKlXVuFQhbzZKudr1Y99vyxrE",
    "scrypt:1024:8:1$saltsalt$030735107a9273b178d51ffbfc7b4d2902865bb072dfec2aaf3942a3a8031877891e20b32b205e2196c1b74dc82dbdbdffc5042d381160beb0d38072929b18fb",
    "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$Awc1EHqSc7F41R/7/HtNKQKGW7By3+wqrzlCo6gDGHc",
    "SCRYPT:1024:8:1:c2FsdHNhbHQ=:Awc1EHqSc7F41R/7/HtNKQKGW7By3+wqrzlCo6gDGHc=",
    "scrypt$1024$saltsalt$8$1$Awc1EHqSc7F41R/7/HtNKQKGW7By3+wqrzlCo6gDGHc=",
    "sha256$saltsalt$b400c2b3cb000f6a2b3b3e324de4dd1cf62b7e4dc111144e044bfc1a91962ffc",
    "sha1$saltsalt$8b8e01aca5353f158e9958fd5f629a6a44f6115a",
    "{SSHA}Ss/lr19Jk/EbBg9z7HJvAZaxRGlzYWx0",
    "{ssha512}jbFS6JWP4+9Vi7KmZh83FohmtUup4AV5OISM+BzDGXWukiIJfM/XOR8NRGAqXywjJ6EcH1ZHJ7XrXqvg0QSJ4HNhbHRzYWx0",
    "{SHA}xEreSFJAISQDtB66UD/LIi0ZDNA=",
    "{CRYPT}$1$saltstri$YNFUoTgjW9VGuFHH2tj0n0",
    "md5$saltsalt$67a90c4f1183ae0eefb4e74f58a22eb7",
    "fff13bb400dee2c4f35dafe7757355e5:pepper",
    "90dbfe55d20e668461b61df05ecfbe30:abc",
];
const OTHERS: [(&str, &str); 5] = [
    ("$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    ("$H$984478476IagS59wHZvyQMArzfx58u.", "hashcat"),
    ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"),
    (
        "argon2$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "password",
    ),
    ("$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY", "password"),
];

fn secret(text: &str) -> Secret<Vec<u8>> {
    Secret::new(text.as_bytes().to_vec())
}

#[test]
fn what_others_made() {
    for (hash, password) in HIMITSU.map(|hash| (hash, "himitsu")).into_iter().chain(OTHERS) {
        let mut salted = Salted::default();
        assert!(salted.is_of(hash, &secret(password)), "{hash}");
        assert!(!salted.is_of(hash, &secret("kotoba")), "{hash}");
        assert_eq!(salted.skipped(), 0, "{hash}");
        // One whose salt may stand on either side may be of a password although it does not seem so.
        assert_eq!(salted.unknown(), u64::from(hash.contains(":pepper") || hash.contains(":abc")), "{hash}");
    }
}

#[test]
fn bcrypt_as_programs_write_it() {
    let hash = bcrypt::hash_with_salt("himitsu", 4, [7; 16]).unwrap().to_string();
    for hash in [hash.clone(), format!("bcrypt${hash}"), format!("{{BCRYPT}}{hash}")] {
        let mut salted = Salted::default();
        assert!(salted.is_of(&hash, &secret("himitsu")) && !salted.is_of(&hash, &secret("other")), "{hash}");
        assert_eq!((salted.skipped(), salted.unknown()), (0, 0));
    }
}

#[test]
fn what_would_take_too_long_is_not_computed() {
    let bcrypt = bcrypt::hash_with_salt("himitsu", 4, [7; 16]).unwrap().to_string();
    for endless in [
        bcrypt.replacen("$04$", "$31$", 1).as_str(),
        "$6$rounds=999999999$saltstring$xQSyKVju2y5FfFL1WoSMduNN61T/0FgeK.oyvJQWHp/WbTuV8JvWNSCF/D4Wmzw6D86hvVlAXu3i3JMGqV94e.",
        "pbkdf2_sha256$4294967295$saltsalt$ExXutJJSiGDMfKHmD/y/qwoFfMUfKhscGYYflhVXhXo=",
        "scrypt:9223372036854775808:8:1$saltsalt$030735107a9273b178d51ffbfc7b4d29",
        // Of memory too much, and little work.
        "scrypt:262144:8:1$saltsalt$030735107a9273b178d51ffbfc7b4d29",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$P$SIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    ] {
        let mut salted = Salted::default();
        assert!(!salted.is_of(endless, &secret("himitsu")), "{endless}");
        assert_eq!((salted.skipped(), salted.unknown()), (1, 0), "{endless}");
        // There is time left for others.
        assert!(salted.is_of(&bcrypt, &secret("himitsu")));
    }
    // Old ones are slower the longer the password is.
    let mut salted = Salted::default();
    assert!(!salted.is_of(HIMITSU[0], &Secret::new(vec![b'x'; 1 << 20])));
    assert_eq!(salted.skipped(), 1);
}

#[test]
fn there_is_an_end_to_all_of_them_together() {
    let hash = "$1$saltstri$YNFUoTgjW9VGuFHH2tj0n0";
    let work = Form::of(hash).unwrap().work(7).unwrap();
    let mut salted = Salted::within(Duration::from_nanos(3 * work));
    let is_of = [(); 5].map(|()| salted.is_of(hash, &secret("himitsu")));
    assert_eq!((is_of, salted.skipped()), ([true, true, true, false, false], 2));
}

#[test]
fn what_is_not_known_is_counted() {
    for (hash, is_counted) in [
        ("$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7", true),
        ("$2c$04$abcdefghijklmnopqrstuuOy4FC04CmuebC7i3KkAdxOnfBqj4MSq", true),
        ("$2b$99$abcdefghijklmnopqrstuuOy4FC04CmuebC7i3KkAdxOnfBqj4MSq", true),
        ("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", true),
        // Cut off, of a program that made mistakes, with a salt that is not read, or that is too short.
        ("$2b$12$abcdefghijklmnopqrstuu", true),
        ("$2x$04$abcdefghijklmnopqrstuuOy4FC04CmuebC7i3KkAdxOnfBqj4MSq", true),
        (
            "$6$my_salt$xQSyKVju2y5FfFL1WoSMduNN61T/0FgeK.oyvJQWHp/WbTuV8JvWNSCF/D4Wmzw6D86hvVlAXu3i3JMGqV94e.",
            true,
        ),
        ("$argon2id$v=19$m=256,t=2,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", true),
        ("argon2$argon2x$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", true),
        ("{SSHA}", true),
        ("{CRYPT}{CRYPT}{SHA}", true),
        ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", true),
        ("$pbkdf2-sha256$x$a$b", true),
        ("", true),
        ("5f4dcc3b5aa765d61d8327deb882cf99", false),
        ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", false),
    ] {
        let mut salted = Salted::default();
        assert!(!salted.is_of(hash, &secret("password")), "{hash}");
        assert_eq!((salted.skipped(), salted.unknown()), (0, u64::from(is_counted)), "{hash}");
    }
}

/// What was typed in another form is the same password.
#[test]
fn both_forms_of_a_password_are_compared() {
    let hash = "$apr1$saltstri$Qlp6xs9iMDrfyKHv21bvA/";
    let mut salted = Salted::default();
    assert!(salted.is_of(hash, &secret("ｈｉｍｉｔｓｕ")));
    assert!(!salted.is_of(hash, &secret("ｋｏｔｏｂａ")));
    assert_eq!((salted.skipped(), salted.unknown()), (0, 0));
    // Both are paid for, and what nobody can tell is counted once.
    let mut salted = Salted::within(Duration::from_nanos(Form::of(hash).unwrap().work(7).unwrap()));
    assert!(!salted.is_of(hash, &secret("ｈｉｍｉｔｓｕ")));
    assert_eq!(salted.skipped(), 1);
    let mut salted = Salted::default();
    assert!(!salted.is_of("fff13bb400dee2c4f35dafe7757355e5:pepper", &secret("ｋｏｔｏｂａ")));
    assert_eq!(salted.unknown(), 1);
}

/// However little work the rounds say, what is hashed is paid for.
#[test]
fn length_is_paid_for() {
    let work = |hash: &str, password: usize| Form::of(hash).and_then(|form| form.work(password));
    let plain = "md5$saltsalt$67a90c4f1183ae0eefb4e74f58a22eb7";
    assert!(work(plain, 1 << 20) > Some(10_000_000) && work(plain, 7) < Some(1_000_000));
    assert!(work("pbkdf2_sha256$0$saltsalt$ExXutJJSiGDMfKHmD/y/qwoFfMUfKhscGYYflhVXhXo=", 7) > Some(0));
    let salt = "s".repeat(2_000);
    assert!(Form::of(&format!("md5${salt}$67a90c4f1183ae0eefb4e74f58a22eb7")).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in a leak: nothing that ends the program, and nothing that goes on for ever.
    #[test]
    fn nothing_is_believed(at in 0..HIMITSU.len(), cut in 0..140_usize, more: String, number: u64) {
        let hash = HIMITSU[at];
        let (start, end) = hash.split_at(cut.min(hash.len()));
        for hostile in [format!("{start}{more}{end}"), format!("{start}{number}{end}"), format!("{start}{more}")] {
            let mut salted = Salted::within(Duration::from_millis(20));
            salted.is_of(&hostile, &secret("himitsu"));
            prop_assert!(salted.skipped() + salted.unknown() <= 1);
        }
    }
}
