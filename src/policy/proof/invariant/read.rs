//! From the words of a sentence to what it claims.

use http::Method;

use crate::document::{Placed, Problems};
use crate::model::{Oddity, PrincipalKind};

use super::super::super::check::Rule;
use super::super::super::complaint::{complain, complain_quoting, suggestion};
use super::super::super::host::HostPattern;
use super::super::super::methods;
use super::super::super::pattern::Pattern;
use super::super::super::quick::Names;
use super::super::super::rights::Rights;
use super::super::super::vocabulary::Vocabulary;
use super::super::space::Region;
use super::forms::FORMS;
use super::words::{Word, Words};
use super::{Claim, Sentence, Wanted, Who};

/// What the names in a sentence may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexicon<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) rights: &'a Rights,
    pub(super) allowed: Oddity,
}

/// Reads one sentence; what is wrong with it is reported.
pub(super) struct Reader<'a> {
    pub(super) text: &'a Placed<String>,
    pub(super) names: Lexicon<'a>,
    pub(super) problems: &'a Problems,
}

/// Why there is no sentence: it has been reported already, or the words make none.
enum Not {
    Reported,
    Understood,
}

type Read<T> = Result<T, Not>;

impl Reader<'_> {
    pub(super) fn sentence(&self) -> Option<Sentence> {
        let read = Words::of(&self.text.value).ok_or(Not::Understood);
        match read.and_then(|mut words| self.read(&mut words)) {
            Ok(sentence) => Some(sentence),
            Err(Not::Reported) => None,
            Err(Not::Understood) => {
                let message = "this invariant cannot be read";
                self.problems.error_with(&self.text.node, message, FORMS);
                None
            }
        }
    }

    fn read(&self, words: &mut Words<'_>) -> Read<Sentence> {
        if words.take("only role|roles") {
            let holders = self.roles(words)?;
            wanted(words.take("reach|reaches"))?;
            return self.ending(words, Claim::OnlyRoles(holders));
        }
        if words.take("nobody reaches") {
            return self.ending(words, Claim::Nobody);
        }
        if words.take("no public route|routes under|at") {
            return self.ending(words, Claim::NeverPublic);
        }
        if words.take("every route under|at") {
            let places = self.places(words)?;
            wanted(words.take("asks for") && (words.take("a|an") || !words.is_empty()))?;
            let claim = Claim::Asks(asked_for(words)?);
            return whole(words, Sentence { claim, places });
        }
        if words.take("a principal of one tenant never reaches") {
            return self.tenants(words);
        }
        match self.who(words)? {
            Some(who) if words.take("reach|reaches nothing but") => {
                self.ending(words, Claim::NothingBut(who))
            }
            Some(who) => {
                wanted(words.take("never reach|reaches"))?;
                self.ending(words, Claim::Never(who))
            }
            None => {
                let places = self.places(words)?;
                wanted(words.take("is|are never public"))?;
                let claim = Claim::NeverPublic;
                whole(words, Sentence { claim, places })
            }
        }
    }

    /// The places that end a sentence.
    fn ending(&self, words: &mut Words<'_>, claim: Claim) -> Read<Sentence> {
        let places = self.places(words)?;
        whole(words, Sentence { claim, places })
    }

    fn tenants(&self, words: &mut Words<'_>) -> Read<Sentence> {
        let place = self.place(words)?;
        wanted(words.take("of another"))?;
        let captures: Vec<(&str, usize)> = place.path.captures().collect();
        let at = match captures.as_slice() {
            [(_, at)] => *at,
            several => match several.iter().find(|(name, _)| *name == "tenant") {
                Some((_, at)) => *at,
                None => {
                    let message = "the sentence does not say which segment is the tenant";
                    let help = "write `{tenant}` for it, as in `/tenants/{tenant}/**`";
                    self.problems.error_with(&self.text.node, message, help);
                    return Err(Not::Reported);
                }
            },
        };
        let places = vec![place];
        let claim = Claim::OneTenant(at);
        whole(words, Sentence { claim, places })
    }

    fn who(&self, words: &mut Words<'_>) -> Read<Option<Who>> {
        if words.take("users") {
            return Ok(Some(Who::Kind(PrincipalKind::User)));
        }
        if words.take("machines") {
            return Ok(Some(Who::Kind(PrincipalKind::Machine)));
        }
        if words.take("API|api keys") {
            return match words.take("of") {
                true => self.of(words, "set", PrincipalKind::ApiKey),
                false => Ok(Some(Who::Kind(PrincipalKind::ApiKey))),
            };
        }
        if words.take("deliveries of") {
            let name = self.vouching(words, "webhook", PrincipalKind::Webhook)?;
            return Ok(Some(Who::Signed(Some(name))));
        }
        if words.take("webhooks") {
            return Ok(Some(Who::Signed(None)));
        }
        match words.take("tokens of") {
            true => self.of(words, "issuer", PrincipalKind::User),
            false => Ok(None),
        }
    }

    fn of(&self, words: &mut Words<'_>, what: &str, kind: PrincipalKind) -> Read<Option<Who>> {
        let name = self.vouching(words, what, kind)?;
        Ok(Some(Who::Of(name)))
    }

    /// The name of somebody who vouches for callers of this kind.
    fn vouching(&self, words: &mut Words<'_>, what: &str, kind: PrincipalKind) -> Read<String> {
        let name = name(words)?;
        let known = self.names.vocabulary.vouching(kind);
        if !known.iter().any(|known| **known == *name) {
            let known = known.iter().map(AsRef::as_ref);
            self.unknown(name, what, known);
            return Err(Not::Reported);
        }
        Ok(name.to_owned())
    }

    /// The roles, and those that include one of them.
    fn roles(&self, words: &mut Words<'_>) -> Read<Names> {
        let mut roles = Vec::new();
        loop {
            let value = name(words)?.to_owned();
            let node = self.text.node.clone();
            roles.push(Placed { value, node });
            if !words.join() {
                break;
            }
        }
        let known = &self.names.vocabulary.roles;
        let unknown = roles
            .iter()
            .filter(|role| !known.contains(role.value.as_str()));
        let mut misspelled = false;
        for role in unknown {
            self.unknown(&role.value, "role", known.iter().map(AsRef::as_ref));
            misspelled = true;
        }
        match misspelled {
            true => Err(Not::Reported),
            false => Ok(self.names.rights.satisfying(&roles, self.problems)),
        }
    }

    fn unknown<'k>(&self, name: &str, what: &str, known: impl Iterator<Item = &'k str>) {
        let wrong = Placed {
            value: name.to_owned(),
            node: self.text.node.clone(),
        };
        let message = format!("the policy knows no {what} `{name}`");
        let help = suggestion(&wrong, known, &format!("{what}s"));
        complain_quoting(self.text, &message, &help, self.problems);
    }

    fn places(&self, words: &mut Words<'_>) -> Read<Vec<Region>> {
        let mut places = vec![self.place(words)?];
        while words.join() {
            places.push(self.place(words)?);
        }
        Ok(places)
    }

    /// `[METHODS] [HOST]/path`.
    fn place(&self, words: &mut Words<'_>) -> Read<Region> {
        let mut listed = Vec::new();
        while let Some(Word::Plain(word)) = words.peek()
            && !word.contains('/')
        {
            wanted(!word.bytes().any(|byte| byte.is_ascii_lowercase()))?;
            words.next();
            words.join();
            let text = self.piece(word);
            listed.push(methods::parse(&text, self.problems).ok_or(Not::Reported)?);
        }
        if listed.contains(&Method::GET) {
            listed.push(Method::HEAD);
        }
        let Some(Word::Plain(target)) = words.next() else {
            return Err(Not::Understood);
        };
        let start = target.find('/').ok_or(Not::Understood)?;
        let (host, path) = target.split_at_checked(start).ok_or(Not::Understood)?;
        Ok(Region {
            hosts: self.host(host)?,
            path: self.path(path)?,
            methods: (!listed.is_empty()).then_some(listed),
        })
    }

    fn host(&self, text: &str) -> Read<HostPattern> {
        if text.is_empty() {
            return Ok(HostPattern::Any);
        }
        HostPattern::parse(text).map_err(|help| {
            complain(&self.piece(text), "is not a host", help, self.problems);
            Not::Reported
        })
    }

    fn path(&self, text: &str) -> Read<Pattern> {
        Pattern::parse(text, self.names.allowed).map_err(|error| {
            complain_quoting(
                &self.piece(text),
                &error.message,
                &error.help,
                self.problems,
            );
            Not::Reported
        })
    }

    /// A piece of the sentence, for messages.
    fn piece(&self, text: &str) -> Placed<String> {
        Placed {
            value: text.to_owned(),
            node: self.text.node.clone(),
        }
    }
}

