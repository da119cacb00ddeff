//! A small mail server that takes everything, and fails where and how it is told.
//!
//! It knows as much of SMTP (RFC 5321) as senders use: EHLO, STARTTLS (RFC 3207), AUTH PLAIN (RFC 4954) with any credentials,
//! one mail after another. What a real server says of a mail is for [`Smtp`](super::Smtp) to show.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;

use super::Mail;
use crate::certificate::{Certificate, Validity};
use crate::listener::{Ending, Listener, Wire, lock};
use crate::port::on_free_port;

/// What is longer is no line of SMTP, and no mail of a test.
const LONGEST: u64 = 64 << 20;

/// Longer than any test: whoever hangs is let go when the server ends.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// Where in a conversation a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// When somebody connects.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS, before TLS begins.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Recipient,
    /// DATA, before the mail comes.
    Data,
    /// The mail has come.
    Message,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpFault {
    /// 451: try again later. The mail is not taken.
    Temporary,
    /// 550: never. The mail is not taken.
    Permanent,
    /// Nothing is said any more. At [`Stage::Message`] the mail is taken.
    Hangs,
    /// Bytes that are no answer. The mail is not taken.
    Nonsense,
    /// An answer that never ends. The mail is not taken.
    Endless,
    /// The connection is closed. At [`Stage::Message`] the mail is taken: only the answer is lost.
    Closes,
}

/// What is offered in the answer to EHLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offer {
    TlsAndAuth,
    Nothing,
}

/// What server and test share.
#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<Mail>>,
    commands: Mutex<Vec<String>>,
    fault: Mutex<Option<Planned>>,
}

struct Planned {
    stage: Stage,
    fault: SmtpFault,
    /// How often; `None` for always.
    times: Option<usize>,
}

/// A server that runs as long as the value lives.
pub struct FaultySmtp {
    listener: Listener,
    port: u16,
    certificate: Certificate,
    shared: Arc<Shared>,
}

impl FaultySmtp {
    /// Starts a server that offers STARTTLS and, over TLS, AUTH PLAIN, and takes mails without either as well.
    ///
    /// # Errors
    /// When it finds no port, or no certificate can be made.
    pub fn start() -> io::Result<Self> {
        Self::with(Offer::TlsAndAuth, Certificate::of_loopback(Validity::Now)?)
    }

    /// Starts a server that offers neither TLS nor AUTH, as if somebody in between had taken them out.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_plain() -> io::Result<Self> {
        Self::with(Offer::Nothing, Certificate::of_loopback(Validity::Now)?)
    }

    /// As [`Self::start`], with this certificate.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(certificate: Certificate) -> io::Result<Self> {
        Self::with(Offer::TlsAndAuth, certificate)
    }

    fn with(offer: Offer, certificate: Certificate) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let config = certificate.config()?;
        let (listener, port) = on_free_port(|port| {
            let (shared, config) = (Arc::clone(&shared), Arc::clone(&config));
            let serve = move |stream: TcpStream, ending: &Ending| {
                let mut conversation = Conversation { offer, shared: &shared, config: &config, ending };
                // A client that goes away is none of the server's troubles.
                drop(conversation.hold(stream));
            };
            Ok((Listener::start(port, serve)?, port))
        })?;
        Ok(Self { listener, port, certificate, shared })
    }

    /// Its port on 127.0.0.1 (`localhost`).
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that a client has to trust.
    pub fn ca_pem(&self) -> &str {
        self.certificate.authority_pem()
    }

    /// Fails at a stage, until another fault is given.
    pub fn fail(&self, stage: Stage, fault: SmtpFault) {
        *lock(&self.shared.fault) = Some(Planned { stage, fault, times: None });
    }

    /// Fails at a stage so many times, and works from then on.
    pub fn fail_times(&self, stage: Stage, fault: SmtpFault, times: usize) {
        *lock(&self.shared.fault) = Some(Planned { stage, fault, times: Some(times) });
    }

    /// Fails no more. Whoever hangs already goes on hanging.
    pub fn heal(&self) {
        *lock(&self.shared.fault) = None;
    }

    /// What was taken, in the order in which it came: a mail to two recipients twice.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.shared.mails).clone()
    }

    /// The commands that came, without line ends and without what follows AUTH.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.shared.commands).clone()
    }

    /// How many connections came.
    pub fn connections(&self) -> u64 {
        self.listener.accepted()
    }
}

