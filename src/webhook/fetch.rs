//! What senders publish: certificates and keys, fetched from the few addresses that may be asked.

/// Fetches and remembers; one for the process.
#[derive(Debug, Default)]
pub struct Fetcher {}
