//! The wiring: build, bind, run, reload.
