//! `mizumori guard private` and `guard check --private`: a server that is asked about pairs; all of them are invented.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStderr};

use mizumori_core::{Account, LocalPart};
use mizumori_guard::private::{PairSource, PrivateWriter};

use crate::run::Folder;

const TARO: &str = "taro@suigen.example";

/// A private index with one pair, beside an index of hashes.
fn filled() -> Folder {
    let folder = Folder::new();
    folder.write("words.txt", "himitsu-no-kotoba\n");
    folder.run(&["guard", "import", "index", "words.txt"]).ends(0);
    folder
        .run(&[
            "guard",
            "private",
            "create",
            "private",
            "--private-keys",
            "keys",
            "--hash-memory",
            "8KiB",
            "--hash-passes",
            "1",
        ])
        .ends(0)
        .saying(&["made the keys `keys`", "clients pin --public-key "]);
    add(&folder, "first", TARO, "himitsu");
    folder
}

/// Adds a pair as a source.
fn add(folder: &Folder, source: &str, account: &str, password: &str) {
    let mut writer = PrivateWriter::open(&folder.path("private"), &folder.path("keys")).unwrap();
    let gather = writer.gather(1 << 20).unwrap();
    let account = Account::parse(account, LocalPart::Column).unwrap();
    gather.add(0, &account, password.as_bytes()).unwrap();
    let source = PairSource { number: 0, source: source.to_owned(), id: None };
    writer.commit(&gather, &[source], &mut || Ok(())).unwrap();
}

/// A server, and what it says.
struct Served {
    child: Child,
    said: BufReader<ChildStderr>,
    url: String,
}

impl Served {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let fixed = ["guard", "serve", "index", "--listen", "127.0.0.1:0", "--private", "private"];
        let arguments = [&fixed[..], &["--private-keys", "keys"], arguments].concat();
        let mut child = folder.command(&arguments).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening at ").unwrap().to_owned();
        Self { child, said, url }
    }

    /// Waits until it says something.
    fn says(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "{words}");
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks, and returns what was printed and said.
fn ask(folder: &Folder, url: &str, more: &[&str], password: &str, code: i32) -> String {
    let fixed = ["guard", "check", "--private", "--server", url, "--account", TARO];
    let run = folder.run_with_input(&[&fixed[..], more].concat(), password.as_bytes());
    run.ends(code);
    run.out() + &run.err()
}

