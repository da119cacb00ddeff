//! Proofs against servers on loopback that have them, have something else, or fail.

#[cfg(test)]
mod dns;
#[cfg(test)]
mod redirections;
#[cfg(test)]
mod site;
#[cfg(test)]
mod web;
#[cfg(test)]
mod world;
