//! The doors that only answer: another proxy asks whether a request may pass, and sends it on itself.
//!
//! What was asked for comes from the proxy that asks, so it is taken only from peers that the process file names.
//! The answer has all that the proxy needs: the identity headers, what is left of the headers that held
//! credentials, the target that was judged; or the refusal that the caller is to get.
//!
//! Straight line: [`answer`]: trusted? -> `question` -> plan -> decide -> `verdict` -> `message`.
//!
//! Always: a refusal is never a 2xx, whatever the policy's error answers say; what cannot be judged here is
//! refused; what the proxy in front would send on differently from how it was judged is refused.

mod message;
mod question;
mod verdict;

use std::rc::Rc;

use super::Doors;
use super::connection::{Answer, AnswerBody, Head, Link};
use super::door::Dialect;
use super::exchange::{Given, Manner, now};
use crate::model::{Denied, Reason};
use crate::upstream::CallerBody;

#[cfg(feature = "grpc")]
pub(super) use verdict::Passed;
pub(super) use verdict::Verdict;

/// One question and its answer.
pub(super) async fn answer(
    doors: &Doors,
    dialect: Dialect,
    link: &Rc<Link>,
    head: Head,
    mut body: CallerBody,
) -> Answer<AnswerBody> {
    let received_at = now();
    let mut asked = doors.asked(link, received_at, &head.method);
    asked.unread = head.may_go_on(&body);
    let door = &link.door;
    asked.exchange.recording.asked_at(door.name());
    if !link.trusted {
        let detail = "the other end of the connection is not a proxy that `trusted_proxies` names";
        let untrusted = Denied::new(Reason::FrontUntrusted, detail);
        return message::of(Verdict::failed(&mut asked, untrusted), dialect, asked);
    }
    let settings = &doors.shared.settings;
    let question = match question::read(head, received_at, link, dialect, settings) {
        Ok(question) => question,
        Err(unread) => {
            if let Some(client) = unread.client {
                asked.exchange.recording.sent_by(client);
            }
            let verdict = Verdict::failed(&mut asked, unread.denied);
            return message::of(verdict, dialect, asked);
        }
    };
    let redirects = asked.redirects();
    asked.manner = Manner::relayed(&question.request, redirects);
    let given = || match question.is_cut {
        _ if !door.has_bodies() => Given::Nothing(Denied::new(
            Reason::WrongDoor,
            "the proxy in front sends no bodies",
        )),
        true => Given::Nothing(Denied::new(
            Reason::BodyTooLarge,
            "the proxy in front sent a part of the body",
        )),
        false => Given::taken(&mut body),
    };
    let verdict = doors
        .judge(&mut asked, link, &question.request, &question.origin, given)
        .await;
    message::of(verdict, dialect, asked)
}
