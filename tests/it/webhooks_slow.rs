//! Senders of deliveries who are slow, many, or gone: what is held for them is bounded, and given back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use socket2::{Domain, Socket, Type};

use crate::support::client::Connection;
use crate::support::gate::Setup;
use crate::support::{Answer, Call, Gate, Upstream, eventually};

const SECRET: &str = "a-secret-that-only-the-sender-knows";
const HELD: &str = "sidegate_held_body_bytes";
const MIB: usize = 1 << 20;
/// How much all bodies may take together.
const BUDGET: usize = 16 * MIB;
/// How long a sender has.
const PATIENCE: Duration = Duration::from_secs(3);

const POLICY: &str = "
webhooks:
  shop:
    preset: github
    secrets: ${SHOP_SECRET}
    max_body: 6MiB
    timeout: 3s
routes:
  - { path: /hooks, authenticate: [shop] }
";

fn gate(upstream: &Upstream) -> Gate {
    limited(
        upstream,
        "held_bodies: 16 MiB, held_bodies_per_client: 16 MiB",
    )
}

fn limited(upstream: &Upstream, limits: &str) -> Gate {
    Setup::policy(POLICY)
        .process(&format!("limits: {{ {limits} }}\n"))
        .env("SHOP_SECRET", SECRET)
        .upstream(upstream)
        .start()
}

fn deliver(gate: &Gate, body: &str) -> Answer {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let mac = mac.finalize().into_bytes();
    let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    gate.post("/hooks")
        .header("X-Hub-Signature-256", &format!("sha256={hex}"))
        .body(body)
        .send()
}

/// The head of a delivery whose signature has the right form, and is wrong.
fn head(gate: &Gate, framing: &str) -> Vec<u8> {
    let signature = format!("sha256={}", "0".repeat(64));
    let call = Call::new(gate.address, "POST", "/hooks")
        .header("X-Hub-Signature-256", &signature)
        .header(
            framing.split(": ").next().unwrap(),
            framing.split(": ").last().unwrap(),
        );
    call.bytes()
}

fn open(gate: &Gate, framing: &str) -> TcpStream {
    let mut stream = TcpStream::connect(gate.address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(&head(gate, framing)).unwrap();
    stream
}

/// A connection from another address of this machine, with a head.
fn open_from(gate: &Gate, last: u8, framing: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let from = std::net::SocketAddr::from(([127, 0, 0, last], 0));
    socket.bind(&from.into()).unwrap();
    socket.connect(&gate.address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_nodelay(true).unwrap();
    stream.write_all(&head(gate, framing)).unwrap();
    stream
}

/// The head of the answer.
fn answer(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE * 5)).unwrap();
    let mut heard = [0; 4096];
    let length = stream.read(&mut heard).unwrap();
    String::from_utf8_lossy(&heard[..length]).into_owned()
}

fn refused(gate: &Gate, cause: &str) -> usize {
    let cause = format!("cause=\"{cause}\"");
    gate.metric("sidegate_held_bodies_refused_total", &[&cause]) as usize
}

fn held(gate: &Gate) -> usize {
    gate.metric(HELD, &[]) as usize
}

/// A number of kB that the kernel knows of a process.
fn memory(gate: &Gate, name: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gate.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    let number = line.split_whitespace().nth(1).unwrap();
    number.parse::<usize>().unwrap() * 1024
}

/// One of many, who sends when the gate takes something and never waits.
struct Sender {
    stream: TcpStream,
    left: usize,
    said: Vec<u8>,
    over: bool,
}

impl Sender {
    fn new(gate: &Gate, length: usize) -> Self {
        let stream = open(gate, &format!("Content-Length: {length}"));
        stream.set_nonblocking(true).unwrap();
        Self {
            stream,
            left: length,
            said: Vec::new(),
            over: false,
        }
    }

