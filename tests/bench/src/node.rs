//! What is measured in Node: a script that answers each line with a number.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::{Plan, Problem};

/// A running script.
pub(crate) struct Script {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Script {
    pub(crate) fn start(plan: &Plan, name: &str, arguments: &[&str]) -> Result<Script, Problem> {
        let mut child = Command::new("node")
            .arg(plan.scripts.join(name))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node cannot be started ({error}); install Node 20 or later"))?;
        let questions = child.stdin.take().ok_or("the script has no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("the script has no output")?);
        Ok(Script { child, questions, answers })
    }

    pub(crate) fn ask(&mut self, question: &str) -> Result<f64, Problem> {
        writeln!(self.questions, "{question}")?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err("the script in Node ended early; what it says about it stands above".into());
        }
        Ok(answer.trim().parse()?)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // It has nothing to lose, and nobody to tell if it cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
