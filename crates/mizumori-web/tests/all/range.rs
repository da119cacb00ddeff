//! The range API: each thing that a client of Pwned Passwords relies on.

use std::io::Read;

use mizumori_guard::{HashKind, Index, PasswordHash, Prefix, RangeAnswer};
use mizumori_web::GuardOptions;

use crate::world::{World, import};

/// What is asked for a password, and what is in the answer.
fn split(hash: &PasswordHash) -> (String, String) {
    let mut digits = Vec::new();
    hash.write_hex(&mut digits);
    let digits = String::from_utf8(digits).unwrap();
    (digits[..5].to_owned(), digits[5..].to_owned())
}

#[test]
fn an_answer_to_the_byte() {
    let world = World::of("himitsu\nhimitsu\nanother\n");
    for (hash, query) in [(PasswordHash::sha1(b"himitsu"), ""), (PasswordHash::ntlm("himitsu"), "?mode=ntlm")]
    {
        let (prefix, suffix) = split(&hash);
        let answer = world.get(&format!("/range/{prefix}{query}"));
        assert_eq!((answer.status, answer.text()), (200, format!("{suffix}:2").as_str()));
        assert_eq!(answer.header("content-type"), "text/plain");
        assert_eq!(answer.header("cache-control"), "public, max-age=2678400");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("last-modified").ends_with(" GMT"));
        let lower = world.get(&format!("/range/{}{query}", prefix.to_lowercase()));
        assert_eq!(lower.body, answer.body);
        assert_eq!(lower.header("etag"), answer.header("etag"));
        let head = world.ask("HEAD", &format!("/range/{prefix}{query}"), &[]);
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), answer.header("content-length"));
        assert_eq!(head.header("etag"), answer.header("etag"));
    }
}

#[test]
fn rows_are_in_order_and_end_without_a_line_end() {
    // Three of a prefix.
    let rows =
        ["F", "0", "7"].map(|digit| format!("21BD1{}:1{digit}\n", digit.repeat(35)).replace(":1F", ":15"));
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), &rows.concat(), [true, true]);
    let world = World::start(folder, GuardOptions::default(), None);
    let answer = world.get("/range/21BD1");
    let expected =
        ["0", "7", "F"].map(|digit| format!("{}:1{digit}", digit.repeat(35)).replace(":1F", ":15"));
    assert_eq!(answer.text(), expected.join("\r\n"));
}

#[test]
fn a_prefix_without_hashes_has_one_row_that_counts_nothing() {
    let world = World::of("himitsu\n");
    let answer = world.get("/range/00000");
    let (suffix, count) = answer.text().split_once(':').unwrap();
    assert_eq!((answer.status, suffix.len(), count), (200, 35, "0"));
    assert_eq!(world.get("/range/00000").body, answer.body);
    let ntlm = world.get("/range/00000?mode=ntlm");
    assert_eq!(ntlm.text().split_once(':').unwrap().0.len(), 27);
}

#[test]
fn padding_for_whatever_means_yes() {
    let world = World::of("himitsu\n");
    let (prefix, suffix) = split(&PasswordHash::sha1(b"himitsu"));
    for value in ["true", "True", "1", "yes"] {
        let answer = world.ask("GET", &format!("/range/{prefix}"), &[&format!("Add-Padding: {value}")]);
        let rows: Vec<_> = answer.text().split("\r\n").collect();
        assert!((800..=1000).contains(&rows.len()), "{}", rows.len());
        assert!(rows.is_sorted() && rows.contains(&format!("{suffix}:1").as_str()));
        assert_eq!(rows.iter().filter(|row| !row.ends_with(":0")).count(), 1);
        assert!(!answer.headers.contains_key("etag") && !answer.headers.contains_key("last-modified"));
        assert!(answer.header("vary").contains("Add-Padding"));
    }
    let answer = world.ask("GET", &format!("/range/{prefix}"), &["Add-Padding: false"]);
    assert_eq!(answer.text(), format!("{suffix}:1"));
}

#[test]
fn what_somebody_has_is_not_sent_again() {
    // So many that an import of one is not merged with them.
    let words: String = (0..10).map(|at| format!("invented password {at}\n")).collect();
    let world = World::of(&format!("himitsu\n{words}"));
    let hash = PasswordHash::sha1(b"himitsu");
    let path = format!("/range/{}", split(&hash).0);
    let first = world.get(&path);
    let tag = first.header("etag");
    // What is asked for before a row is read.
    let index = Index::open(&world.index()).unwrap();
    let version = RangeAnswer::of(&index, HashKind::Sha1, hash.prefix()).version();
    assert_eq!(tag, format!("\"{version:016x}\""));
    for condition in [
        format!("If-None-Match: {tag}"),
        format!("If-None-Match: \"other\", W/{tag}"),
        "If-None-Match: *".to_owned(),
        format!("If-Modified-Since: {}", first.header("last-modified")),
    ] {
        for method in ["GET", "HEAD"] {
            let again = world.ask(method, &path, &[&condition]);
            assert_eq!((again.status, again.body.len()), (304, 0), "{condition}");
            assert_eq!(again.header("etag"), tag);
            assert_eq!(again.header("cache-control"), first.header("cache-control"));
        }
    }
    assert_eq!(world.ask("GET", &path, &["If-None-Match: \"other\""]).status, 200);
    // An import that does not concern it.
    import(&world.index(), "another\n", [true, true]);
    world.serves_what_is_there();
    assert_eq!(world.ask("GET", &path, &[&format!("If-None-Match: {tag}")]).status, 304);
    // And one that does.
    import(&world.index(), "himitsu\n2\n", [true, true]);
    world.serves_what_is_there();
    let changed = world.ask("GET", &path, &[&format!("If-None-Match: {tag}")]);
    assert!(changed.status == 200 && changed.text().ends_with(":2"));
}

