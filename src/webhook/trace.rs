//! Steps that the kinds in code have in common, for people who ask why.

use std::time::{Duration, SystemTime};

use super::candidates::Candidates;
use super::fetch::Address;
use super::refusal::Refusal;
use super::scheme::Trace;
use super::window::within;

impl Trace {
    /// What came of reading something: in the words of `said`, or why it cannot be used.
    pub(super) fn read<T>(
        &mut self,
        what: &'static str,
        read: Result<T, Refusal>,
        said: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match read {
            Ok(read) => {
                self.step(what, said(&read), true);
                Some(read)
            }
            Err(refusal) => {
                let detail = match &*refusal.denied.detail {
                    "" => refusal.reason.as_str(),
                    detail => detail,
                };
                self.step(what, detail, false);
                None
            }
        }
    }

    /// The same of what has to be there and may not be: `place` says where it was looked for.
    pub(super) fn find<T>(
        &mut self,
        what: &'static str,
        read: Result<Option<T>, Refusal>,
        place: &str,
    ) -> Option<T> {
        if let Ok(None) = &read {
            self.step(what, format!("none in {place}"), false);
            return None;
        }
        self.read(what, read, |_| format!("one in {place}"))
            .flatten()
    }

    /// How far a time lies from now, and how far it may.
    pub(super) fn window(
        &mut self,
        what: &'static str,
        time: SystemTime,
        tolerance: Duration,
        now: SystemTime,
    ) {
        self.signed_at = Some(time);
        let away = match now.duration_since(time) {
            Ok(age) => format!("{} s ago", age.as_secs()),
            Err(ahead) => format!("{} s in the future", ahead.duration().as_secs()),
        };
        let said = format!("{away}; {} s are tolerated", tolerance.as_secs());
        self.step(what, said, within(tolerance, time, now).is_ok());
    }

    /// Which of the keys in force made the signature.
    pub(super) fn keys(&mut self, candidates: &Candidates<'_>, number: Result<usize, Refusal>) {
        let tried: Vec<&str> = candidates.iter().map(|(_, held)| &*held.id).collect();
        let tried = tried.join(", ");
        if tried.is_empty() {
            return self.step("secret", "none is in force", false);
        }
        let made = number.ok().and_then(|number| {
            let mut all = candidates.iter();
            all.find(|(own, _)| *own == number)
        });
        match made {
            Some((_, held)) => self.step("secret", format!("{} made it", held.id), true),
            None => self.step("secret", format!("none of {tried} made it"), false),
        }
    }

    /// Where the sender publishes the certificate. Nothing is fetched to tell: it is the gate that does.
    pub(super) fn published(&mut self, address: Result<Address, Refusal>, text: &str) {
        let shown: String = text
            .chars()
            .take(200)
            .flat_map(char::escape_default)
            .collect();
        match address {
            Ok(_) => self.step("certificate", format!("at {shown}, the sender's own"), true),
            Err(_) => self.step(
                "certificate",
                format!("at {shown}, which is not the sender's"),
                false,
            ),
        }
    }
}
