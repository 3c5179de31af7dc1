use super::*;

fn shared(most: usize, per_client: usize) -> (Arc<Budget>, impl Fn() -> usize) {
    let limits = Limits {
        held_bodies: most,
        held_bodies_per_client: per_client,
        ..Limits::default()
    };
    let budget = Budget::new(&limits, &Registry::new()).unwrap();
    let own = Arc::clone(&budget);
    (budget, move || {
        let held = own.bodies.held.load(Ordering::Relaxed);
        assert_eq!(own.bodies.gauge.get().unwrap().get(), held as i64);
        assert_eq!(own.shares.held(), held);
        held
    })
}

fn budget(most: usize) -> (Arc<Budget>, impl Fn() -> usize) {
    shared(most, most)
}

fn collected(budget: &Arc<Budget>) -> Collected {
    from(budget, "192.0.2.1")
}

fn from(budget: &Arc<Budget>, client: &str) -> Collected {
    Collected::new(budget, Network::of(client.parse().unwrap()))
}

/// The first of these addresses whose share is none of the others': callers may share one by chance.
fn stranger(budget: &Arc<Budget>, others: &[&str], address: impl Fn(u8) -> String) -> String {
    let share = |address: &str| budget.shares.of(Network::of(address.parse().unwrap())).0;
    let others: Vec<usize> = others.iter().map(|other| share(other)).collect();
    let mut all = (2..=u8::MAX).map(address);
    all.find(|address| !others.contains(&share(address)))
        .unwrap()
}

#[test]
fn whoever_has_the_bytes_last_gives_their_part_back() {
    let (budget, held) = budget(1 << 20);
    let mut body = collected(&budget);
    assert_eq!(held(), 0);
    body.add(&[7; 100], 1 << 20).unwrap();
    assert_eq!(held(), LEAST);
    body.add(&[7; LEAST], 1 << 20).unwrap();
    assert_eq!(held(), 2 * LEAST);
    let mut bytes = body.into_bytes();
    assert_eq!(held(), LEAST + 100);
    let beginning = bytes.split_to(10);
    drop(bytes);
    assert_eq!(held(), LEAST + 100);
    assert_eq!(*beginning, [7; 10]);
    drop(beginning);
    assert_eq!(held(), 0);
    assert!(collected(&budget).into_bytes().is_empty());
}

#[test]
fn body_of_known_length_takes_no_more_than_that() {
    let (budget, held) = budget(1 << 20);
    let mut body = collected(&budget);
    for _ in 0..11 {
        body.add(&[7; 1000], 11_000).unwrap();
        assert!(held() <= 11_000);
    }
    assert_eq!(held(), 11_000);
}

#[test]
fn nothing_is_taken_beyond_the_budget() {
    let (budget, held) = budget(10_000);
    let mut first = collected(&budget);
    first.add(&[7; 6000], 6000).unwrap();
    let other = stranger(&budget, &["192.0.2.1"], |last| format!("192.0.2.{last}"));
    let mut second = from(&budget, &other);
    assert_eq!(second.add(&[7; 5000], 5000), Err(Exhausted::All));
    assert_eq!((held(), second.len()), (6000, 0));
    drop(first);
    second.add(&[7; 5000], 5000).unwrap();
    drop(second);
    assert_eq!(held(), 0);
}

#[test]
fn caller_has_no_more_than_its_share_and_takes_none_of_others() {
    let (budget, held) = shared(100_000, 20_000);
    let mut first = from(&budget, "192.0.2.1");
    first.add(&[7; 15_000], 15_000).unwrap();
    let mut second = from(&budget, "192.0.2.1");
    assert_eq!(second.add(&[7; 6_000], 6_000), Err(Exhausted::Caller));
    second.add(&[7; 5_000], 5_000).unwrap();
    let address = stranger(&budget, &["192.0.2.1"], |last| format!("192.0.2.{last}"));
    let mut other = from(&budget, &address);
    other.add(&[7; 20_000], 20_000).unwrap();
    assert_eq!(held(), 40_000);
    // Whoever has one address of a network has them all.
    let known = ["192.0.2.1", &*address];
    let sixth = stranger(&budget, &known, |part| format!("2001:db8:{part:x}::1"));
    let neighbour = sixth.replace("::1", "::ffff:2");
    let mut sixth = from(&budget, &sixth);
    sixth.add(&[7; 20_000], 20_000).unwrap();
    let mut neighbour = from(&budget, &neighbour);
    assert_eq!(neighbour.add(&[7], 1), Err(Exhausted::Caller));
    drop((first, second, sixth));
    neighbour.add(&[7; 20_000], 20_000).unwrap();
    drop((other, neighbour));
    assert_eq!(held(), 0);
}

#[test]
fn one_body_is_held_for_anybody_as_long_as_it_is_alone() {
    let (budget, held) = shared(100_000, 20_000);
    let mut long = collected(&budget);
    for _ in 0..9 {
        long.add(&[7; 10_000], 90_000).unwrap();
    }
    assert_eq!(held(), 90_000);
    let mut second = collected(&budget);
    assert_eq!(second.add(&[7], 1), Err(Exhausted::Caller));
    drop(long);
    second.add(&[7], 1).unwrap();
    // And no longer once there is another.
    let mut third = collected(&budget);
    third.add(&[7; 19_000], 30_000).unwrap();
    assert_eq!(third.add(&[7; 9_000], 30_000), Err(Exhausted::Caller));
    drop((second, third));
    assert_eq!(held(), 0);
}

#[test]
fn what_is_refused_of_the_whole_is_not_taken_from_the_share() {
    let (budget, held) = shared(10_000, 8_000);
    let mut first = from(&budget, "192.0.2.1");
    first.add(&[7; 6_000], 6_000).unwrap();
    let mut other = from(&budget, "192.0.2.2");
    assert_eq!(other.add(&[7; 5_000], 5_000), Err(Exhausted::All));
    assert_eq!(held(), 6_000);
}

#[test]
fn policy_on_trial_holds_bodies_on_its_own_account_and_once() {
    let (budget, held) = budget(100_000);
    let on_trial = || budget.on_trial.held.load(Ordering::Relaxed);
    let mut body = collected(&budget);
    body.add(&[7; 20_000], 20_000).unwrap();
    let body = body.into_held();
    let tried = body.on_trial().unwrap();
    assert_eq!((held(), on_trial()), (20_000, 20_000));
    assert_eq!(tried.as_ptr(), body.bytes().as_ptr());
    // A quarter of the budget, and no more.
    assert!(body.on_trial().is_none());
    drop(body);
    assert_eq!((held(), on_trial()), (0, 20_000));
    assert_eq!(tried.len(), 20_000);
    drop(tried);
    assert_eq!(on_trial(), 0);
    assert!(collected(&budget).into_held().on_trial().is_some());
    assert_eq!((held(), on_trial()), (0, 0));
}
