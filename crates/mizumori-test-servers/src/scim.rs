//! A real SCIM 2.0 server from PyPI (scim2-server), which keeps what it is given in memory.
//!
//! It speaks no TLS: whoever asks it does so over loopback.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;

use crate::folder::Folder;
use crate::port::on_free_port;
use crate::process::{Process, Program};

/// Where `cargo xtask test` installs it.
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/scim/python/bin/scim2-server");

/// A server with nobody in it.
#[derive(Debug)]
pub struct Scim {
    port: u16,
    _process: Process,
    _folder: Folder,
}

impl Scim {
    /// The token that it takes.
    pub const TOKEN: &'static str = "an-invented-token";

    /// Whether tests are to do without it, because `cargo xtask test` was told so.
    pub fn is_left_out() -> bool {
        std::env::var_os("MIZUMORI_WITHOUT_SCIM").is_some()
    }

    /// Starts one.
    ///
    /// # Errors
    /// When it is not installed ([`io::ErrorKind::NotFound`]), or does not start.
    pub fn start() -> io::Result<Self> {
        on_free_port(|port| {
            let folder = Folder::new()?;
            let mut command = Command::new(SERVER);
            command.args(["--port", &port.to_string(), "--bearer-token", Self::TOKEN]);
            let program = Program {
                name: "scim2-server",
                command,
                folder: PathBuf::from(folder.path()),
                ends_by: Signal::TERM,
            };
            let process =
                Process::start(program, |_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;
            Ok(Self { port, _process: process, _folder: folder })
        })
    }

    /// What stands before `/Users`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }
}
