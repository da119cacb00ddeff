//! A cluster on loopback: machines are processes of their own.

#[cfg(test)]
mod processes;
#[cfg(test)]
mod units;
