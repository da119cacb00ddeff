//! What changes: organisations, findings, what waits to be told, the audit log; in SQLite or PostgreSQL.
