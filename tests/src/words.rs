//! A line of a scenario taken apart: words, and words with a key.

/// One command, its bare words, and its `key=value` pairs. What is not taken in the end was misspelt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) head: String,
    bare: Vec<String>,
    pairs: Vec<(String, String)>,
}

impl Words {
    /// Takes a line apart. Quotes hold words together, and `repeat:x:9` is a long text.
    pub(crate) fn parse(line: &str) -> Result<Words, String> {
        let mut words = Words::default();
        for (key, value) in split(line)? {
            match key {
                Some(key) => words.pairs.push((long(&key)?, long(&value)?)),
                None if words.head.is_empty() => words.head = value,
                None => words.bare.push(value),
            }
        }
        Ok(words)
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(name, _)| name == key)?;
        Some(self.pairs.remove(at).1)
    }

    pub(crate) fn need(&mut self, key: &str) -> Result<String, String> {
        self.text(key).ok_or_else(|| format!("`{}` needs {key}=", self.head))
    }

    pub(crate) fn number<N: std::str::FromStr>(&mut self, key: &str) -> Result<Option<N>, String> {
        let parse = |text: String| text.parse().map_err(|_| format!("{key}={text} is no number that fits"));
        self.text(key).map(parse).transpose()
    }

    pub(crate) fn list(&mut self, key: &str) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// Whether this bare word is there.
    pub(crate) fn flag(&mut self, word: &str) -> bool {
        let at = self.bare.iter().position(|bare| bare == word);
        at.map(|at| self.bare.remove(at)).is_some()
    }

    /// The next bare word.
    pub(crate) fn next(&mut self) -> Option<String> {
        (!self.bare.is_empty()).then(|| self.bare.remove(0))
    }

    /// All pairs whose key starts so, without that start.
    pub(crate) fn starting(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (found, rest) =
            std::mem::take(&mut self.pairs).into_iter().partition(|(key, _)| key.starts_with(prefix));
        self.pairs = rest;
        let cut = |(key, value): (String, String)| (key[prefix.len()..].to_owned(), value);
        found.into_iter().map(cut).collect()
    }

    /// Refuses what nobody took.
    pub(crate) fn end(self) -> Result<(), String> {
        match (self.bare.first(), self.pairs.first()) {
            (None, None) => Ok(()),
            (Some(word), _) => Err(format!("`{}` does not know the word `{word}`", self.head)),
            (None, Some((key, _))) => Err(format!("`{}` does not know {key}=", self.head)),
        }
    }
}

type Pair = (Option<String>, String);

fn split(line: &str) -> Result<Vec<Pair>, String> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut letters = line.chars();
    let (mut key, mut word, mut quoted, mut begun) = (None, String::new(), false, false);
    while let Some(letter) = letters.next() {
        match letter {
            '"' => (quoted, begun) = (!quoted, true),
            '\\' if quoted => word.push(escaped(letters.next())?),
            '=' if !quoted && key.is_none() => (key, begun) = (Some(std::mem::take(&mut word)), true),
            ' ' if !quoted => {
                if begun {
                    pairs.push((key.take(), std::mem::take(&mut word)));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    if begun {
        pairs.push((key, word));
    }
    Ok(pairs)
}

fn escaped(letter: Option<char>) -> Result<char, String> {
    match letter {
        Some('n') => Ok('\n'),
        Some('0') => Ok('\0'),
        Some(letter @ ('"' | '\\')) => Ok(letter),
        other => Err(format!("\\{other:?} is no escape")),
    }
}

/// `repeat:x:9` at the end of a text stands for nine times x.
fn long(text: &str) -> Result<String, String> {
    let Some((start, rest)) = text.split_once("repeat:") else { return Ok(text.to_owned()) };
    let (unit, count) = rest.rsplit_once(':').ok_or_else(|| format!("{text} needs a count"))?;
    let count = count.parse().map_err(|_| format!("{text} needs a count"))?;
    Ok(format!("{start}{}", unit.repeat(count)))
}

/// `+30s`, `-1d`, `+250ms`.
pub(crate) fn duration(text: &str) -> Result<i64, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let parse = |(unit, scale): (&str, i64)| {
        text.strip_suffix(unit)?.parse::<i64>().ok().map(|number| number * scale)
    };
    units.into_iter().find_map(parse).ok_or_else(|| format!("`{text}` is no time; write +30s"))
}
