//! Each server is started, twice at once, and seen to work.

#[cfg(test)]
mod dns;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod process;
#[cfg(test)]
mod slapd;
#[cfg(test)]
mod smtp;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod web;