#[test]
fn compressed_for_whoever_likes_it() {
    let rows: String = (0..200).map(|at| format!("21BD1{at:035X}:{}\n", at + 1)).collect();
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), &rows, [true, true]);
    let world = World::start(folder, GuardOptions::default(), None);
    let plain = world.get("/range/21BD1");
    assert_eq!(plain.header("content-encoding"), "");
    let gzip = world.ask("GET", "/range/21BD1", &["Accept-Encoding: gzip, deflate"]);
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut read = Vec::new();
    flate2::read::GzDecoder::new(&*gzip.body).read_to_end(&mut read).unwrap();
    assert_eq!(read, plain.body);
    let brotli = world.ask("GET", "/range/21BD1", &["Accept-Encoding: gzip, deflate, br"]);
    assert_eq!(brotli.header("content-encoding"), "br");
    let mut read = Vec::new();
    brotli::BrotliDecompress(&mut &*brotli.body, &mut read).unwrap();
    assert_eq!(read, plain.body);
    assert!(brotli.body.len() * 2 < plain.body.len() && gzip.body.len() * 2 < plain.body.len());
    let tags = [&plain, &gzip, &brotli].map(|answer| answer.header("etag").to_owned());
    assert!(tags[0] != tags[1] && tags[1] != tags[2]);
    let known = ["Accept-Encoding: br", &format!("If-None-Match: {}", tags[2])];
    assert_eq!(world.ask("GET", "/range/21BD1", &known).status, 304);
    // A short one is the same whatever is liked.
    let short = world.ask("GET", "/range/00000", &["Accept-Encoding: br"]);
    assert_eq!(short.header("content-encoding"), "");
    assert_eq!(short.header("etag"), world.get("/range/00000").header("etag"));
}

#[test]
fn what_is_no_question() {
    let world = World::of("himitsu\n");
    for path in
        ["/range/", "/range/21BD", "/range/21BD12", "/range/21BDG", "/range/%3231BD1", "/range/21BD1/x"]
    {
        let answer = world.get(path);
        assert_eq!((answer.status, answer.text()), (400, "The hash was not in a valid format"), "{path}");
        assert_eq!(answer.header("content-type"), "text/plain");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = world.ask(method, "/range/21BD1", &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));
        assert!(!answer.body.is_empty());
    }
    for path in ["/", "/ranges/21BD1", "/range"] {
        assert_eq!((world.get(path).status, world.get(path).text()), (404, "Invalid API query"), "{path}");
    }
    let preflight = world.ask(
        "OPTIONS",
        "/range/21BD1",
        &["Origin: https://suigen.example", "Access-Control-Request-Method: GET"],
    );
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-headers"), "Add-Padding");
    assert_eq!(preflight.header("access-control-allow-methods"), "GET");
}

#[test]
fn hashes_that_there_are_none_of_are_not_said_to_be_safe() {
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), "himitsu\n", [true, false]);
    let world = World::start(folder, GuardOptions::default(), None);
    let answer = world.get("/range/21BD1?mode=ntlm");
    assert_eq!((answer.status, answer.text()), (501, "This server has no NTLM hashes"));
    assert_eq!(world.get("/range/21BD1").status, 200);
}

/// What a downloader does that wants all of them, on one connection: here those at the ends, and some between.
#[test]
fn all_ranges_together_are_the_index() {
    let words: Vec<_> = (0..500).map(|at| format!("invented password {at}")).collect();
    let world = World::of(&words.join("\n"));
    let mut client = world.client();
    let mut of_prefix: Vec<_> =
        words.iter().map(|word| PasswordHash::sha1(word.as_bytes()).prefix().number()).collect();
    of_prefix.extend([0, Prefix::COUNT - 1]);
    of_prefix.sort_unstable();
    of_prefix.dedup();
    let mut seen = 0_u64;
    for number in of_prefix {
        let prefix = Prefix::of_number(number).unwrap();
        let answer = client.ask("GET", &format!("/range/{prefix}"), &[], b"");
        for row in answer.text().split("\r\n") {
            let (suffix, count) = row.split_once(':').unwrap();
            assert!(PasswordHash::parse(HashKind::Sha1, format!("{prefix}{suffix}").as_bytes()).is_some());
            seen += count.parse::<u64>().unwrap();
        }
    }
    assert_eq!(seen, 500);
}
