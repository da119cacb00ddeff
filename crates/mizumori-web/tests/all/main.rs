//! A server on loopback, asked byte by byte: no client library stands between what is sent and what is looked at.

#[cfg(test)]
mod check;
#[cfg(test)]
mod client;
#[cfg(test)]
mod private;
#[cfg(test)]
mod range;
#[cfg(test)]
mod server;
#[cfg(test)]
mod world;
