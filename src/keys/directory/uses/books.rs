//! What was counted and is not written yet.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::ApiKey;
use crate::store;

use super::cell::Cell;

/// How many keys may have uses that wait to be written, while the store is away: 100 bytes apiece.
const KEYS: usize = 200_000;

/// After so many collections without a use, a cell is retired.
const IDLE: u8 = 5;

/// A worker's cell for a key.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) key: Arc<ApiKey>,
    pub(super) cell: Arc<Cell>,
    /// Collections that brought nothing, one after the other.
    pub(super) idle: u8,
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Books {
    cells: Vec<Counted>,
    waiting: HashMap<Box<str>, Waiting>,
    /// How many uses wait.
    sum: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    count: u64,
    /// Microseconds after the epoch.
    last: u64,
}

impl Books {
    /// Collects from all cells, the new ones as well. Gives how many uses there was no room for.
    pub(super) fn collect(&mut self, new: Vec<Counted>) -> u64 {
        self.cells.extend(new);
        let mut cells = std::mem::take(&mut self.cells);
        let mut lost = 0;
        cells.retain_mut(|counted| {
            let (count, last) = counted.cell.take();
            lost += self.add(&counted.key.id, count, last);
            counted.idle = if count > 0 { 0 } else { counted.idle + 1 };
            counted.idle < IDLE || !counted.cell.retire()
        });
        self.cells = cells;
        lost
    }

    fn add(&mut self, id: &str, count: u64, last: u64) -> u64 {
        if count == 0 {
            return 0;
        }
        if let Some(waiting) = self.waiting.get_mut(id) {
            waiting.count = waiting.count.saturating_add(count);
            waiting.last = waiting.last.max(last);
        } else if self.waiting.len() < KEYS {
            self.waiting.insert(id.into(), Waiting { count, last });
        } else {
            return count;
        }
        self.sum = self.sum.saturating_add(count);
        0
    }

    /// At most so many keys whose uses wait. They stay here until they are [`settled`](Self::settle).
    pub(super) fn batch(&self, most: usize) -> Vec<store::Uses> {
        let batch = self.waiting.iter().take(most);
        batch
            .map(|(id, waiting)| store::Uses {
                id: id.clone(),
                count: waiting.count,
                last: SystemTime::UNIX_EPOCH + Duration::from_micros(waiting.last),
            })
            .collect()
    }

    /// These are written.
    pub(super) fn settle(&mut self, written: &[store::Uses]) {
        for uses in written {
            let Some(waiting) = self.waiting.get_mut(&uses.id) else {
                continue;
            };
            waiting.count = waiting.count.saturating_sub(uses.count);
            self.sum = self.sum.saturating_sub(uses.count);
            if waiting.count == 0 {
                self.waiting.remove(&uses.id);
            }
        }
    }

    /// How many uses wait.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// How many cells there are.
    #[cfg(test)]
    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_of_a_key_wait_together_until_they_are_written() {
        let mut books = Books::default();
        assert_eq!(
            books.add("a", 2, 10) + books.add("a", 3, 5) + books.add("b", 0, 5),
            0
        );
        let batch = books.batch(10);
        assert_eq!(batch.len(), 1);
        assert_eq!((batch[0].count, books.sum()), (5, 5));
        let last = SystemTime::UNIX_EPOCH + Duration::from_micros(10);
        assert_eq!(batch[0].last, last);
        books.add("a", 1, 11);
        books.settle(&batch);
        assert_eq!(books.batch(10)[0].count, 1);
        books.settle(&books.batch(10));
        assert_eq!((books.batch(10).len(), books.sum()), (0, 0));
    }

    #[test]
    fn keys_beyond_the_bound_are_lost_and_told() {
        let mut books = Books::default();
        for number in 0..KEYS {
            assert_eq!(books.add(&number.to_string(), 1, 1), 0);
        }
        assert_eq!(books.add("one more", 7, 1), 7);
        assert_eq!(books.add("0", 7, 1), 0, "it waits already");
        assert_eq!(books.sum(), KEYS as u64 + 7);
    }
}
