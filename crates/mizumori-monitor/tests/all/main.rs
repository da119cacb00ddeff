//! Findings out of leaks, in a real store.

#[cfg(test)]
mod busy;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod channels;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod finder;
#[cfg(test)]
mod follow_up;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod neutraliser;
#[cfg(test)]
mod people;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod received;
#[cfg(test)]
mod sender;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod syslog;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod world;
