//! The command at a terminal: it asks, it fits, and Ctrl-C reaches everybody once.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::lab::Lab;

/// A terminal with a program at it.
struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
    child: Child,
}

impl Terminal {
    fn start(mut command: Command, columns: u16) -> Terminal {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let slave = open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .expect("the other end");
        tcsetwinsize(&slave, Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })
            .expect("a size");
        let slave = File::from(slave);
        let end = || Stdio::from(slave.try_clone().expect("a copy"));
        command.stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm");
        let child = command.spawn().expect("it starts");
        drop((slave, command));
        let keyboard = File::from(master);
        let mut reader = keyboard.try_clone().expect("a copy");
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading ends with an error when the last program has left the terminal.
            while let Ok(length) = reader.read(&mut buffer) {
                if length == 0 || sender.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { keyboard, screen, shown: String::new(), child }
    }

    fn wait_for(&mut self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.shown.contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes =
                self.screen.recv_timeout(left).unwrap_or_else(|_| panic!("no `{words}` in {}", self.shown));
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    fn type_in(&mut self, words: &str) {
        self.keyboard.write_all(words.as_bytes()).expect("typed");
    }

    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("it ends").code();
        while let Ok(bytes) = self.screen.recv_timeout(Duration::from_secs(5)) {
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, self.shown.replace("\r\n", "\n"))
    }
}

#[test]
fn a_person_is_asked() {
    let lab = Lab::new();
    lab.ok(&["hwm", "set", "p", "n", "5"]);
    for (answer, code) in [("n\n", 2), ("\n", 2), ("y\n", 0)] {
        let mut terminal =
            Terminal::start(lab.command(&["hwm", "delete", "p", "n", "--reason", "test"]), 100);
        terminal.wait_for("delete HWM n? [y/N]");
        terminal.type_in(answer);
        let (ended, shown) = terminal.end();
        assert_eq!(ended, Some(code), "{answer:?}: {shown}");
        assert_eq!(shown.contains("nothing was changed"), code == 2, "{shown}");
    }
    lab.refused(2, &["hwm", "get", "p", "n"], "no HWM `n`");
}

#[test]
fn tables_fit_and_have_colours() {
    let lab = Lab::new();
    assert_eq!(lab.exec(&["--max-attempts", "1"], "exit 9").code, Some(9));
    for columns in [70, 80, 200] {
        let terminal = Terminal::start(lab.command(&["run", "show", "p"]), columns);
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0));
        assert!(shown.contains("\u{1b}["), "{shown}");
        for line in shown.lines() {
            let width = without_colours(line).chars().count();
            // Errors are lines and not tables: the terminal breaks them.
            assert!(
                width <= usize::from(columns) || line.contains("failed with"),
                "{width} of {columns}: {line}"
            );
        }
    }
    let mut plain = lab.command(&["run", "show", "p"]);
    plain.env("NO_COLOR", "1");
    assert!(!Terminal::start(plain, 80).end().1.contains('\u{1b}'));
}

#[test]
fn a_command_can_read_what_is_typed_and_gets_an_interrupt_once() {
    let lab = Lab::new();
    // `setsid --ctty` makes the terminal a real one, whose Ctrl-C sends signals.
    let script = "trap 'echo caught >> signals; sleep 0.3; exit 9' INT; read line; echo got $line; while :; do sleep 0.05; done";
    let inner = ["exec", "-p", "p", "-n", "load", "--max-attempts", "1", "--", "sh", "-c", script];
    let bare = lab.command(&[]);
    let mut command = Command::new("setsid");
    // What the caller of the tests ignores, a shell could not trap.
    command.args(["--ctty", "--wait", "env", "--default-signal=INT", crate::lab::PROGRAM]).args(inner);
    command.current_dir(bare.get_current_dir().expect("a folder")).env_clear();
    command.envs(bare.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut terminal = Terminal::start(command, 100);
    terminal.wait_for("begins");
    terminal.type_in("hello\n");
    terminal.wait_for("got hello");
    terminal.type_in("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(9), "{shown}");
    assert_eq!(lab.read("signals"), "caught\n", "{shown}");
    assert_eq!(lab.newest_run()["nodes"][0]["attempts"][0]["error"]["class"], "exit-9");
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}