    /// Sends up to so much, and hears what there is to hear.
    fn turn(&mut self, piece: &[u8]) {
        let piece = &piece[..piece.len().min(self.left)];
        match self.stream.write(piece) {
            Ok(sent) => self.left -= sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.over = true,
        }
        let mut heard = [0; 2048];
        loop {
            match self.stream.read(&mut heard) {
                Ok(0) => break self.over = true,
                Ok(length) => self.said.extend_from_slice(&heard[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => break self.over = true,
            }
        }
    }

    /// The status of the answer, if there was one.
    fn status(&self) -> Option<u16> {
        let text = String::from_utf8_lossy(&self.said);
        text.split(' ').nth(1)?.parse().ok()
    }
}

/// A thousand senders of 5 MiB each want 5 GiB: the gate holds what it may, tells the others to come again, ends
/// with those who dawdle, and has nothing left of it all in the end.
#[test]
fn thousand_slow_senders_of_5_mib_stay_within_the_budget() {
    let upstream = Upstream::start();
    let gate = gate(&upstream);
    deliver(&gate, "{\"first\":1}").assert_passed();
    let before = memory(&gate, "VmRSS");
    let mut senders: Vec<Sender> = (0..1000).map(|_| Sender::new(&gate, 5 * MIB)).collect();
    let piece = vec![b'x'; 16 << 10];
    let (mut most, end) = (0, Instant::now() + Duration::from_secs(60));
    while senders.iter().any(|sender| !sender.over) {
        assert!(Instant::now() < end, "senders are kept");
        for sender in senders.iter_mut().filter(|sender| !sender.over) {
            sender.turn(&piece);
        }
        let now = held(&gate);
        assert!(now <= BUDGET, "{now} bytes are held");
        most = most.max(now);
        thread::sleep(Duration::from_millis(50));
    }
    assert!(most > BUDGET / 2, "only {most} bytes were ever held");
    let told = |status| {
        senders
            .iter()
            .filter(|one| one.status() == Some(status))
            .count()
    };
    let (overloaded, late) = (told(503), told(408));
    assert!(overloaded > 500, "{overloaded} were told to come again");
    assert!(told(200) == 0 && told(401) <= 3, "nobody sent a good one");
    assert!(
        overloaded + late > 900,
        "{overloaded} and {late} were told why"
    );
    eventually("everything is given back", || held(&gate) == 0);
    // Beside what bodies take: the buffers of a thousand connections, and what the allocator keeps.
    let grown = memory(&gate, "VmHWM").saturating_sub(before);
    assert!(grown < BUDGET + 150 * MIB, "it grew by {} MiB", grown / MIB);
    deliver(&gate, "{\"last\":1}").assert_passed();
    assert_eq!(upstream.count(), 2);
}

#[test]
fn body_that_trickles_is_ended_in_time() {
    let upstream = Upstream::start();
    let gate = gate(&upstream);
    for (framing, piece) in [
        ("Content-Length: 1000000", &b"x"[..]),
        ("Transfer-Encoding: chunked", &b"1\r\nx\r\n"[..]),
    ] {
        let start = Instant::now();
        let mut stream = open(&gate, framing);
        let mut writing = stream.try_clone().unwrap();
        let trickle = thread::spawn(move || {
            while writing.write_all(piece).is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        stream.set_read_timeout(Some(PATIENCE * 5)).unwrap();
        let mut heard = [0; 4096];
        let length = stream.read(&mut heard).unwrap();
        let took = start.elapsed();
        let text = String::from_utf8_lossy(&heard[..length]).into_owned();
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert!(took >= PATIENCE && took < PATIENCE * 3, "{took:?}");
        let _ = stream.shutdown(Shutdown::Both);
        trickle.join().unwrap();
    }
    eventually("everything is given back", || held(&gate) == 0);
    assert_eq!(upstream.count(), 0);
    let late = gate.metric("sidegate_requests_total", &["REQUEST_TIMEOUT"]);
    assert_eq!(late, 2.0);
}

#[test]
fn senders_who_leave_give_back_what_was_held_for_them() {
    let upstream = Upstream::start();
    let gate = gate(&upstream);
    let body = vec![b'x'; MIB];
    for closes in [true, false] {
        let mut streams: Vec<TcpStream> = (0..8)
            .map(|_| open(&gate, "Content-Length: 2097152"))
            .collect();
        for stream in &mut streams {
            stream.write_all(&body).unwrap();
        }
        eventually("it is held", || held(&gate) >= 8 * MIB);
        for stream in &streams {
            // The one says that it has ended, the other is simply gone.
            let how = if closes {
                Shutdown::Write
            } else {
                Shutdown::Both
            };
            stream.shutdown(how).unwrap();
        }
        let left = Instant::now();
        eventually("everything is given back", || held(&gate) == 0);
        assert!(left.elapsed() < PATIENCE, "long before their time is over");
    }
    assert_eq!(upstream.count(), 0);
}

#[test]
fn slow_senders_do_not_hold_up_quick_ones() {
    let upstream = Upstream::start();
    let gate = gate(&upstream);
    let mut slow: Vec<TcpStream> = (0..10)
        .map(|_| open(&gate, "Content-Length: 5242880"))
        .collect();
    for stream in &mut slow {
        stream.write_all(&vec![b'x'; MIB]).unwrap();
    }
    eventually("it is held", || held(&gate) >= 10 * MIB);
    for number in 0..20 {
        let start = Instant::now();
        deliver(&gate, &format!("{{\"n\":{number}}}")).assert_passed();
        assert!(start.elapsed() < Duration::from_secs(1));
    }
    assert_eq!(upstream.count(), 20);
}

#[test]
fn body_that_says_it_is_too_long_is_not_invited() {
    let upstream = Upstream::start();
    let gate = gate(&upstream);
    let mut connection = Connection::open(gate.address);
    let signature = format!("sha256={}", "0".repeat(64));
    let call = Call::new(gate.address, "POST", "/hooks")
        .header("X-Hub-Signature-256", &signature)
        .header("Expect", "100-continue")
        .header("Content-Length", "6291457");
    let answer = connection.send(&call);
    answer.assert_refused(413, "BODY_TOO_LARGE");
    assert_eq!(answer.interim, Vec::<u16>::new());
    assert_eq!((held(&gate), upstream.count()), (0, 0));
}

/// One address holds its share and no more, and whoever comes from another does not notice.
#[test]
fn caller_who_fills_its_share_keeps_nobody_else_out() {
    let upstream = Upstream::start();
    let gate = limited(&upstream, "held_bodies: 16 MiB");
    let piece = vec![b'x'; MIB];
    let mut streams: Vec<TcpStream> = (0..12)
        .map(|_| open_from(&gate, 2, "Content-Length: 5242880"))
        .collect();
    for stream in &mut streams {
        // Those who are refused may be gone by then.
        let _ = stream.write_all(&piece);
    }
    eventually("its share is held", || refused(&gate, "client") >= 8);
    assert!(held(&gate) <= 4 * MIB, "{} bytes are held", held(&gate));
    assert!(held(&gate) >= 3 * MIB, "{} bytes are held", held(&gate));
    let told: Vec<String> = streams.iter_mut().map(answer).collect();
    let overloaded = told.iter().filter(|told| told.starts_with("HTTP/1.1 503 "));
    for told in overloaded.clone() {
        assert!(told.contains("OVERLOADED"), "{told}");
        assert!(told.to_lowercase().contains("retry-after: "), "{told}");
    }
    assert!(overloaded.count() >= 8);
    // Others have theirs, as large as their webhook allows.
    deliver(&gate, &"y".repeat(4 * MIB)).assert_passed();
    let mut other = open_from(&gate, 3, "Content-Length: 4194304");
    for _ in 0..4 {
        other.write_all(&piece).unwrap();
    }
    assert!(answer(&mut other).starts_with("HTTP/1.1 401 "));
    drop(streams);
    eventually("everything is given back", || held(&gate) == 0);
    assert_eq!((refused(&gate, "full"), upstream.count()), (0, 1));
}

/// One body is held for anybody, also where it is longer than a share.
#[test]
fn body_that_is_longer_than_a_share_passes_alone() {
    let upstream = Upstream::start();
    let gate = limited(
        &upstream,
        "held_bodies: 16 MiB, held_bodies_per_client: 64 KiB",
    );
    deliver(&gate, &"y".repeat(5 * MIB)).assert_passed();
    let mut first = open_from(&gate, 1, "Content-Length: 200000");
    first.write_all(&[b'x'; 100_000]).unwrap();
    eventually("it is held", || held(&gate) >= 100_000);
    let second = deliver(&gate, "{}");
    second.assert_refused(503, "OVERLOADED");
    drop(first);
    eventually("everything is given back", || held(&gate) == 0);
    deliver(&gate, "{}").assert_passed();
}

/// Behind a proxy that the file names, callers are told apart by what it says.
#[test]
fn callers_behind_a_trusted_proxy_have_a_share_each() {
    let upstream = Upstream::start();
    let gate = Setup::policy(POLICY)
        .process(
            "trusted_proxies: { cidrs: [127.0.0.0/8] }\n\
             limits: { held_bodies: 1 MiB, held_bodies_per_client: 64 KiB }\n",
        )
        .env("SHOP_SECRET", SECRET)
        .upstream(&upstream)
        .start();
    let from = |client: &str| {
        let signature = format!("sha256={}", "0".repeat(64));
        let call = Call::new(gate.address, "POST", "/hooks")
            .header("X-Hub-Signature-256", &signature)
            .header("X-Forwarded-For", client)
            .header("Content-Length", "100000");
        let mut stream = TcpStream::connect(gate.address).unwrap();
        stream.write_all(&call.bytes()).unwrap();
        stream.write_all(&[b'x'; 60_000]).unwrap();
        stream
    };
    let _first = from("198.51.100.1");
    eventually("it is held", || held(&gate) >= 60_000);
    let _other = from("198.51.100.2");
    eventually("both are held", || held(&gate) >= 120_000);
    let mut second = from("198.51.100.1");
    assert!(answer(&mut second).starts_with("HTTP/1.1 503 "));
    assert_eq!(refused(&gate, "client"), 1);
}

/// Who sends next to nothing is not waited for as long as a webhook waits.
#[test]
fn body_below_the_rate_is_ended_before_its_time() {
    const WAITS: &str = "
webhooks:
  shop: { preset: github, secrets: '${SHOP_SECRET}', timeout: 60s }
routes:
  - { path: /hooks, authenticate: [shop] }
";
    let upstream = Upstream::start();
    let gate = Setup::policy(WAITS)
        .process("limits: { held_body_rate: 1000 }\n")
        .env("SHOP_SECRET", SECRET)
        .upstream(&upstream)
        .start();
    let start = Instant::now();
    let mut slow: Vec<TcpStream> = (2..10)
        .map(|last| open_from(&gate, last, "Content-Length: 1000000"))
        .collect();
    let mut steady = open_from(&gate, 10, "Content-Length: 1000000");
    for stream in &mut slow {
        stream.write_all(&[b'x'; 500]).unwrap();
    }
    while start.elapsed() < Duration::from_secs(5) {
        steady.write_all(&[b'x'; 300]).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    for stream in &mut slow {
        let told = answer(stream);
        assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    }
    assert!(start.elapsed() < Duration::from_secs(15));
    assert_eq!((refused(&gate, "slow"), refused(&gate, "late")), (8, 0));
    assert!(held(&gate) > 0, "who keeps the rate is waited for");
    drop(steady);
    eventually("everything is given back", || held(&gate) == 0);
    assert_eq!(upstream.count(), 0);
}
