//! A lake as a library: through its public calls, over stores in memory.

#[cfg(test)]
mod beside;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod halves;
#[cfg(test)]
mod quicker;
#[cfg(test)]
mod races;
#[cfg(test)]
mod renew;
#[cfg(test)]
mod retain;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod since;
#[cfg(test)]
mod spread;
#[cfg(test)]
mod world;
