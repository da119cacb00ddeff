//! The program as its users meet it: started as a process of its own, judged by what it leaves behind.
//!
//! Built with the feature `survey` alone, the canary's tests are left: they hold that program to its promise.

#[cfg(test)]
mod canary;
#[cfg(all(test, feature = "scan", feature = "demo"))]
mod commands;
#[cfg(all(test, feature = "scan", feature = "demo"))]
mod faults;
#[cfg(all(test, feature = "scan", feature = "demo"))]
mod golden;
#[cfg(test)]
mod run;
#[cfg(all(test, feature = "scan", feature = "demo"))]
mod snapshot;
#[cfg(all(test, feature = "scan", feature = "demo"))]
mod terminal;
#[cfg(test)]
mod world;
