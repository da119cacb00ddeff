//! The crate from outside: containers in containers, damage, limits, passwords.

#[cfg(test)]
mod collect;
#[cfg(test)]
mod compressed;
#[cfg(test)]
mod find;
#[cfg(test)]
mod nested;
#[cfg(feature = "rar")]
#[cfg(test)]
mod rar;
#[cfg(test)]
mod sevenz;
#[cfg(test)]
mod tar;
#[cfg(test)]
mod visit;
#[cfg(test)]
mod zip;
