//! Sockets: bind, accept, TLS, drain. Knows no HTTP.
