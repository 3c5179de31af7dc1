mod checks;
mod import;
mod life;
mod log;
mod others;
mod signing;

use super::{Error, Reach};

/// The field that is complained of.
fn field<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Invalid { field, .. }) => field,
        other => panic!("nothing was wrong with a field: {other:?}"),
    }
}

const ANY: Reach<'static> = Reach {
    set: None,
    tenant: None,
};
