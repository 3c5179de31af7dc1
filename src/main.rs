//! sidegate.

fn main() {
    sidegate::listener::install_crypto();
}
