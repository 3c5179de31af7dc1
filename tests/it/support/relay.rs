//! A TCP port that leads somewhere, or nowhere: the way to take a real server off the network and
//! bring it back under the same address.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A port that copies bytes to another one.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
}

impl Relay {
    /// A port that leads to `target`, or nowhere.
    pub(crate) fn to(target: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(target));
        let shared = Arc::clone(&target);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let target = *shared.lock().unwrap();
                if let Some(target) = target {
                    thread::spawn(move || join(&stream, target));
                }
            }
        });
        Self { address, target }
    }

    /// Leads elsewhere from the next connection on.
    pub(crate) fn lead_to(&self, target: Option<SocketAddr>) {
        *self.target.lock().unwrap() = target;
    }
}

fn join(near: &TcpStream, target: SocketAddr) -> io::Result<()> {
    let far = TcpStream::connect(target)?;
    let (from, to) = (near.try_clone()?, far.try_clone()?);
    thread::spawn(move || copy(from, to));
    copy(far, near.try_clone()?);
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // Either side may vanish; then the other one is closed too.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
