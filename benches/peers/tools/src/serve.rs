//! What the two servers here have in common: a socket, and a thread with a runtime of its own.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::Failure;

/// A listening socket that further threads may share the address of.
fn socket(address: SocketAddr) -> Result<std::net::TcpListener, Failure> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(4096)?;
    Ok(socket.into())
}

fn worker<F>(listener: std::net::TcpListener, each: F) -> Result<(), Failure>
where
    F: Fn(TcpStream, SocketAddr),
{
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    stream.set_nodelay(true)?;
                    each(stream, peer);
                }
                // Out of descriptors, most likely: the callers see it in their figures.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    })
}

/// Serves until the process is ended. `new` makes what one thread does with a connection.
pub(crate) fn run<N, F>(address: SocketAddr, threads: usize, new: N) -> Result<(), Failure>
where
    N: Fn() -> F + Sync,
    F: Fn(TcpStream, SocketAddr),
{
    let sockets: Result<Vec<_>, _> = (0..threads).map(|_| socket(address)).collect();
    std::thread::scope(|scope| {
        let workers: Vec<_> = sockets?
            .into_iter()
            .map(|socket| scope.spawn(|| worker(socket, new())))
            .collect();
        for worker in workers {
            worker.join().map_err(|_| "a worker died")??;
        }
        Ok(())
    })
}
