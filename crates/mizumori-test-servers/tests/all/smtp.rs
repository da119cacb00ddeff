//! Mail servers: the real one takes, refuses and keeps; ours fails as it is told.
//!
//! The client is written here, command by command: what is looked at is what stands on the wire.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use mizumori_test_servers::{
    Certificate, FaultySmtp, PATIENCE, Smtp, SmtpFault, Stage, Validity, wait_until,
};

use crate::tls::over_tls;

trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A conversation with a server.
struct Client(BufReader<Box<dyn Wire>>);

impl Client {
    fn connect(port: u16) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Connects, and reads the greeting and the answer to EHLO.
    fn plain(port: u16) -> Self {
        let mut client = Self(BufReader::new(Box::new(Self::connect(port))));
        client.greeted();
        client
    }

    fn greeted(&mut self) {
        assert!(self.answer().starts_with("220 "));
        assert!(self.says("EHLO test.example").contains("250"));
    }

    /// Connects, and begins TLS by STARTTLS.
    fn tls(port: u16, trusted: &str) -> io::Result<Self> {
        let stream = Self::connect(port);
        let mut clear = Self(BufReader::new(Box::new(stream.try_clone().unwrap())));
        clear.greeted();
        assert!(clear.says("STARTTLS").starts_with("220 "));
        let mut client = Self(BufReader::new(Box::new(over_tls(stream, trusted)?)));
        assert!(client.says("EHLO test.example").contains("AUTH"));
        Ok(client)
    }

    /// An answer, all its lines; empty when the server says nothing more.
    fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        loop {
            let before = answer.len();
            let read = self.0.read_until(b'\n', &mut answer);
            assert!(read.map_err(|error| error.kind()) != Err(io::ErrorKind::WouldBlock), "nothing came");
            if answer.get(before + 3) != Some(&b'-') {
                return String::from_utf8_lossy(&answer).into_owned();
            }
        }
    }

    fn says(&mut self, line: &str) -> String {
        // It may have been closed already.
        let _ = self.0.get_mut().write_all(format!("{line}\r\n").as_bytes());
        let _ = self.0.get_mut().flush();
        self.answer()
    }

    /// AUTH PLAIN, with base64 of what Debian's base64(1) makes of the credentials.
    fn logs_in(&mut self, password: &str) -> String {
        let mut base64 = std::process::Command::new("base64");
        let mut base64 =
            base64.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        write!(base64.stdin.take().unwrap(), "\0{}\0{password}", Smtp::USER).unwrap();
        let encoded = String::from_utf8(base64.wait_with_output().unwrap().stdout).unwrap();
        self.says(&format!("AUTH PLAIN {}", encoded.trim()))
    }

    /// Sends a mail, as far as it is let; gives the last answer.
    fn sends(&mut self, recipients: &[&str], mail: &str) -> String {
        let mut answer = self.says("MAIL FROM:<mizumori@mizumori.example>");
        for recipient in recipients {
            if answer.starts_with('2') {
                answer = self.says(&format!("RCPT TO:<{recipient}>"));
            }
        }
        if answer.starts_with('2') {
            answer = self.says("DATA");
        }
        if answer.starts_with('3') {
            answer = self.says(&format!("{mail}\r\n."));
        }
        answer
    }
}

fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

const MAIL: &str = "Subject: =?UTF-8?B?5rC0?=\r\nFrom: <mizumori@mizumori.example>\r\n\r\n..dot\r\nbody\r";

