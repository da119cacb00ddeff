//! A cluster on loopback: machines are processes of their own.

#[cfg(test)]
mod certificates;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod units;
