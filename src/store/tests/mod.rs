//! One table of facts, held against every database.

mod settings;
mod sqlite;
mod support;

mod facts;
