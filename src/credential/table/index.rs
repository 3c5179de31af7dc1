//! Where entries stand in a ring: a hash table of eight bytes a cell, so that a look-up among many reads
//! one line of memory before the entry itself.

/// Marks a cell without an entry.
const NOTHING: Cell = Cell {
    hash: 0,
    at: u32::MAX,
};

#[derive(Clone, Copy)]
struct Cell {
    /// The lowest half of the hash, whose lowest bits say where the cell would like to stand.
    hash: u32,
    at: u32,
}

impl Cell {
    fn is_empty(self) -> bool {
        self.at == u32::MAX
    }
}

/// Open addressing with linear probing, at most three quarters full.
#[derive(Default)]
pub(super) struct Index {
    cells: Vec<Cell>,
    entries: usize,
}

impl Index {
    pub(super) fn entries(&self) -> usize {
        self.entries
    }

    /// The place that has this hash and is the right one.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let cell = self.position(hash, is_it)?;
        self.cells.get(cell).map(|cell| cell.at)
    }

    /// Adds a place; it must not be there yet.
    pub(super) fn insert(&mut self, hash: u64, at: u32) {
        if (self.entries + 1) * 4 > self.cells.len() * 3 {
            self.grow();
        }
        let hash = hash as u32;
        self.put(Cell { hash, at });
        self.entries += 1;
    }

    /// Takes a place out.
    pub(super) fn remove(&mut self, hash: u64, is_it: impl Fn(u32) -> bool) {
        let Some(mut hole) = self.position(hash, is_it) else {
            return;
        };
        let (mask, mut next) = (self.mask(), hole);
        loop {
            next = (next + 1) & mask;
            let cell = self.cells.get(next).copied().unwrap_or(NOTHING);
            if cell.is_empty() {
                break;
            }
            // Who stands behind the hole moves up, unless that were before its own first choice.
            let from = |place: usize| next.wrapping_sub(place) & mask;
            if from(cell.hash as usize & mask) >= from(hole) {
                self.set(hole, cell);
                hole = next;
            }
        }
        self.set(hole, NOTHING);
        self.entries -= 1;
    }

    fn mask(&self) -> usize {
        self.cells.len().wrapping_sub(1)
    }

    fn position(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let (hash, mask) = (hash as u32, self.mask());
        let mut at = hash as usize & mask;
        loop {
            // An empty table has no cell at all.
            let cell = self.cells.get(at)?;
            if cell.is_empty() {
                return None;
            }
            if cell.hash == hash && is_it(cell.at) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    fn put(&mut self, cell: Cell) {
        let mask = self.mask();
        let mut at = cell.hash as usize & mask;
        while self.cells.get(at).is_some_and(|cell| !cell.is_empty()) {
            at = (at + 1) & mask;
        }
        self.set(at, cell);
    }

    fn set(&mut self, at: usize, cell: Cell) {
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell;
        }
    }

    fn grow(&mut self) {
        let cells = vec![NOTHING; (self.cells.len() * 2).max(8)];
        let cells = std::mem::replace(&mut self.cells, cells);
        for cell in cells.into_iter().filter(|cell| !cell.is_empty()) {
            self.put(cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn index_says_what_a_map_says(
            steps in proptest::collection::vec((proptest::bool::ANY, 0..40_u64), 0..400),
            spread in proptest::sample::select(vec![1, 1 << 3, 1 << 31, 1 << 32, 0x9e37_79b9_7f4a_7c15]),
        ) {
            let (mut index, mut map) = (Index::default(), HashMap::new());
            for (insert, number) in steps {
                // Some spreads put all in one place, or make all hashes look alike.
                let (hash, at) = (number.wrapping_mul(spread), number as u32);
                let is_it = |place| place == at;
                match (insert, map.contains_key(&number)) {
                    (true, false) => {
                        index.insert(hash, at);
                        map.insert(number, hash);
                    }
                    (true, true) => {}
                    (false, _) => {
                        index.remove(hash, is_it);
                        map.remove(&number);
                    }
                }
                proptest::prop_assert_eq!(index.entries(), map.len());
                for number in 0..40_u64 {
                    let hash = number.wrapping_mul(spread);
                    let found = index.find(hash, |place| u64::from(place) == number);
                    proptest::prop_assert_eq!(found.is_some(), map.contains_key(&number));
                }
            }
        }
    }
}
