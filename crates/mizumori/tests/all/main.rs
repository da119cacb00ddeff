//! The program as its users meet it: started as a process of its own, judged by what it leaves behind.
//!
//! Built with the feature `survey` alone, the canary's tests are left: they hold that program to its promise.

#[cfg(test)]
mod canary;
#[cfg(all(feature = "scan", feature = "demo"))]
#[cfg(test)]
mod commands;
#[cfg(feature = "cluster")]
#[cfg(test)]
mod deploy;
#[cfg(all(feature = "scan", feature = "demo"))]
#[cfg(test)]
mod faults;
#[cfg(all(feature = "scan", feature = "demo"))]
#[cfg(test)]
mod golden;
#[cfg(test)]
mod run;
#[cfg(all(feature = "scan", feature = "demo"))]
#[cfg(test)]
mod snapshot;
#[cfg(feature = "store")]
#[cfg(test)]
mod store;
#[cfg(all(feature = "loop", feature = "guard"))]
#[cfg(test)]
mod story;
#[cfg(all(feature = "scan", feature = "demo"))]
#[cfg(test)]
mod terminal;
#[cfg(feature = "loop")]
#[cfg(test)]
mod two_loops;
#[cfg(test)]
mod world;
