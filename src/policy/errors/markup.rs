//! Where in a page a value would stand.
//!
//! Escaping keeps a value a value in text and in a quoted attribute. In a script, a style or an address it
//! would be read once more, by other rules; there no value may stand.

use super::template::TemplateError;

/// Attributes that lead somewhere: whoever chooses how one begins may choose `javascript:`.
const ADDRESSES: [&str; 7] = [
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "xlink:href",
    "poster",
];

/// A place in a page, after all that was written before it.
#[derive(Debug, Default)]
pub(super) struct Spot {
    place: Place,
    /// The name of the element or attribute that is being written, in lower case.
    element: String,
    attribute: String,
    /// Whether the attribute's name is whole: another letter begins another one.
    named: bool,
    /// What there is so far of an attribute's value, or of what could end a comment or a script.
    recent: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    /// Behind a `<`.
    Element,
    /// In an element, between attributes.
    Tag,
    /// Behind an attribute's name and `=`.
    Equals,
    Unquoted,
    Quoted(char),
    Comment,
    /// In a script or style.
    Raw,
}

impl Spot {
    /// Goes on behind this text.
    pub(super) fn read(&mut self, text: &str) {
        text.chars().for_each(|c| self.step(c.to_ascii_lowercase()));
    }

    /// Goes on behind a value, if one may stand here.
    pub(super) fn value(&mut self) -> Result<(), TemplateError> {
        let where_not = match self.place {
            Place::Text => return Ok(()),
            // Where it ends, and so what stands behind it, is read in more ways than one.
            Place::Comment => "in a comment",
            Place::Quoted(_) if self.attribute.starts_with("on") => "in a script",
            Place::Quoted(_) if self.attribute == "style" => "in a style",
            Place::Quoted(_) if self.attribute == "srcdoc" => "in a page within the page",
            Place::Quoted(_) if self.leads() => "at the beginning of an address",
            Place::Quoted(_) => {
                self.recent.push('x');
                return Ok(());
            }
            Place::Raw => "in a script or style",
            Place::Element | Place::Tag | Place::Equals | Place::Unquoted => {
                "in an element, outside of quotes"
            }
        };
        Err(TemplateError {
            message: format!("a value cannot be kept a value {where_not}"),
            help: "put it into the text of the page, or into an attribute in quotes such as \
                   `data-code=\"{{ error.code }}\"`"
                .into(),
        })
    }

    fn leads(&self) -> bool {
        ADDRESSES.contains(&self.attribute.as_str()) && self.recent.trim().is_empty()
    }

    fn step(&mut self, c: char) {
        self.place = match (self.place, c) {
            (Place::Text, '<') => self.begin(Place::Element),
            (Place::Element, '>') => self.leave_tag(),
            (Place::Element, ' ' | '\t' | '\n' | '\r' | '/') if !self.element.is_empty() => {
                self.begin_attribute()
            }
            (Place::Element, c) => self.name_element(c),
            (Place::Tag, '>') => self.leave_tag(),
            (Place::Tag, '=') => Place::Equals,
            (Place::Tag, ' ' | '\t' | '\n' | '\r' | '/') => self.begin_attribute(),
            (Place::Tag, c) => self.name_attribute(c),
            (Place::Equals, ' ' | '\t' | '\n' | '\r') => Place::Equals,
            (Place::Equals, quote @ ('"' | '\'')) => {
                self.recent.clear();
                Place::Quoted(quote)
            }
            (Place::Unquoted | Place::Equals, '>') => self.leave_tag(),
            (Place::Unquoted, ' ' | '\t' | '\n' | '\r') => self.begin_attribute(),
            (Place::Unquoted | Place::Equals, _) => Place::Unquoted,
            (Place::Quoted(quote), c) if c == quote => self.begin_attribute(),
            (Place::Comment, '>') if self.ends_comment() => Place::Text,
            (Place::Raw, '>') if self.ends_raw() => Place::Text,
            (place, c) => {
                self.remember(c);
                place
            }
        };
    }

