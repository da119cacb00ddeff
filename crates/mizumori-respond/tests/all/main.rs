//! Transports against real servers on loopback, and against ones that fail as they are told.

#[cfg(test)]
mod chat;
#[cfg(test)]
mod dkim;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod syslog;
#[cfg(test)]
mod webhook;
