use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

pub(super) fn command(_folder: &Path, _address: SocketAddr) -> Command {
    unimplemented!()
}
