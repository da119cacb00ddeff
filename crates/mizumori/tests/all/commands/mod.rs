//! The commands, seen from outside: exit code, standard output, standard error.

mod help;
mod mistakes;
mod scan;
mod survey;
