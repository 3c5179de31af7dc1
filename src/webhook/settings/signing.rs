//! The keys of a webhook that say how deliveries are signed and with what, and what is answered before any is.
//!
//! They depend on each other in this order: values of the file, the scheme that refers to them, the keys as that
//! scheme writes them, the answers that are made with those.

use crate::document::{Fields, Problems, Shape};
use crate::webhook::challenge::{Challenges, Enrolment};
use crate::webhook::kind::{Around, Kind};
use crate::webhook::scheme::{Base, KeyForm, Parameters};
use crate::webhook::secrets::Secrets;

use super::secrets::Written;

/// How deliveries are signed.
#[derive(Debug)]
pub(super) struct Signing<'n> {
    /// The scheme; nothing if there are mistakes in it.
    pub(super) kind: Option<Kind>,
    /// What the file says of secrets.
    pub(super) written: Written<'n>,
    /// The secrets; nothing if there are mistakes in them.
    pub(super) secrets: Option<Secrets>,
    pub(super) answers: Answers,
}

/// What is answered to requests that are no deliveries.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) challenges: Challenges,
    /// What a first request is like that brings the secret.
    pub(super) enrolment: Option<Enrolment>,
}

impl<'n> Signing<'n> {
    pub(super) fn read(fields: &mut Fields<'n>, problems: &Problems) -> Self {
        let parameters = fields.shaped("parameters", Parameters::shape);
        let parameters = parameters.and_then(|node| Parameters::read(node, problems));
        let parameters = parameters.unwrap_or_default();
        let url: Option<Base> = fields.optional("url");
        let around = Around {
            url: url.as_ref(),
            parameters: &parameters,
            problems,
        };
        let kind = kind(fields, &around);
        let form = kind.as_ref().map(Kind::key_form);
        let written = Written::read(fields, problems);
        let secrets = form
            .as_ref()
            .and_then(|form| written.keys(form, fields.node(), problems));
        let answers = Answers::read(fields, &parameters, problems);
        answers.insist(form.as_ref(), secrets.as_ref(), fields, problems);
        // What a scheme reads that could not be read is not known.
        if kind.is_some() {
            parameters.refuse_unasked(problems);
        }
        Self {
            kind,
            written,
            secrets,
            answers,
        }
    }
}

impl Answers {
    fn read(fields: &mut Fields<'_>, parameters: &Parameters, problems: &Problems) -> Self {
        Self {
            challenges: Challenges::read(fields, parameters, problems),
            enrolment: Enrolment::read(fields, parameters, problems),
        }
    }

    /// Reports answers that lack what they are made with, and secrets that nothing says how they come.
    fn insist(
        &self,
        form: Option<&KeyForm>,
        secrets: Option<&Secrets>,
        fields: &Fields<'_>,
        problems: &Problems,
    ) {
        let has_secrets = matches!(form, Some(KeyForm::Secret { .. }) | None);
        if self.challenges.need_secret() && !has_secrets {
            let help = "leave `answer_challenges` out";
            let message = "a challenge is answered with a MAC, and the scheme has no secrets";
            problems.error_with(fields.node(), message, help);
        }
        if self.enrolment.is_some() || fields.has("enrolment") {
            return;
        }
        for opening in secrets.into_iter().flat_map(Secrets::openings) {
            let help = "put the secret into the file yourself; or write an `enrolment`, as the presets `asana` \
                and `notion` have one";
            let message = "nothing says how the sender would bring its secret";
            problems.error_with(opening.node(), message, help);
        }
    }
}

fn kind(fields: &mut Fields<'_>, around: &Around<'_>) -> Option<Kind> {
    let node = fields.shaped("scheme", || Shape::Section("scheme"));
    let Some(node) = node else {
        // A name that no preset has was reported: a scheme is not what is missing.
        if fields.has("preset") {
            return None;
        }
        let help = "name what ships with `preset: github`, or write a `scheme` (`sidegate presets \
            list` names the presets, `sidegate presets show NAME` prints one)";
        around.problems.error_with(
            fields.node(),
            "nothing says how deliveries are signed",
            help,
        );
        return None;
    };
    let mut scheme = Fields::of(node, "scheme", around.problems)?;
    scheme.refuse_blanks();
    let kind = Kind::read(&mut scheme, around);
    // What else is wrong can only be said where it is known which keys there are.
    if kind.is_some() {
        scheme.finish();
    }
    kind
}
