//! A folder with a store, and the program to run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_highwater");
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of its own.
pub(crate) struct Lab {
    folder: TempDir,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store that the calls work on, for the library.
    pub(crate) fn store(&self) -> String {
        format!("file:{}", self.path("state").display())
    }

    /// A call, not made yet. Nothing of the tester's environment reaches it but PATH.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        // Whoever runs these tests in the background or under `nohup` has them ignore signals, and children inherit that.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP,INT,TERM", PROGRAM]);
        command.args(words).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").expect("a PATH"));
        command
            .env("HIGHWATER_STORE", "file:./state")
            .env("HIGHWATER_ACTOR", "tester")
            .env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        Said::from(self.command(words).output().expect("the program runs"))
    }

    /// A call that must end with 0.
    pub(crate) fn ok(&self, words: &[&str]) -> Said {
        let said = self.run(words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        said
    }

    /// A call that must end with this code, and with these words on stderr.
    pub(crate) fn refused(&self, code: i32, words: &[&str], because: &str) -> Said {
        let said = self.run(words);
        assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
        assert!(said.stderr.contains(because), "{words:?} does not say `{because}`: {}", said.stderr);
        said
    }

    /// A call that must end with 0, its data as JSON.
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let said = self.ok(&[words, &["-o", "json"]].concat());
        serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}", said.stdout))
    }

    /// `exec` of a script for `sh` as node `load` of pipeline `p`, with these options.
    pub(crate) fn exec(&self, options: &[&str], script: &str) -> Said {
        Said::from(self.exec_command(options, script).output().expect("the program runs"))
    }

    /// The same, going on in the background.
    pub(crate) fn exec_in_background(&self, options: &[&str], script: &str) -> Child {
        self.exec_command(options, script).spawn().expect("the program starts")
    }

    fn exec_command(&self, options: &[&str], script: &str) -> Command {
        let head = ["exec", "--pipeline", "p", "--node", "load"];
        self.command(&[&head, options, &["--", "sh", "-c", script]].concat())
    }

    /// The newest run of pipeline `p`.
    pub(crate) fn newest_run(&self) -> Value {
        self.json(&["run", "show", "p"])
    }

    /// Waits until a file is there with something in it, and returns that.
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        let path = self.path(name);
        wait_for(&format!("the file {name}"), || {
            fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'))
        })
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The file that holds the journal of a pipeline.
    pub(crate) fn log_file(&self, pipeline: &str) -> PathBuf {
        let folder = self.path("state").join("journals-1").join(pipeline);
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder).expect("a journal").map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "hwl"));
        files.sort();
        files.pop().expect("a segment")
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// Waits for the end of a call in the background.
pub(crate) fn end_of(child: Child) -> Said {
    Said::from(child.wait_with_output().expect("it ends"))
}

/// Asks again and again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        sleep(Duration::from_millis(10));
    }
}

/// True while a process runs; one that only waits to be reaped does not.
pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    rustix::process::kill_process(pid, signal).expect("it is there");
}
