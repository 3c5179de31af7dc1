//! `store`: the database that API keys are kept in.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::json;

use super::exit::{Exit, Failure};
use super::keys::{Place, PlaceArguments, Session, Status, now, unavailable, with};
use super::output::{Output, Tone};
use crate::store::{Backend, Filter, Settings};
