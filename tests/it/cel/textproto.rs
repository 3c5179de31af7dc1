//! Just enough of the text format of protocol buffers to read the conformance cases.

/// The fields of a message, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(pub(super) Vec<(String, Field)>);

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum Field {
    Bytes(Vec<u8>),
    Word(String),
    Message(Message),
}

impl Message {
    /// Every message under a name.
    pub(super) fn all<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m Message> {
        let name = name.to_owned();
        self.0.iter().filter_map(move |(own, field)| match field {
            Field::Message(message) if *own == name => Some(message),
            _ => None,
        })
    }

    pub(super) fn one(&self, name: &str) -> Option<&Message> {
        self.all(name).next()
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found.map(|(_, field)| field)
    }

    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.field(name) {
            Some(Field::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.bytes(name)
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(super) fn word(&self, name: &str) -> Option<&str> {
        match self.field(name) {
            Some(Field::Word(word)) => Some(word),
            _ => None,
        }
    }
}

pub(super) fn read(text: &str) -> Message {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
    };
    let message = reader.message();
    assert_eq!(reader.at, text.len(), "the file was read to its end");
    message
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b'#') => {
                    while self.text.get(self.at).is_some_and(|byte| *byte != b'\n') {
                        self.at += 1;
                    }
                }
                Some(byte) if byte.is_ascii_whitespace() || matches!(byte, b',' | b';') => {
                    self.at += 1
                }
                other => return other.copied(),
            }
        }
    }

    fn message(&mut self) -> Message {
        let mut message = Message::default();
        while self.peek().is_some_and(|byte| byte != b'}') {
            let name = self.name();
            if self.peek() == Some(b':') {
                self.at += 1;
            }
            let field = self.field();
            message.0.push((name, field));
        }
        message
    }

    fn name(&mut self) -> String {
        if self.peek() == Some(b'[') {
            let start = self.at;
            while self.text[self.at] != b']' {
                self.at += 1;
            }
            self.at += 1;
            return String::from_utf8(self.text[start..self.at].to_vec()).unwrap();
        }
        self.word()
    }

    fn word(&mut self) -> String {
        let start = self.at;
        let part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+');
        while self.text.get(self.at).is_some_and(part) {
            self.at += 1;
        }
        assert!(self.at > start, "a word at byte {start}");
        String::from_utf8(self.text[start..self.at].to_vec()).unwrap()
    }

    fn field(&mut self) -> Field {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                let message = self.message();
                assert_eq!(self.peek(), Some(b'}'));
                self.at += 1;
                Field::Message(message)
            }
            Some(b'"' | b'\'') => {
                let mut bytes = Vec::new();
                while let Some(quote @ (b'"' | b'\'')) = self.peek() {
                    self.at += 1;
                    self.quoted(quote, &mut bytes);
                }
                Field::Bytes(bytes)
            }
            _ => Field::Word(self.word()),
        }
    }

    fn quoted(&mut self, quote: u8, bytes: &mut Vec<u8>) {
        loop {
            let byte = self.text[self.at];
            self.at += 1;
            match byte {
                _ if byte == quote => return,
                b'\\' => self.escape(bytes),
                other => bytes.push(other),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let letter = self.text[self.at];
        self.at += 1;
        let plain = match letter {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' | b'X' => u8::try_from(self.digits(2, 16)).unwrap(),
            b'u' => return push(bytes, self.digits(4, 16)),
            b'U' => return push(bytes, self.digits(8, 16)),
            b'0'..=b'7' => {
                self.at -= 1;
                u8::try_from(self.digits(3, 8)).unwrap()
            }
            other => other,
        };
        bytes.push(plain);
    }

    fn digits(&mut self, most: usize, radix: u32) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = char::from(self.text[self.at]).to_digit(radix) else {
                break;
            };
            value = value * radix + digit;
            self.at += 1;
        }
        value
    }
}

fn push(bytes: &mut Vec<u8>, code: u32) {
    let character = char::from_u32(code).unwrap();
    bytes.extend(character.to_string().as_bytes());
}
