//! HTTP to others: no further than it may reach, never longer than it may take.
