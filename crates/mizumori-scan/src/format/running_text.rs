//! Text in which addresses merely occur.
