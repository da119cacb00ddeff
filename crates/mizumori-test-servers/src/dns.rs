//! An authoritative name server whose records a test sets while it runs, over UDP and TCP.
//!
//! Messages are put into bytes by hickory-proto; what is answered to what is decided here (RFC 1034, 1035, 2308). The server
//! has all names: there is no delegation, no signature, and nothing is looked up elsewhere.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use hickory_proto::op::{Edns, Message, Metadata, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::listener::{Listener, lock};
use crate::port::on_free_port;

/// Of records that nobody set another for, in seconds.
const TIME_TO_LIVE: u32 = 60;

/// As long as a string of a TXT record may be.
const TXT_STRING: usize = 255;

/// How many aliases are followed.
const ALIASES: usize = 8;

/// What is answered, to whatever is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsMood {
    /// What the records say.
    Answers,
    /// That the server cannot tell (SERVFAIL).
    ServFail,
    /// That it does not want to (REFUSED).
    Refuses,
    /// Nothing at all.
    Silent,
    /// Bytes that are no message.
    Nonsense,
    /// Over UDP that the answer is too long, so that it has to be asked over TCP.
    OnlyTcp,
    /// What the records say, to another question than was asked (its id is wrong), as a stranger who guesses would.
    WrongId,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In lower case and in A-labels, without the dot at the end.
    pub name: String,
    /// `TXT`, `MX`, …
    pub kind: String,
    /// Over which of the two it came.
    pub over: Transport,
}

/// What a message is carried by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// A server that runs as long as the value lives.
pub struct Dns {
    /// Its thread waits for datagrams.
    udp: Option<JoinHandle<()>>,
    _tcp: Listener,
    port: u16,
    shared: Arc<Shared>,
}

/// What server and test share.
struct Shared {
    zone: Mutex<Zone>,
    mood: Mutex<DnsMood>,
    questions: Mutex<Vec<Question>>,
    is_over: AtomicBool,
}

impl Dns {
    /// Starts a server without any names.
    ///
    /// # Errors
    /// When it finds no port.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            zone: Mutex::default(),
            mood: Mutex::new(DnsMood::Answers),
            questions: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let (tcp, udp, port) = on_free_port(|port| {
            let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
            let shared = Arc::clone(&shared);
            let serve = move |stream: TcpStream, _: &_| drop(shared.serve_tcp(stream));
            Ok((Listener::start(port, serve)?, udp, port))
        })?;
        let serving = Arc::clone(&shared);
        let udp = std::thread::spawn(move || serving.serve_udp(&udp));
        Ok(Self { udp: Some(udp), _tcp: tcp, port, shared })
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Sets the TXT records of a name, in place of those that it had. What is longer than 255 bytes becomes several strings.
    ///
    /// # Errors
    /// When the name is none.
    pub fn set_txt(&self, name: &str, values: &[&str]) -> io::Result<()> {
        let txt = |value: &&str| {
            let mut strings: Vec<&[u8]> = value.as_bytes().chunks(TXT_STRING).collect();
            if strings.is_empty() {
                strings.push(b"");
            }
            RData::TXT(TXT::from_bytes(strings))
        };
        self.set(name, RecordType::TXT, values.iter().map(txt))
    }

    /// Sets the mail servers of a name, each with its preference.
    ///
    /// # Errors
    /// When a name is none.
    pub fn set_mx(&self, name: &str, servers: &[(u16, &str)]) -> io::Result<()> {
        let servers = servers.iter().map(|(preference, server)| Ok(MX::new(*preference, parse(server)?)));
        let servers: Vec<MX> = servers.collect::<io::Result<_>>()?;
        self.set(name, RecordType::MX, servers.into_iter().map(RData::MX))
    }

    /// Sets the IPv4 addresses of a name.
    ///
    /// # Errors
    /// When the name is none.
    pub fn set_a(&self, name: &str, addresses: &[Ipv4Addr]) -> io::Result<()> {
        self.set(name, RecordType::A, addresses.iter().map(|address| RData::A(A(*address))))
    }

    /// Sets the IPv6 addresses of a name.
    ///
    /// # Errors
    /// When the name is none.
    pub fn set_aaaa(&self, name: &str, addresses: &[Ipv6Addr]) -> io::Result<()> {
        self.set(name, RecordType::AAAA, addresses.iter().map(|address| RData::AAAA(AAAA(*address))))
    }

    /// Makes a name an alias of another.
    ///
    /// # Errors
    /// When a name is none.
    pub fn set_alias(&self, name: &str, target: &str) -> io::Result<()> {
        self.set(name, RecordType::CNAME, [RData::CNAME(CNAME(parse(target)?))])
    }

    /// Takes away all records of a name.
    ///
    /// # Errors
    /// When the name is none.
    pub fn clear(&self, name: &str) -> io::Result<()> {
        let name = parse(name)?;
        lock(&self.shared.zone).retain(|(other, _), _| *other != name);
        Ok(())
    }

    /// Answers so from now on.
    pub fn set_mood(&self, mood: DnsMood) {
        *lock(&self.shared.mood) = mood;
    }

    /// What was asked until now, in the order in which it came.
    pub fn questions(&self) -> Vec<Question> {
        lock(&self.shared.questions).clone()
    }

