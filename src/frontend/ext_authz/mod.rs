//! The door of Envoy's gRPC: `envoy.service.auth.v3.Authorization/Check`.

mod health;
mod protobuf;
mod question;
mod reply;
mod rpc;

#[cfg(test)]
mod tests;