#[test]
fn two_at_once_take_mails_over_tls_from_whom_they_know() {
    if Smtp::is_left_out() {
        return;
    }
    let other = std::thread::spawn(|| Smtp::start().unwrap());
    let (one, two) = (Smtp::start().unwrap(), other.join().unwrap());
    for server in [&one, &two] {
        let mut client = Client::tls(server.port(), server.ca_pem()).unwrap();
        assert!(client.sends(&["taro@suigen.example"], MAIL).starts_with("530 "));
        client.says("RSET");
        assert!(client.logs_in("wrong").starts_with("535 "));
        assert!(client.logs_in(Smtp::PASSWORD).starts_with("235 "));
        assert!(client.sends(&["Taro@Suigen.example", "hanako@example"], MAIL).starts_with("250 "));
        assert!(client.sends(&["unknown@suigen.example"], MAIL).starts_with("550 5.1.1 "));
        client.says("RSET");
        assert!(client.sends(&["full@suigen.example"], MAIL).starts_with("452 4.2.2 "));
        client.says("RSET");
        assert!(client.sends(&["taro@example.com"], MAIL).starts_with("550 5.7.1 "));
        let mails = server.wait_for(2, deadline()).unwrap();
        assert_eq!(mails.len(), 2);
        let mails = server.mails_to("taro@SUIGEN.example").unwrap();
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert_eq!((&*mail.recipient, &*mail.sender), ("taro@suigen.example", "mizumori@mizumori.example"));
        assert_eq!(mail.header("Subject").unwrap(), "水");
        assert_eq!(mail.text().lines().next(), Some(".dot"));
        assert!(mail.header("Received").unwrap().contains("esmtpsa"));
    }
}

#[test]
fn without_tls_nobody_is_known() {
    if Smtp::is_left_out() {
        return;
    }
    let known = Smtp::start().unwrap();
    let mut client = Client::plain(known.port());
    assert!(!client.says("EHLO test.example").contains("AUTH"));
    assert!(client.sends(&["taro@suigen.example"], MAIL).starts_with("530 "));
    // From the beginning, on the other port.
    let stream = over_tls(Client::connect(known.tls_port()), known.ca_pem()).unwrap();
    let mut client = Client(BufReader::new(Box::new(stream)));
    client.greeted();
    assert!(client.logs_in(Smtp::PASSWORD).starts_with("235 "));
    assert!(client.sends(&["taro@suigen.example"], MAIL).starts_with("250 "));
    known.wait_for(1, deadline()).unwrap();
    let in_vain = known.wait_for(2, Instant::now()).unwrap_err();
    assert_eq!(
        (in_vain.kind(), &*in_vain.to_string()),
        (io::ErrorKind::TimedOut, "1 of 2 mails came in time")
    );
}

#[test]
fn what_was_delivered_outlives_a_stop() {
    if Smtp::is_left_out() {
        return;
    }
    let mut server = Smtp::start_open().unwrap();
    let send = |server: &Smtp| Client::plain(server.port()).sends(&["taro@suigen.example"], MAIL);
    assert!(send(&server).starts_with("250 "));
    server.wait_for(1, deadline()).unwrap();
    server.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", server.port())).is_err());
    server.restart().unwrap();
    assert!(send(&server).starts_with("250 "));
    assert_eq!(server.wait_for(2, deadline()).unwrap().len(), 2);
    assert!(server.log().contains("Completed"));
}

#[test]
fn many_mails_over_one_connection_are_delivered_at_once() {
    if Smtp::is_left_out() {
        return;
    }
    let server = Smtp::start_open().unwrap();
    let mut client = Client::plain(server.port());
    for number in 0..50 {
        assert!(client.sends(&[&format!("user-{number}@suigen.example")], MAIL).starts_with("250 "));
    }
    assert_eq!(server.wait_for(50, deadline()).unwrap().len(), 50);
    assert_eq!(server.mails_to("user-7@suigen.example").unwrap().len(), 1);
}

#[test]
fn a_certificate_that_is_expired_or_unknown_is_none() {
    let expired = Certificate::of_loopback(Validity::Expired).unwrap();
    let server = FaultySmtp::start_with(expired.clone()).unwrap();
    let error = Client::tls(server.port(), server.ca_pem()).err().unwrap();
    assert!(error.to_string().contains("xpired"), "{error}");
    let other = Certificate::of_loopback(Validity::Now).unwrap();
    assert!(Client::tls(FaultySmtp::start().unwrap().port(), other.authority_pem()).is_err());
    if !Smtp::is_left_out() {
        let real = Smtp::start_with(expired).unwrap();
        assert!(Client::tls(real.port(), real.ca_pem()).is_err());
    }
}

