//! Clients against servers on loopback that keep to HTTP or do not.

#[cfg(test)]
mod limits;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod tls;
