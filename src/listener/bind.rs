//! Taking an address: one socket for each worker, so that no two workers share an accept queue.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol as Transport, Socket, Type};

use super::Error;

/// Connections that the kernel keeps for one worker until it accepts them.
pub(super) const BACKLOG: i32 = 1024;

/// Binds one address once for each worker. Port 0 lets the system choose; all sockets then share the
/// chosen one.
///
/// The sockets share the port by `SO_REUSEPORT`, and the kernel would let any process of the same user
/// join in: a second gate started by mistake would silently answer half of the requests by its own
/// rules. So the first socket takes the port alone, and only then opens it to its siblings. Should the
/// kernel refuse siblings after that, there is no sharing, and the error says so.
pub fn bind(address: SocketAddr, workers: usize) -> Result<Vec<TcpListener>, Error> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => Error::InUse(address),
        _ => Error::Bind { address, source },
    };
    let first = socket(address, false).map_err(failed)?;
    let chosen = first.local_addr().map_err(failed)?;
    let mut sockets = vec![first];
    for _ in 1..workers {
        sockets.push(socket(chosen, true).map_err(failed)?);
    }
    Ok(sockets)
}

fn socket(address: SocketAddr, sibling: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Transport::TCP),
    )?;
    // Connections of a former process that linger in TIME_WAIT are no reason not to start.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(sibling)?;
    socket.bind(&address.into())?;
    socket.set_reuse_port(true)?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: &str = "127.0.0.1:0";

    fn port(socket: &TcpListener) -> u16 {
        socket.local_addr().unwrap().port()
    }

    #[test]
    fn workers_share_the_port_that_the_system_chose() {
        let sockets = bind(ANY.parse().unwrap(), 4).unwrap();
        assert_eq!(sockets.len(), 4);
        assert_ne!(port(&sockets[0]), 0);
        assert!(sockets.iter().all(|one| port(one) == port(&sockets[0])));
    }

    #[test]
    fn address_of_another_gate_is_refused() {
        let sockets = bind(ANY.parse().unwrap(), 2).unwrap();
        let address = sockets[0].local_addr().unwrap();
        let refusal = bind(address, 2).unwrap_err();
        assert!(matches!(refusal, Error::InUse(taken) if taken == address));
    }

    #[test]
    fn port_is_free_at_once_after_the_last_socket_closed() {
        let sockets = bind(ANY.parse().unwrap(), 2).unwrap();
        let address = sockets[0].local_addr().unwrap();
        drop(sockets);
        assert!(bind(address, 2).is_ok());
    }

    #[test]
    fn address_of_another_machine_cannot_be_bound() {
        let refusal = bind("192.0.2.1:0".parse().unwrap(), 1).unwrap_err();
        assert!(
            refusal
                .to_string()
                .starts_with("cannot listen on `192.0.2.1:0`"),
            "{refusal}"
        );
    }
}
