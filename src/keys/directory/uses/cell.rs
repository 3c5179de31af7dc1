//! What one worker counts of one key.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Set in the count of a cell that is not collected any more.
const RETIRED: u64 = 1 << 63;

/// Tables smaller than this are not looked through for retired cells.
const SMALL: usize = 1_024;

/// The uses of one key by one worker, since they were last collected. On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Cell {
    count: AtomicU64,
    /// Microseconds after the epoch.
    last: AtomicU64,
}

impl Cell {
    /// Counts a use, unless the cell is retired.
    fn count(&self, at: u64) -> bool {
        // Only this worker writes it. Before the count, so that whoever collects that sees it.
        if self.last.load(Ordering::Relaxed) < at {
            self.last.store(at, Ordering::Release);
        }
        self.count.fetch_add(1, Ordering::AcqRel) & RETIRED == 0
    }

    /// Takes what was counted, and the latest use.
    pub(super) fn take(&self) -> (u64, u64) {
        let count = self.count.swap(0, Ordering::AcqRel);
        (count, self.last.load(Ordering::Acquire))
    }

    /// Ends the cell unless something has been counted again. The worker notices at its next use.
    pub(super) fn retire(&self) -> bool {
        let ended = self
            .count
            .compare_exchange(0, RETIRED, Ordering::AcqRel, Ordering::Acquire);
        ended.is_ok()
    }

    fn is_retired(&self) -> bool {
        self.count.load(Ordering::Acquire) & RETIRED != 0
    }
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// A worker's cells, by the number of what is known.
#[derive(Default)]
struct Table {
    /// Whose cells these are: the directory's number.
    owner: u64,
    cells: HashMap<u64, Arc<Cell>, BuildHasherDefault<Spread>>,
    /// How many there may be before the retired ones are removed.
    most: usize,
}

/// Counts a use in this worker's cell; `register` is handed a new one, where there was none.
pub(super) fn count(owner: u64, number: u64, at: u64, register: impl FnOnce(Arc<Cell>)) {
    let counted = TABLE.try_with(|table| {
        let mut table = table.borrow_mut();
        let is_counted =
            table.owner == owner && table.cells.get(&number).is_some_and(|cell| cell.count(at));
        (!is_counted).then(|| table.add(owner, number, at))
    });
    match counted {
        Ok(None) => {}
        Ok(Some(cell)) => register(cell),
        // The thread is ending, and its table is gone.
        Err(_) => register(new(at)),
    }
}

fn new(at: u64) -> Arc<Cell> {
    let cell = Cell::default();
    cell.count(at);
    Arc::new(cell)
}

impl Table {
    fn add(&mut self, owner: u64, number: u64, at: u64) -> Arc<Cell> {
        if self.owner != owner {
            self.owner = owner;
            self.cells.clear();
        }
        if self.cells.len() >= self.most {
            self.cells.retain(|_, cell| !cell.is_retired());
            self.most = (2 * self.cells.len()).max(SMALL);
        }
        let cell = new(at);
        self.cells.insert(number, Arc::clone(&cell));
        cell
    }
}

/// Spreads numbers that count upwards.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio: neighbours end up far apart.
        self.0 = (self.0 ^ number)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retired_cell_counts_nothing_and_is_noticed() {
        let cell = new(5);
        assert!(!cell.retire(), "something was counted");
        assert_eq!(cell.take(), (1, 5));
        assert!(cell.retire());
        assert!(!cell.count(6));
        assert!(cell.is_retired());
    }

    #[test]
    fn latest_use_counts_whatever_the_order() {
        let cell = new(5);
        cell.count(9);
        cell.count(7);
        assert_eq!(cell.take(), (3, 9));
        assert_eq!(cell.take().0, 0);
    }

    #[test]
    fn table_forgets_what_is_retired() {
        let mut table = Table::default();
        for number in 0..10_000 {
            let cell = table.add(1, number, 5);
            cell.take();
            assert!(cell.retire());
        }
        assert!(table.cells.len() <= SMALL + 1, "{}", table.cells.len());
        table.add(2, 1, 5);
        assert_eq!(table.cells.len(), 1);
    }
}
