//! Findings out of leaks, in a real store.

#[cfg(test)]
mod finder;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod world;