    fn set(&self, name: &str, kind: RecordType, data: impl IntoIterator<Item = RData>) -> io::Result<()> {
        let name = parse(name)?;
        let records = data.into_iter().map(|data| Record::from_rdata(name.clone(), TIME_TO_LIVE, data));
        let records: Vec<Record> = records.collect();
        let mut zone = lock(&self.shared.zone);
        if records.is_empty() {
            zone.remove(&(name, kind));
        } else {
            zone.insert((name, kind), records);
        }
        Ok(())
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        // Wakes whoever waits for datagrams; without a socket for it the thread stays until somebody asks.
        let woken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.send_to(&[0], self.address()))
            .is_ok();
        if let Some(udp) = self.udp.take().filter(|_| woken) {
            drop(udp.join());
        }
    }
}

impl Shared {
    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 4096];
        loop {
            let received = socket.recv_from(&mut buffer);
            if self.is_over.load(Ordering::Acquire) {
                return;
            }
            // An answer to one that has gone is an error of the next receive.
            let Ok((length, client)) = received else { continue };
            let question = buffer.get(..length).unwrap_or_default();
            if let Some(answer) = self.answer(question, Transport::Udp) {
                let _ = socket.send_to(&answer, client);
            }
        }
    }

    /// Messages with their lengths before them, one after the other.
    fn serve_tcp(&self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length)?;
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question)?;
            if let Some(answer) = self.answer(&question, Transport::Tcp) {
                let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
                stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat())?;
            }
        }
    }

    /// The bytes of an answer; `None` where nothing is said.
    fn answer(&self, question: &[u8], over: Transport) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).ok()?;
        let mood = *lock(&self.mood);
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        answer.metadata = Metadata::response_from_request(&question.metadata);
        answer.add_queries(question.queries.iter().cloned());
        if question.edns.is_some() {
            answer.set_edns(Edns::new());
        }
        let [query] = question.queries.as_slice() else {
            answer.metadata.response_code = ResponseCode::FormErr;
            return answer.to_vec().ok();
        };
        let name = query.name().to_lowercase().to_ascii();
        let name = name.trim_end_matches('.').to_owned();
        let kind = query.query_type().to_string();
        lock(&self.questions).push(Question { name, kind, over });
        match mood {
            DnsMood::Silent => return None,
            DnsMood::Nonsense => return Some(b"\xff nonsense".to_vec()),
            DnsMood::ServFail => answer.metadata.response_code = ResponseCode::ServFail,
            DnsMood::Refuses => answer.metadata.response_code = ResponseCode::Refused,
            DnsMood::OnlyTcp if over == Transport::Udp => answer = answer.truncate(),
            DnsMood::Answers | DnsMood::OnlyTcp | DnsMood::WrongId => {
                self.look_up(query.name(), query.query_type(), &mut answer);
            }
        }
        if mood == DnsMood::WrongId {
            answer.metadata.id ^= 1;
        }
        let bytes = answer.to_vec().ok()?;
        if over == Transport::Udp && bytes.len() > usize::from(question.max_payload()) {
            return answer.truncate().to_vec().ok();
        }
        Some(bytes)
    }

    /// Answers with what the zone holds: with the records, or that there are none of this kind, or that there is no such name.
    fn look_up(&self, name: &Name, kind: RecordType, answer: &mut Message) {
        let zone = lock(&self.zone);
        answer.metadata.authoritative = true;
        let mut name = name.to_lowercase();
        for _ in 0..ALIASES {
            let source = source(&zone, &name);
            let named = |record: &Record| {
                let mut record = record.clone();
                record.name = name.clone();
                record
            };
            if let Some(records) = zone.get(&(source.clone(), kind)) {
                answer.add_answers(records.iter().map(named));
                return;
            }
            let alias = zone.get(&(source, RecordType::CNAME)).and_then(|records| records.first());
            let Some(RData::CNAME(CNAME(target))) = alias.map(|record| &record.data) else { break };
            answer.add_answers(alias.map(named));
            name = target.to_lowercase();
        }
        if !exists(&zone, &source(&zone, &name)) {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        // It says for how long that may be remembered (RFC 2308): not at all, for a test may set the record now.
        let server = Name::root();
        let begin = SOA::new(server.clone(), server.clone(), 1, 3600, 600, 86400, 0);
        answer.add_authority(Record::from_rdata(server, 0, RData::SOA(begin)));
    }
}

/// The records of all names.
type Zone = BTreeMap<(Name, RecordType), Vec<Record>>;

/// Whether there is such a name. One below which there are others exists (RFC 8020).
fn exists(zone: &Zone, name: &Name) -> bool {
    zone.keys().any(|(other, _)| name.zone_of(other))
}

/// The name whose records a name has: its own, or those of the wildcard below the nearest name above that exists (RFC 4592).
fn source(zone: &Zone, name: &Name) -> Name {
    let mut above = name.clone();
    while !exists(zone, &above) && !above.is_root() {
        above = above.base_name();
        let wildcard = above.prepend_label("*").unwrap_or_else(|_| name.clone());
        if exists(zone, &wildcard) {
            return wildcard;
        }
    }
    name.clone()
}

/// A whole name, in lower case. Japanese names become their A-labels.
fn parse(name: &str) -> io::Result<Name> {
    let mut name =
        Name::from_utf8(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    name.set_fqdn(true);
    Ok(name.to_lowercase())
}
