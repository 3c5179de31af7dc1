//! What routes need of a door, and which doors have it.

use crate::document::{Problem, Severity};
use crate::engine::Engine;
use crate::policy::Route;

use super::{Door, Located, UnfitRoutes};

/// What judging a route needs of a door, worked out once for each policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::frontend) struct Needs {
    /// Signatures over bodies are verified.
    body: bool,
    /// We answer in the place of the app.
    keys: bool,
    /// We may answer a sender with success in the place of the app.
    reply: bool,
    /// Credentials may stand in the query, which the app must not see.
    target: bool,
}

/// What a door lacks for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Body,
    Keys,
    Reply,
    Target,
}

impl Needs {
    pub(in crate::frontend) fn of(engine: &Engine, route: &Route) -> Self {
        Self {
            body: engine.takes_deliveries(route),
            keys: route.serves().is_some(),
            reply: engine.may_reply(route),
            target: engine.reads_query(route),
        }
    }

    /// Whether a door can judge it.
    pub(in crate::frontend) fn are_met_by(self, door: &Door) -> bool {
        self.lack(door).is_none()
    }

    fn lack(self, door: &Door) -> Option<Lack> {
        if self.keys && door.only_answers() {
            Some(Lack::Keys)
        } else if self.body && !door.has_bodies() {
            Some(Lack::Body)
        } else if self.reply && !door.can_reply() {
            Some(Lack::Reply)
        } else if self.target && !door.sends_target() {
            Some(Lack::Target)
        } else {
            None
        }
    }
}

impl Lack {
    /// What is wrong with a route at a door.
    fn message(self, route: &Route, located: &Located) -> String {
        let (route, door, address) = (route.name(), located.door.name(), located.address);
        let at = format!("at the door `{door}` on {address}");
        match self {
            Self::Body => {
                format!("route `{route}` verifies signatures over bodies, and none come {at}")
            }
            Self::Keys => {
                format!("route `{route}` is answered by sidegate, which cannot be done {at}")
            }
            Self::Reply => {
                format!(
                    "route `{route}` may answer senders of webhooks itself, which cannot be done {at}"
                )
            }
            Self::Target => format!(
                "route `{route}` takes credentials from the query, and they cannot be taken out {at}"
            ),
        }
    }

    fn help(self, door: &Door) -> &'static str {
        match self {
            Self::Body if door.can_be_sent_bodies() => {
                "have the proxy in front send bodies, and say `max_body: 1MiB` at the listener; or say `unfit_routes: deny` there and lead this route through a listener with `door: proxy`"
            }
            Self::Body | Self::Keys => {
                "lead this route through a listener with `door: proxy`, and say `unfit_routes: deny` at this one"
            }
            Self::Reply => {
                "leave `answer_challenges`, `enrol` and `seen: acknowledge` out; or lead this route through a listener with `door: proxy`, and say `unfit_routes: deny` at this one"
            }
            Self::Target => {
                "take credentials from headers only; or lead this route through a listener with `door: proxy`, and say `unfit_routes: deny` at this one"
            }
        }
    }
}

/// Each route that a door cannot judge, unless its requests are to be refused there.
pub fn unfit(engine: &Engine, doors: &[Located]) -> Vec<Problem> {
    let strict = |located: &&Located| located.door.unfit_routes == UnfitRoutes::Refuse;
    let doors = doors.iter().filter(strict);
    let of_door = |located| {
        let routes = engine.policy().routes().iter();
        routes.filter_map(move |route| problem(engine, route, located))
    };
    doors.flat_map(of_door).collect()
}

fn problem(engine: &Engine, route: &Route, located: &Located) -> Option<Problem> {
    let lack = Needs::of(engine, route).lack(&located.door)?;
    Some(Problem {
        severity: Severity::Error,
        lint: None,
        place: route.place().clone(),
        path: format!("routes[{}]", route.index()),
        message: lack.message(route, located),
        help: Some(lack.help(&located.door).to_owned()),
    })
}
