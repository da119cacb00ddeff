//! Directories, as real servers and as servers that fail.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod cloud;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod samba;
#[cfg(test)]
mod scim;
#[cfg(test)]
mod slapd;
