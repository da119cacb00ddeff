//! The commands, seen from outside: exit code, standard output, standard error.

mod demo;
mod help;
mod mistakes;
mod scan;
mod survey;
mod terminal;
