//! Nobody overtakes, nobody is forgotten, and the runtime goes round between two checks.

use std::cell::Cell;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::{spawn_local, yield_now};

use super::*;
use crate::telemetry::Registry;

fn run<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default())
        .unwrap();
    runtime.block_on(work)
}

/// So many tasks that each want one check, ready at the same moment.
fn flood(tasks: usize, checks: &Rc<Cell<usize>>) -> Vec<tokio::task::JoinHandle<()>> {
    let check = |checks: Rc<Cell<usize>>| async move {
        let turn = Turn::next(None).await.unwrap();
        checks.set(checks.get() + 1);
        drop(turn);
    };
    (0..tasks)
        .map(|_| spawn_local(check(Rc::clone(checks))))
        .collect()
}

#[test]
fn who_comes_alone_does_not_wait() {
    run(async {
        for _ in 0..3 {
            let turn = Turn::next(None).await.unwrap();
            assert!(!turn.waited());
            drop(turn);
            // The runtime goes round.
            yield_now().await;
        }
    });
}

#[test]
fn runtime_goes_round_between_two_checks() {
    run(async {
        let checks = Rc::new(Cell::new(0));
        let tasks = flood(1_000, &checks);
        for _ in 0..500 {
            let before = checks.get();
            yield_now().await;
            assert!(checks.get() <= before + 1, "{before}");
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(checks.get(), 1_000);
    });
}

#[test]
fn socket_is_served_after_one_check_however_many_wait() {
    run(async {
        let checks = Rc::new(Cell::new(0));
        let (mut caller, mut served) = UnixStream::pair().unwrap();
        let seen = Rc::new(Cell::new(None));
        let (count, note) = (Rc::clone(&checks), Rc::clone(&seen));
        let server = spawn_local(async move {
            let _ = served.read_u8().await.unwrap();
            note.set(Some(count.get()));
        });
        yield_now().await;
        let tasks = flood(1_000, &checks);
        while checks.get() < 10 {
            yield_now().await;
        }
        caller.write_u8(1).await.unwrap();
        let before = checks.get();
        server.await.unwrap();
        let seen = seen.get().unwrap();
        assert!(seen <= before + 2, "{before} {seen}");
        assert!(checks.get() < 20);
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn turns_are_taken_in_the_order_of_arrival() {
    run(async {
        let order = Rc::new(std::cell::RefCell::new(Vec::new()));
        let tasks: Vec<_> = (0..100)
            .map(|number| {
                let order = Rc::clone(&order);
                spawn_local(async move {
                    let _turn = Turn::next(None).await.unwrap();
                    order.borrow_mut().push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn who_gives_up_holds_nobody_up() {
    run(async {
        let checks = Rc::new(Cell::new(0));
        let tasks = flood(300, &checks);
        yield_now().await;
        // The first in the line, some in its middle, and the last.
        for (number, task) in tasks.iter().enumerate() {
            if number % 3 == 1 || number == 299 {
                task.abort();
            }
        }
        let mut ended = 0;
        for task in tasks {
            ended += usize::from(task.await.is_ok());
        }
        assert_eq!(checks.get(), ended);
        assert_eq!(ended, 199);
        assert!(Turn::next(None).await.is_ok());
    });
}

#[test]
fn line_is_bounded_and_counted() {
    run(async {
        let registry = Registry::new();
        let gauge = registry
            .gauge("sidegate_waiting", "For this test.")
            .unwrap();
        let full = Rc::new(Cell::new(0));
        let tasks: Vec<_> = (0..MOST + 10)
            .map(|_| {
                let (gauge, full) = (gauge.clone(), Rc::clone(&full));
                spawn_local(async move {
                    match Turn::next(Some(&gauge)).await {
                        Ok(turn) => drop(turn),
                        Err(Full) => full.set(full.get() + 1),
                    }
                })
            })
            .collect();
        yield_now().await;
        while full.get() == 0 {
            yield_now().await;
        }
        assert!(gauge.get() as usize > MOST / 2);
        for task in tasks {
            task.await.unwrap();
        }
        assert!((1..=10).contains(&full.get()), "{}", full.get());
        assert_eq!(gauge.get(), 0);
    });
}

#[test]
fn runtime_that_ends_leaves_the_line_open() {
    for _ in 0..3 {
        run(async {
            let turn = Turn::next(None).await.unwrap();
            assert!(!turn.waited());
        });
    }
}
