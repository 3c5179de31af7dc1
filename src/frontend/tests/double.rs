//! An upstream that writes down what reaches it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::read_until;

/// What an upstream does with a request.
pub(super) enum Reaction {
    /// Writes this and waits for the next request.
    Answer(&'static str),
    /// Writes this and closes.
    Last(&'static str),
    /// Says nothing.
    Silence,
    /// Writes what it is told to, as it is told.
    Stream(tokio::sync::mpsc::UnboundedReceiver<&'static str>),
    /// Writes this, then sends back whatever comes.
    Echo(&'static str),
}

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An upstream that writes down what reaches it.
#[derive(Clone)]
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    /// Requests with their bodies, as they came.
    pub(super) seen: Rc<RefCell<Vec<String>>>,
    /// Connections made to it.
    pub(super) connections: Rc<Cell<usize>>,
    /// Connections that ended.
    pub(super) closed: Rc<Cell<usize>>,
}

impl Upstream {
    /// `react` is told how many requests came before on all connections.
    pub(super) async fn start(react: impl Fn(usize) -> Reaction + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            address: listener.local_addr().unwrap(),
            seen: Rc::default(),
            connections: Rc::default(),
            closed: Rc::default(),
        };
        let (upstream, react) = (this.clone(), Rc::new(react));
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                upstream.connections.set(upstream.connections.get() + 1);
                let (upstream, react) = (upstream.clone(), Rc::clone(&react));
                tokio::task::spawn_local(async move {
                    upstream.serve(stream, &*react).await;
                    upstream.closed.set(upstream.closed.get() + 1);
                });
            }
        });
        this
    }

    pub(super) async fn answering(answer: &'static str) -> Self {
        Self::start(move |_| Reaction::Answer(answer)).await
    }

    async fn serve(&self, mut stream: TcpStream, react: &dyn Fn(usize) -> Reaction) {
        loop {
            let Ok(mut request) = read_until(&mut stream, "\r\n\r\n").await else {
                return;
            };
            let lower = request.to_ascii_lowercase();
            let body = if lower.contains("transfer-encoding: chunked") {
                match read_until(&mut stream, "0\r\n").await {
                    Ok(body) => body + &read_until(&mut stream, "\r\n").await.unwrap(),
                    Err(cut) => format!("{cut}[cut]"),
                }
            } else {
                let length = lower.split("content-length: ").nth(1);
                let length = length.and_then(|rest| rest.split("\r\n").next());
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                match stream.read_exact(&mut body).await {
                    Ok(_) => String::from_utf8(body).unwrap(),
                    Err(_) => "[cut]".to_owned(),
                }
            };
            request.push_str(&body);
            let before = self.seen.borrow().len();
            self.seen.borrow_mut().push(request);
            match react(before) {
                Reaction::Answer(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                Reaction::Last(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    return;
                }
                Reaction::Silence => {
                    let _ = stream.read(&mut [0]).await;
                    return;
                }
                Reaction::Stream(mut texts) => {
                    while let Some(text) = texts.recv().await {
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                }
                Reaction::Echo(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                    return;
                }
            }
        }
    }

    /// The only request that came.
    pub(super) fn only(&self) -> String {
        let seen = self.seen.borrow();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen[0].clone()
    }
}