/// The public keys of the generations.
fn public_keys(folder: &Folder) -> Vec<String> {
    let status = folder.run(&["guard", "private", "status", "private", "--json"]).out();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let generations = status["generations"].as_array().unwrap();
    generations.iter().map(|one| one["public_key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pairs_keys_and_generations() {
    let folder = filled();
    let mut served = Served::start(&folder, &[]);
    let url = &served.url.clone();
    let first = &public_keys(&folder)[0];
    let said = ask(&folder, url, &[], "himitsu", 1);
    assert!(
        said.starts_with("this account has leaked with this password\n") && said.contains(first),
        "{said}"
    );
    let said = ask(&folder, url, &["--public-key", first, "--lang", "ja"], "ｈｉｍｉｔｓｕ\n", 1);
    assert_eq!(said, "このアカウントとパスワードの組は漏えいしています\n");
    let said = ask(&folder, url, &["--public-key", first, "--json"], "kotoba", 0);
    assert_eq!(said, "{\"generations\":[],\"leaked\":false,\"schema\":1}\n");
    // Another key: what came before answers as well, and what comes now.
    folder.run(&["guard", "private", "rotate", "private", "--private-keys", "keys"]).ends(0);
    add(&folder, "second", TARO, "kotoba");
    served.says("renewed: the private index, generation 1 and 2");
    let second = &public_keys(&folder)[1];
    let both = ["--public-key", first, "--public-key", second, "--json"];
    while !ask(&folder, url, &both, "himitsu", 1).contains("[1]") {}
    // The second look may come after the rotation and before the pair.
    while !folder
        .run_with_input(
            &[&["guard", "check", "--private", "--server", url, "--account", TARO][..], &both].concat(),
            b"kotoba",
        )
        .out()
        .contains("[2]")
    {}
    let said = ask(&folder, url, &["--public-key", first], "himitsu", 2);
    assert!(said.contains("announces a key that was not given") && said.contains(second), "{said}");
    folder.run(&["guard", "private", "retire", "private", "1", "--private-keys", "keys"]).ends(0);
    served.says("renewed: the private index, generation 2");
    ask(&folder, url, &["--public-key", second], "himitsu", 0);
    folder.run(&["guard", "private", "forget", "private", "second", "--private-keys", "keys"]).ends(0);
    served.says("renewed: the private index, generation 2");
    ask(&folder, url, &["--public-key", second], "kotoba", 0);
}

#[test]
fn over_tls_under_an_authority_of_ones_own() {
    let folder = filled();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    folder.write("server.pem", made.cert.pem());
    folder.write("server.key", made.signing_key.serialize_pem());
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    folder.write("other.pem", other.cert.pem());
    let served = Served::start(&folder, &["--certificate", "server.pem", "--key", "server.key"]);
    assert!(served.url.starts_with("https://127.0.0.1:"));
    ask(&folder, &served.url, &["--ca", "server.pem"], "himitsu", 1);
    ask(&folder, &served.url, &["--ca", "server.pem"], "kotoba", 0);
    // Whom nothing vouches for is asked nothing.
    for more in [&[][..], &["--ca", "other.pem"]] {
        let said = ask(&folder, &served.url, more, "himitsu", 2);
        assert!(said.contains("could not ask") && !said.contains("himitsu"), "{said}");
    }
}

#[test]
fn who_asks_too_often_cannot_check() {
    let folder = filled();
    let served = Served::start(&folder, &["--private-per-minute", "2"]);
    for _ in 0..2 {
        ask(&folder, &served.url, &[], "kotoba", 0);
    }
    let said = ask(&folder, &served.url, &[], "kotoba", 2);
    assert!(said.contains("was asked too often") && said.contains("hint: ask again in "), "{said}");
}

/// Whoever answers in the server's name has not its key; and what he sends is no answer.
#[test]
fn somebody_else_who_answers() {
    let folder = filled();
    let key = public_keys(&folder).remove(0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path("private/private.json")).unwrap()).unwrap();
    let generation = &manifest["generations"][0];
    let parameters = serde_json::json!({"schema": 1, "valid_seconds": 60, "generations": [{
        "number": 1, "public_key": key, "salt": generation["salt"], "slow_hash": generation["slow_hash"],
        "bucket_bits": 0,
    }]});
    // His own key's answer, under the number of the real one.
    let answer = [&[1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0][..], &[7; 96]].concat();
    let answers = [(parameters.to_string().into_bytes(), 200), (answer, 200), (b"x".to_vec(), 200)];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (body, status) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).unwrap();
                let length = body.len();
                let told =
                    format!("HTTP/1.1 {status} OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                stream.write_all(&[told.as_bytes(), &body].concat()).unwrap();
            }
        });
        let said = ask(&folder, &url, &["--public-key", &key], "himitsu", 2);
        assert!(said.contains("did not prove that it used the key"), "{said}");
        let said = ask(&folder, &url, &["--public-key", &key], "himitsu", 2);
        assert!(said.contains("cannot be understood"), "{said}");
    });
}

#[test]
fn mistakes() {
    let folder = filled();
    let served = Served::start(&folder, &[]);
    let private = |arguments: &[&str]| folder.run(&[&["guard", "private"], arguments].concat());
    private(&["create", "private", "--private-keys", "other"]).ends(2).saying(&["already"]);
    private(&["create", "new", "--private-keys", "keys"]).ends(2).saying(&["it is there already"]);
    private(&["create", "new", "--private-keys", "new/keys"]).ends(2).saying(&["cannot be used"]);
    private(&["create", "new"]).ends(2).saying(&["nothing says where", "--private-keys FILE"]);
    private(&["create", "new", "--private-keys", "k", "--hash-passes", "0"]).ends(2).saying(&["slow hash"]);
    private(&["status", "nowhere"]).ends(2).saying(&["there is no private index", "guard private create"]);
    private(&["retire", "private", "1", "--private-keys", "keys"]).ends(2).saying(&["the only generation"]);
    private(&["retire", "private", "9", "--private-keys", "keys"]).ends(2).saying(&["no generation 9"]);
    private(&["forget", "private", "x", "--private-keys", "keys"]).ends(2).saying(&["no source `x`"]);
    folder
        .run(&["guard", "serve", "index", "--private", "private", "--listen", "127.0.0.1:0"])
        .ends(2)
        .saying(&["nothing says where the keys"]);
    let said = ask(&folder, "http://suigen.example", &[], "x", 2);
    assert!(said.contains("no https address"), "{said}");
    let said = ask(&folder, &format!("{}/elsewhere", served.url), &[], "x", 2);
    assert!(said.contains("there is no private check at"), "{said}");
    let said = ask(&folder, &served.url, &[], "", 2);
    assert!(said.contains("no password was given"), "{said}");
    folder.write("empty.pem", "");
    let said = ask(&folder, &served.url, &["--ca", "empty.pem"], "x", 2);
    assert!(said.contains("no certificate in `empty.pem`"), "{said}");
}