/// One connection.
struct Conversation<'a> {
    offer: Offer,
    shared: &'a Shared,
    config: &'a Arc<ServerConfig>,
    ending: &'a Ending,
}

/// What comes next.
enum Next {
    GoOn,
    Tls,
    End,
}

/// What has been said of the mail that comes.
#[derive(Default)]
struct Envelope {
    sender: String,
    recipients: Vec<String>,
}

impl Conversation<'_> {
    fn hold(&mut self, stream: TcpStream) -> io::Result<()> {
        let (mut wire, mut is_tls) = (Wire::Plain(stream), false);
        let due = self.due(Stage::Greeting);
        let goes_on = self.says(&mut wire, due, "220 mail.example ESMTP\r\n")?;
        if !goes_on || due.is_some() {
            // Who greets with a refusal says nothing more.
            wire.close();
            return Ok(());
        }
        let mut envelope = Envelope::default();
        loop {
            let mut reader = BufReader::new(wire);
            let next = loop {
                let Some(line) = line(&mut reader)? else { return Ok(()) };
                match self.obey(&line, &mut reader, &mut envelope, is_tls)? {
                    Next::GoOn => {}
                    next => break next,
                }
            };
            // What came in clear before TLS began is thrown away with the reader, as RFC 3207 demands.
            wire = reader.into_inner();
            match (next, wire) {
                (Next::Tls, Wire::Plain(stream)) => wire = Wire::new(stream, Some(self.config))?,
                (_, wire) => {
                    wire.close();
                    return Ok(());
                }
            }
            (is_tls, envelope) = (true, Envelope::default());
        }
    }

    /// Does what a command asks for.
    fn obey(
        &self,
        line: &str,
        reader: &mut BufReader<Wire>,
        envelope: &mut Envelope,
        is_tls: bool,
    ) -> io::Result<Next> {
        let upper = line.to_ascii_uppercase();
        let verb = upper.split(' ').next().unwrap_or_default();
        let shown = if verb == "AUTH" { "AUTH" } else { line };
        lock(&self.shared.commands).push(shown.to_owned());
        let goes_on = match verb {
            "EHLO" | "HELO" => {
                *envelope = Envelope::default();
                self.answers(reader.get_mut(), Stage::Hello, &self.hello(verb, is_tls))?
            }
            "STARTTLS" if self.offer == Offer::TlsAndAuth && !is_tls => {
                let due = self.due(Stage::StartTls);
                let goes_on = self.says(reader.get_mut(), due, "220 go ahead\r\n")?;
                return Ok(if goes_on && due.is_none() { Next::Tls } else { Next::End });
            }
            "AUTH" if self.offer == Offer::TlsAndAuth && is_tls => {
                if upper.trim_end() == "AUTH PLAIN" {
                    reader.get_mut().write_all(b"334 \r\n")?;
                    self::line(reader)?;
                }
                self.answers(reader.get_mut(), Stage::Auth, "235 welcome\r\n")?
            }
            "MAIL" => {
                *envelope = Envelope { sender: address(line), recipients: Vec::new() };
                self.answers(reader.get_mut(), Stage::Mail, "250 ok\r\n")?
            }
            "RCPT" => {
                let due = self.due(Stage::Recipient);
                if due.is_none() {
                    envelope.recipients.push(address(line).to_lowercase());
                }
                self.says(reader.get_mut(), due, "250 ok\r\n")?
            }
            "DATA" if envelope.recipients.is_empty() => {
                reader.get_mut().write_all(b"503 nobody to send it to\r\n")?;
                true
            }
            "DATA" => {
                let due = self.due(Stage::Data);
                let goes_on = self.says(reader.get_mut(), due, "354 go ahead\r\n")?;
                if !goes_on || due.is_some() { goes_on } else { self.take(reader, std::mem::take(envelope))? }
            }
            "RSET" => {
                *envelope = Envelope::default();
                reader.get_mut().write_all(b"250 ok\r\n")?;
                true
            }
            "NOOP" => {
                reader.get_mut().write_all(b"250 ok\r\n")?;
                true
            }
            "QUIT" => {
                reader.get_mut().write_all(b"221 bye\r\n")?;
                false
            }
            _ => {
                reader.get_mut().write_all(b"502 not here\r\n")?;
                true
            }
        };
        Ok(if goes_on { Next::GoOn } else { Next::End })
    }

    /// Reads a mail, and takes it unless it is told not to.
    fn take(&self, reader: &mut BufReader<Wire>, envelope: Envelope) -> io::Result<bool> {
        let raw = mail(reader)?;
        let due = self.due(Stage::Message);
        if matches!(due, None | Some(SmtpFault::Hangs | SmtpFault::Closes)) {
            let Envelope { sender, recipients } = envelope;
            let mails = recipients.into_iter().map(|recipient| Mail {
                recipient,
                sender: sender.clone(),
                raw: raw.clone(),
            });
            lock(&self.shared.mails).extend(mails);
        }
        self.says(reader.get_mut(), due, "250 taken\r\n")
    }

    fn hello(&self, verb: &str, is_tls: bool) -> String {
        let mut lines = vec!["mail.example"];
        if verb == "EHLO" {
            lines.extend(["8BITMIME", "SMTPUTF8"]);
            match self.offer {
                Offer::TlsAndAuth if is_tls => lines.push("AUTH PLAIN"),
                Offer::TlsAndAuth => lines.push("STARTTLS"),
                Offer::Nothing => {}
            }
        }
        let last = lines.len().saturating_sub(1);
        let between = |at: usize| if at == last { ' ' } else { '-' };
        lines.iter().enumerate().map(|(at, line)| format!("250{}{line}\r\n", between(at))).collect()
    }

    /// What goes wrong at this stage, this time.
    fn due(&self, stage: Stage) -> Option<SmtpFault> {
        let mut fault = lock(&self.shared.fault);
        let planned = fault.as_mut().filter(|planned| planned.stage == stage)?;
        let due = planned.fault;
        planned.times = planned.times.map(|times| times.saturating_sub(1));
        if planned.times == Some(0) {
            *fault = None;
        }
        Some(due)
    }

    /// Gives an answer, or what goes wrong instead; whether the conversation goes on.
    fn says(&self, wire: &mut Wire, due: Option<SmtpFault>, answer: &str) -> io::Result<bool> {
        match due {
            None => wire.write_all(answer.as_bytes())?,
            Some(SmtpFault::Temporary) => wire.write_all(b"451 4.3.0 try again later\r\n")?,
            Some(SmtpFault::Permanent) => wire.write_all(b"550 5.7.1 not from you\r\n")?,
            Some(SmtpFault::Nonsense) => {
                wire.write_all(b"<html>\0\xff\xfe</html>\r\n2\r\n99999999999 ok\r\n")?;
            }
            Some(SmtpFault::Endless) => {
                let line = [b"250-".as_slice(), &[b'a'; 500], b"\r\n"].concat();
                loop {
                    wire.write_all(&line)?;
                }
            }
            Some(SmtpFault::Closes) => return Ok(false),
            Some(SmtpFault::Hangs) => return Ok(self.ending.wait(FOR_EVER)),
        }
        Ok(true)
    }

    /// Answers where nothing hangs on whether it goes wrong.
    fn answers(&self, wire: &mut Wire, stage: Stage, answer: &str) -> io::Result<bool> {
        self.says(wire, self.due(stage), answer)
    }
}

/// A line without its end; `None` when nobody says anything more.
fn line(reader: &mut BufReader<Wire>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
    if !bytes.ends_with(b"\n") {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

/// A mail up to the line with a dot, without the dots that were put before others.
fn mail(reader: &mut BufReader<Wire>) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let mut reader = reader.by_ref().take(LONGEST);
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, behind)| behind.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
