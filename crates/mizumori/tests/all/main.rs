//! The program as its users meet it: started as a process of its own, judged by what it leaves behind.

mod canary;
mod commands;
mod faults;
#[cfg(feature = "scan")]
mod golden;
mod run;
mod snapshot;
mod terminal;
mod world;
