//! The text of a scenario: comments, and blocks of lines to run with what came of them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::world::World;

/// Parts a block into what is run and what came of it.
const RULE: &str = "----";

/// A scenario as it stands in its file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name of the file without its ending.
    pub name: String,
    path: PathBuf,
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    /// A comment or an empty line.
    Prose(String),
    Block(Block),
}

/// Lines that are run, and what came of them.
#[derive(Clone, Debug)]
pub struct Block {
    /// Number of the first line in the file, from 1.
    pub line: usize,
    /// What is run.
    pub commands: Vec<String>,
    /// What came of it.
    pub outcome: Vec<String>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Panics
    ///
    /// If the file cannot be read, or a block has no rule.
    #[must_use]
    pub fn read(path: &Path) -> Scenario {
        let text = std::fs::read_to_string(path).expect("the scenario can be read");
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let mut lines = text.lines().enumerate().peekable();
        let mut parts = Vec::new();
        while let Some((number, line)) = lines.next() {
            if line.is_empty() || line.starts_with('#') {
                parts.push(Part::Prose(line.to_owned()));
                continue;
            }
            let mut commands = vec![line.to_owned()];
            let rest = lines.by_ref().map(|(_, line)| line);
            commands.extend(rest.take_while(|line| *line != RULE).map(str::to_owned));
            assert!(
                commands.iter().all(|line| !line.is_empty()),
                "{name}:{}: this block has no {RULE}",
                number + 1
            );
            let mut outcome = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.is_empty()) {
                outcome.push(line.to_owned());
            }
            parts.push(Part::Block(Block { line: number + 1, commands, outcome }));
        }
        Scenario { name, path: path.to_owned(), text, parts }
    }

    /// Runs the scenario; the world afterwards, and the text as it should be.
    ///
    /// # Panics
    ///
    /// If a line cannot be understood; the message names it.
    #[must_use]
    pub fn run(&self) -> (World, String) {
        let mut world = World::new();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Prose(line) => writeln!(text, "{line}").expect("text grows"),
                Part::Block(block) => {
                    let place = format!("{}:{}", self.path.display(), block.line);
                    let outcome =
                        world.run(&block.commands).unwrap_or_else(|error| panic!("{place}: {error}"));
                    for line in block.commands.iter().map(String::as_str).chain([RULE]) {
                        writeln!(text, "{line}").expect("text grows");
                    }
                    outcome.iter().for_each(|line| writeln!(text, "{line}").expect("text grows"));
                }
            }
        }
        (world, text)
    }

    /// Runs the scenario and compares, or writes the file anew if the environment says `REWRITE=1`.
    ///
    /// # Errors
    ///
    /// The first lines that differ.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run); if the file cannot be written.
    pub fn check(&self) -> Result<World, String> {
        let (world, text) = self.run();
        if text == self.text {
            return Ok(world);
        }
        if std::env::var_os("REWRITE").is_some_and(|value| value == "1") {
            std::fs::write(&self.path, text).expect("the scenario can be written");
            return Ok(world);
        }
        let (was, is): (Vec<&str>, Vec<&str>) = (self.text.lines().collect(), text.lines().collect());
        let same = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
        let shown = |lines: &[&str]| {
            lines.iter().skip(same).take(6).map(|line| format!("    {line}\n")).collect::<String>()
        };
        Err(format!(
            "{}:{}: the transcript says\n{}but now it is\n{}(REWRITE=1 writes it anew; look at the difference)",
            self.path.display(),
            same + 1,
            shown(&was),
            shown(&is)
        ))
    }
}
