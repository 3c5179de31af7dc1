//! End-to-end tests over the real binary.

#[cfg(test)]
mod vectors;
