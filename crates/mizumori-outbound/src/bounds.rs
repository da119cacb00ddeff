//! How far a client goes: asked of every address before it is asked, again at every redirection, and of every answer of the
//! name service.

use std::net::IpAddr;

use url::{Host, Url};

use crate::address::is_public;
use crate::allowed::Allowed;
use crate::error::Refusal;
use crate::settings::{ClientSettings, Reach, Schemes};

/// What a client keeps of its settings for that.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    reach: Reach,
    schemes: Schemes,
    allowed: Vec<Allowed>,
    /// The host of the proxy: the operator chose it.
    proxy: Option<String>,
}

impl Bounds {
    pub(crate) fn new(settings: &ClientSettings) -> Self {
        Self {
            reach: settings.reach,
            schemes: settings.schemes,
            allowed: settings.allowed.clone(),
            proxy: settings.proxy.as_ref().and_then(|proxy| proxy.expose().host_str()).map(str::to_owned),
        }
    }

    /// Judges an address by what stands in it. Literal addresses never reach the resolver, so they are judged here.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refusal> {
        match (url.scheme(), self.schemes) {
            ("https", _) | ("http", Schemes::HttpsAndHttp) => {}
            _ => return Err(Refusal::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let taken = match url.host() {
            Some(Host::Ipv4(address)) => self.takes_address(address.into()),
            Some(Host::Ipv6(address)) => self.takes_address(address.into()),
            Some(Host::Domain(name)) => self.may_be_public(name),
            None => false,
        };
        if taken { Ok(()) } else { Err(Refusal::Address) }
    }

    /// Which of the addresses of a name may be connected to.
    pub(crate) fn takes(&self, name: &str, address: IpAddr) -> bool {
        self.takes_host(name) || self.proxy.as_deref() == Some(name) || self.takes_address(address)
    }

    fn takes_host(&self, name: &str) -> bool {
        self.reach == Reach::Anywhere || self.allowed.iter().any(|allowed| allowed.takes_host(name))
    }

    fn takes_address(&self, address: IpAddr) -> bool {
        self.reach == Reach::Anywhere
            || is_public(address)
            || self.allowed.iter().any(|allowed| allowed.takes_address(address))
    }

    /// Behind a proxy names are resolved by the proxy, so that the name is all that can be judged: one without a dot is of the
    /// local network. Elsewhere the resolver judges addresses.
    fn may_be_public(&self, name: &str) -> bool {
        if self.proxy.is_none() || self.takes_host(name) {
            return true;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or_default();
        name.contains('.') && !LOCAL.iter().any(|local| local.eq_ignore_ascii_case(last))
    }
}

/// Last labels that are never public: RFC 6761, RFC 6762, RFC 8375's neighbour `lan` by custom, `internal` by ICANN.
const LOCAL: &[&str] = &["localhost", "local", "internal", "lan", "intranet", "home", "corp"];

#[cfg(test)]
mod tests {
    use mizumori_core::Secret;

    use super::*;

    fn judged(settings: &ClientSettings, url: &str) -> Result<(), Refusal> {
        Bounds::new(settings).check(&Url::parse(url).unwrap())
    }

    #[test]
    fn literal_addresses_in_every_spelling() {
        let public = ClientSettings::new(Reach::Public);
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::7f00:1]/",
            "https://１２７.０.０.１/",
            "https://169.254.169.254/latest/meta-data",
            "https://0/",
            "https://[fe80::1]/",
        ] {
            assert_eq!(judged(&public, url), Err(Refusal::Address), "{url}");
        }
        assert_eq!(judged(&public, "https://1.1.1.1/"), Ok(()));
        assert_eq!(judged(&ClientSettings::new(Reach::Anywhere), "https://127.0.0.1/"), Ok(()));
    }

    #[test]
    fn schemes_and_credentials() {
        let public = ClientSettings::new(Reach::Public);
        for url in [
            "http://a.example/",
            "ftp://a.example/",
            "file:///etc/passwd",
            "gopher://a.example:25/",
            "data:,x",
        ] {
            assert_eq!(judged(&public, url), Err(Refusal::Scheme), "{url}");
        }
        assert_eq!(judged(&public, "https://user@a.example/"), Err(Refusal::Credentials));
        let plain = ClientSettings { schemes: Schemes::HttpsAndHttp, ..public };
        assert_eq!(judged(&plain, "http://a.example/"), Ok(()));
        assert_eq!(judged(&plain, "ftp://a.example/"), Err(Refusal::Scheme));
    }

    #[test]
    fn behind_a_proxy_the_name_is_judged() {
        let settings = ClientSettings {
            proxy: Some(Secret::new(Url::parse("http://proxy:3128").unwrap())),
            allowed: vec!["intra".parse().unwrap()],
            ..ClientSettings::new(Reach::Public)
        };
        for local in
            ["https://localhost/", "https://a.LOCALHOST./", "https://printer.local/", "https://wiki/"]
        {
            assert_eq!(judged(&settings, local), Err(Refusal::Address), "{local}");
        }
        assert_eq!(judged(&settings, "https://hook.suigen.example/"), Ok(()));
        assert_eq!(judged(&settings, "https://intra/"), Ok(()));
        assert!(Bounds::new(&settings).takes("proxy", IpAddr::from([10, 0, 0, 1])));
        assert!(!Bounds::new(&settings).takes("proxy.example", IpAddr::from([10, 0, 0, 1])));
    }
}
