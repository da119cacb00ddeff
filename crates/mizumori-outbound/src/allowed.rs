//! What is let through although it is not public: hosts and networks that the operator names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Host;

use crate::address::is_within;
use crate::error::OutboundError;

/// A host by its name, or a network, that [`Reach::Public`](crate::Reach::Public) takes all the same.
///
/// Written as `hook.suigen.example`, `192.168.7.0/24`, `fd00::/8`, `127.0.0.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// In lower case, in ASCII, without a dot at its end.
    Host(String),
    Network(IpAddr, u32),
}

impl Allowed {
    /// Whether a host of this name may have whatever address.
    pub(crate) fn takes_host(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        matches!(&self.0, Kind::Host(host) if host.eq_ignore_ascii_case(name))
    }

    /// Whether it is an address of the network.
    pub(crate) fn takes_address(&self, address: IpAddr) -> bool {
        matches!(&self.0, Kind::Network(network, bits) if is_within(address, *network, *bits))
    }
}

impl FromStr for Allowed {
    type Err = OutboundError;

    fn from_str(text: &str) -> Result<Self, OutboundError> {
        let wrong = || OutboundError::Allowed(text.chars().take(60).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let kind = match (address.parse::<IpAddr>(), bits) {
            (Ok(address), bits) => {
                let all = if address.is_ipv4() { 32 } else { 128 };
                Kind::Network(
                    address,
                    bits.filter(|bits| *bits <= all).or(bits.is_none().then_some(all)).ok_or_else(wrong)?,
                )
            }
            (Err(_), Some(_)) => return Err(wrong()),
            (Err(_), None) => match Host::parse(text.strip_suffix('.').unwrap_or(text)) {
                Ok(Host::Domain(name)) => Kind::Host(name),
                _ => return Err(wrong()),
            },
        };
        Ok(Self(kind))
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Host(host) => f.write_str(host),
            Kind::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        for (text, shown) in [
            ("Hook.Suigen.Example.", "hook.suigen.example"),
            ("水源.example", "xn--1rw63c.example"),
            ("192.168.7.0/24", "192.168.7.0/24"),
            ("127.0.0.1", "127.0.0.1/32"),
            ("::1", "::1/128"),
            ("fd00::/8", "fd00::/8"),
        ] {
            let allowed: Allowed = text.parse().unwrap();
            assert_eq!(allowed.to_string(), shown);
            assert_eq!(shown.parse::<Allowed>().unwrap(), allowed);
        }
        for wrong in
            ["", "/", "10.0.0.0/33", "::/129", "10.0.0.0/", "a b", "host/24", "10.0.0.0/-1", "0x7f.1"]
        {
            assert!(wrong.parse::<Allowed>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_networks_are_not_mixed_up() {
        let host: Allowed = "hook.example".parse().unwrap();
        assert!(host.takes_host("HOOK.example.") && !host.takes_host("a.hook.example"));
        assert!(!host.takes_address(IpAddr::from([127, 0, 0, 1])));
        let network: Allowed = "127.0.0.0/8".parse().unwrap();
        assert!(network.takes_address(IpAddr::from([127, 9, 9, 9])) && !network.takes_host("127.0.0.1"));
    }
}