#[test]
fn two_fakes_at_once_take_everything() {
    let (one, two) = (FaultySmtp::start().unwrap(), FaultySmtp::start_plain().unwrap());
    let mut client = Client::tls(one.port(), one.ca_pem()).unwrap();
    assert!(client.logs_in("anything").starts_with("235 "));
    assert!(client.sends(&["A@suigen.example", "b@suigen.example"], MAIL).starts_with("250 "));
    let mails = one.mails();
    assert_eq!(
        mails.iter().map(|mail| &*mail.recipient).collect::<Vec<_>>(),
        ["a@suigen.example", "b@suigen.example"]
    );
    assert_eq!(
        mails[0].raw,
        b"Subject: =?UTF-8?B?5rC0?=\r\nFrom: <mizumori@mizumori.example>\r\n\r\n.dot\r\nbody\r\r\n"
    );
    assert!(
        one.commands().contains(&"AUTH".to_owned())
            && !format!("{:?}", one.commands()).contains("AUTH PLAIN")
    );
    let mut client = Client::plain(two.port());
    assert!(!client.says("EHLO test.example").contains("STARTTLS"));
    assert!(client.says("STARTTLS").starts_with("502 "));
    assert!(client.says("AUTH PLAIN AAA=").starts_with("502 "));
    assert!(client.says("DATA").starts_with("503 "));
    assert!(client.sends(&["c@suigen.example"], MAIL).starts_with("250 "));
    assert!(client.says("QUIT").starts_with("221 "));
    assert_eq!((one.connections(), two.connections(), two.mails().len()), (1, 1, 1));
}

#[test]
fn it_fails_where_it_is_told_and_then_no_more() {
    let server = FaultySmtp::start().unwrap();
    let check = |stage: Stage, fault: SmtpFault, answer: &str, taken: usize| {
        let before = server.mails().len();
        server.fail_times(stage, fault, 1);
        let mut client = Client(BufReader::new(Box::new(Client::connect(server.port()))));
        let mut said = client.answer();
        if stage != Stage::Greeting {
            said = client.says("EHLO test.example");
        }
        if said.starts_with("250") {
            said = client.sends(&["taro@suigen.example"], MAIL);
        }
        assert!(
            said.starts_with(answer) && said.is_empty() == answer.is_empty(),
            "{stage:?} {fault:?}: {said}"
        );
        assert_eq!(server.mails().len() - before, taken, "{stage:?} {fault:?}");
        let again = Client::plain(server.port()).sends(&["taro@suigen.example"], MAIL);
        assert!(again.starts_with("250 "), "{again}");
    };
    for stage in [Stage::Greeting, Stage::Hello, Stage::Mail, Stage::Recipient, Stage::Data, Stage::Message] {
        check(stage, SmtpFault::Temporary, "451 ", 0);
        check(stage, SmtpFault::Permanent, "550 ", 0);
        check(stage, SmtpFault::Nonsense, "<html>", 0);
        // The answer is lost, and the mail is there.
        check(stage, SmtpFault::Closes, "", usize::from(stage == Stage::Message));
    }
    server.fail(Stage::StartTls, SmtpFault::Temporary);
    for _ in 0..2 {
        assert!(Client::plain(server.port()).says("STARTTLS").starts_with("451 "));
    }
    server.fail(Stage::Auth, SmtpFault::Permanent);
    assert!(Client::tls(server.port(), server.ca_pem()).unwrap().logs_in("any").starts_with("550 "));
    server.heal();
    assert!(Client::tls(server.port(), server.ca_pem()).unwrap().logs_in("any").starts_with("235 "));
}

#[test]
fn it_hangs_or_talks_until_it_ends() {
    let server = FaultySmtp::start().unwrap();
    server.fail(Stage::Message, SmtpFault::Hangs);
    let mut hanging = Client::plain(server.port());
    let waiting = std::thread::spawn(move || hanging.sends(&["taro@suigen.example"], MAIL));
    wait_until("the mail is taken", || Ok(server.mails().len() == 1)).unwrap();
    server.fail(Stage::Greeting, SmtpFault::Endless);
    let mut endless = Client::connect(server.port());
    let mut bytes = vec![0; 1 << 20];
    endless.read_exact(&mut bytes).unwrap();
    assert!(!waiting.is_finished());
    // Nobody waits for longer than the server is there.
    drop(server);
    assert_eq!(waiting.join().unwrap(), "");
}
