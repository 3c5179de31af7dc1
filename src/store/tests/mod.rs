//! One table of facts, held against every database.

#[cfg(feature = "postgres")]
#[path = "../../../tests/it/support/postgres/mod.rs"]
mod cluster;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod facts;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod support;
#[cfg(feature = "postgres")]
mod trouble;
