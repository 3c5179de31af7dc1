//! sidegate.

fn main() {}
