//! What stands in `deploy/`: every manifest held against the schemas, the image built and run, the metrics named
//! there found in a running gate, and the commands of the pages given.
//!
//! No API server, no Docker and no systemd run here. What that leaves unproven, the pages say.

mod alerts;
mod compose;
mod generated;
mod helm;
mod image;
mod kustomize;
mod metrics;
mod pages;
mod systemd;
mod tools;
mod yaml;
