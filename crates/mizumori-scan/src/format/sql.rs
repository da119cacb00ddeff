//! SQL dumps.