    fn begin(&mut self, place: Place) -> Place {
        self.element.clear();
        self.recent.clear();
        place
    }

    /// There may be spaces between a name and what follows it.
    fn begin_attribute(&mut self) -> Place {
        self.named = true;
        Place::Tag
    }

    fn name_element(&mut self, c: char) -> Place {
        self.element.push(c);
        match self.element.as_str() {
            "!--" => self.begin(Place::Comment),
            "<" => self.begin(Place::Element),
            // Not an element: a less-than sign in a text.
            name if name.starts_with(|c: char| !c.is_alphabetic() && !"/!?".contains(c)) => {
                Place::Text
            }
            _ => Place::Element,
        }
    }

    fn name_attribute(&mut self, c: char) -> Place {
        if std::mem::take(&mut self.named) {
            self.attribute.clear();
        }
        self.attribute.push(c);
        Place::Tag
    }

    fn leave_tag(&mut self) -> Place {
        self.recent.clear();
        match self.element.as_str() {
            "script" | "style" => Place::Raw,
            _ => Place::Text,
        }
    }

    /// Whether the end of a comment has just been written: `<!-->` and `<!--->` have one, too.
    fn ends_comment(&self) -> bool {
        matches!(self.recent.as_str(), "" | "-")
            || self.recent.ends_with("--")
            || self.recent.ends_with("--!")
    }

    /// Whether the end of the script or style has just been written.
    fn ends_raw(&self) -> bool {
        let end = self.recent.rsplit("</").next().unwrap_or_default();
        self.recent.contains("</") && end.trim_end() == self.element
    }

    /// Some characters are enough: the longest end is that of a script, with spaces in it.
    fn remember(&mut self, c: char) {
        if self.recent.len() > 64 {
            let keep = self.recent.chars().rev().take(16).collect::<Vec<_>>();
            self.recent = keep.into_iter().rev().collect();
        }
        self.recent.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether values may stand where the text has a `$`.
    fn allows(page: &str) -> bool {
        let mut spot = Spot::default();
        let mut texts = page.split('$');
        spot.read(texts.next().unwrap());
        texts.all(|text| {
            let allowed = spot.value().is_ok();
            spot.read(text);
            allowed
        })
    }

    #[test]
    fn value_stands_where_escaping_keeps_it_one() {
        for page in [
            "$",
            "<p>$</p>",
            "<p class=a id='b'>$",
            "a < b $ > c",
            "<p title=\"$\" alt = '$'>",
            "<p title=\"a>$\">$",
            "<a href=\"/x?y=$\">$</a>",
            "<a href='https://a.example/$'>",
            "<!doctype html><title>$</title>",
            "<!-- <script> -->$",
            "<!-->$<!--->$<!-- a --!>$",
            "<style>a{b}</style>$",
            "<script>a</b></script\n>$",
            "<SCRIPT src=\"a\"></SCRIPT >$<textarea>$</textarea>",
            "<br/>$<img alt=\"$\"/>$",
        ] {
            assert!(allows(page), "{page}");
        }
    }

    #[test]
    fn value_does_not_stand_where_it_would_be_read_again() {
        let long = format!("<script>{}$", "</scrip".repeat(100));
        for page in [
            "<script>$</script>",
            "<script>var a = '$'</script>",
            "<ScRiPt type=a>x</b>$",
            "<style>$",
            "<$>",
            "<a$>",
            "<a $>",
            "<a b=$>",
            "<a b=c$>",
            "<a b='c'$>",
            "</p $>",
            "<p onclick=\"$\">",
            "<p a=b OnLoad='x($)'>",
            "<p style=\"color:$\">",
            "<iframe srcdoc='$'>",
            "<a href=\"$\">",
            "<a href = ' $'>",
            "<form action='$/a'>",
            "<script></style>$",
            "<script src=a>$",
            "<!--$-->",
            "<!--><script>$",
            "<!---><a href='$'>",
            "<!-- --!><style>$",
            "a <<script>$",
            &long,
        ] {
            assert!(!allows(page), "{page}");
        }
    }
}