fn wanted(there: bool) -> Read<()> {
    there.then_some(()).ok_or(Not::Understood)
}

/// Nothing may follow.
fn whole(words: &Words<'_>, sentence: Sentence) -> Read<Sentence> {
    wanted(words.is_empty()).map(|()| sentence)
}

fn name<'t>(words: &mut Words<'t>) -> Read<&'t str> {
    match words.next() {
        Some(Word::Plain(name) | Word::Quoted(name)) if !name.is_empty() => Ok(name),
        _ => Err(Not::Understood),
    }
}

fn asked_for(words: &mut Words<'_>) -> Read<Wanted> {
    let known = [
        ("permission", Wanted::Rule(Rule::Permission)),
        ("role", Wanted::Rule(Rule::Roles)),
        ("scope", Wanted::Rule(Rule::Scopes)),
        ("tenant", Wanted::Rule(Rule::Tenant)),
        ("source", Wanted::Rule(Rule::Source)),
        ("condition", Wanted::Rule(Rule::Condition)),
        ("credential", Wanted::Credential),
        ("signature", Wanted::Signature),
        ("key", Wanted::Key),
        ("API|api key", Wanted::Key),
    ];
    let found = known.into_iter().find(|(word, _)| words.take(word));
    found.map(|(_, wanted)| wanted).ok_or(Not::Understood)
}
