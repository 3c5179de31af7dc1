//! Whose keys: discovery, fetch, cache, refresh.
