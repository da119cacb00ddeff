//! Stealer logs.
