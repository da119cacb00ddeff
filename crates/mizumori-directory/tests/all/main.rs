//! Directories, as real servers and as servers that fail.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod cloud;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod google;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod key;
#[cfg(test)]
mod keycloak;
#[cfg(test)]
mod okta;
#[cfg(test)]
mod samba;
#[cfg(test)]
mod scim;
#[cfg(test)]
mod scim_server;
#[cfg(test)]
mod slapd;
