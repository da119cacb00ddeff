//! Real servers for tests, on free ports of loopback and in folders that go away.
