//! The store, in SQLite and in PostgreSQL.

#[cfg(test)]
mod suite;
