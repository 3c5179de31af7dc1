//! The door's words, without a connection.

mod question;
mod response;
