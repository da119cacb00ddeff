//! The commands, seen from outside: exit code, standard output, standard error.

mod demo;
mod doctor;
mod help;
mod mistakes;
mod scan;
mod sources;
mod survey;
mod terminal;
