//! Ports of loopback that nobody listens on.
//!
//! A server that is a process of its own has to be told its port. Between finding one and listening on it another may take
//! it: ports are drawn from where the system does not take those of outgoing connections, and a start that fails is tried
//! again with another.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;

/// Below what Linux gives to those who ask for any port (`ip_local_port_range`: from 32768).
const PORTS: Range<u16> = 12_000..32_000;

/// How many ports are drawn before it is given up.
const DRAWS: usize = 200;

/// How often a start is tried.
const STARTS: usize = 5;

/// A port of 127.0.0.1 on which neither TCP nor UDP is taken now.
///
/// # Errors
/// When none is found.
pub fn free_port() -> io::Result<u16> {
    let free = |port: &u16| {
        let address = (Ipv4Addr::LOCALHOST, *port);
        TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
    };
    let mut drawn = std::iter::repeat_with(draw).take(DRAWS);
    let none = || io::Error::new(io::ErrorKind::AddrInUse, "found no free port on loopback");
    drawn.find(free).ok_or_else(none)
}

/// Starts something on a free port, and on another where that one was taken meanwhile
/// (`start` says so by [`io::ErrorKind::AddrInUse`]).
///
/// # Errors
/// What `start` fails with otherwise, or at last.
pub fn on_free_port<T>(mut start: impl FnMut(u16) -> io::Result<T>) -> io::Result<T> {
    let mut tries = 1;
    loop {
        match start(free_port()?) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < STARTS => tries += 1,
            done => return done,
        }
    }
}

/// Any of the ports: hashers are keyed anew every time.
fn draw() -> u16 {
    let drawn = RandomState::new().hash_one(()) % u64::from(PORTS.end - PORTS.start);
    PORTS.start.saturating_add(u16::try_from(drawn).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_and_not_always_the_same() {
        let ports: Vec<u16> = (0..8).map(|_| free_port().unwrap()).collect();
        assert!(ports.iter().all(|port| PORTS.contains(port)));
        assert!(ports.iter().any(|port| *port != ports[0]), "{ports:?}");
    }

    #[test]
    fn another_port_is_tried_only_where_one_was_taken() {
        let check = |kind: io::ErrorKind, tries: usize| {
            let mut tried = 0;
            let result: io::Result<()> = on_free_port(|_| {
                tried += 1;
                Err(kind.into())
            });
            assert_eq!((result.unwrap_err().kind(), tried), (kind, tries));
        };
        check(io::ErrorKind::AddrInUse, STARTS);
        check(io::ErrorKind::NotFound, 1);
        let mut fails = 1;
        let started = on_free_port(|port| {
            fails -= 1;
            if fails >= 0 { Err(io::ErrorKind::AddrInUse.into()) } else { Ok(port) }
        });
        assert!(PORTS.contains(&started.unwrap()));
    }
}
