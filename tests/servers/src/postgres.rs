//! A Postgres server.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// A server whose user `postgres` needs no password.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    port: u16,
    databases: AtomicU32,
}

impl Postgres {
    /// A server that runs.
    ///
    /// # Panics
    ///
    /// When it cannot be started, with what it said.
    pub fn start() -> Postgres {
        Postgres::start_with("")
    }

    /// A server with more options on its command line: `-c max_connections=10`.
    ///
    /// # Panics
    ///
    /// As [`start`](Postgres::start).
    pub fn start_with(options: &str) -> Postgres {
        let folder = tempfile::tempdir().expect("a folder");
        let mut owner = Command::new("chown");
        owner.arg("postgres").arg(folder.path());
        // Where we are not root, the folder is ours and the server runs as us.
        let _ = owner.output();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let server = Postgres { folder, port, databases: AtomicU32::new(0) };
        let mut init = call("initdb");
        init.args(["-U", "postgres", "-A", "trust", "-D"]).arg(server.data());
        run(init);
        server.start_again(options);
        server
    }

    /// Starts one that was stopped.
    ///
    /// # Panics
    ///
    /// As [`start`](Postgres::start).
    pub fn start_again(&self, options: &str) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{}' {options}",
            self.port,
            self.folder.path().display()
        );
        let mut start = call("pg_ctl");
        start.args(["-w", "-l"]).arg(self.folder.path().join("log")).arg("-D").arg(self.data());
        start.args(["-o", &options, "start"]);
        run(start);
    }

    /// Stops it as a power cut would: nobody is waited for and nothing is flushed.
    pub fn kill(&self) {
        let mut stop = call("pg_ctl");
        stop.args(["-w", "-m", "immediate", "-D"]).arg(self.data()).arg("stop");
        let _ = stop.output();
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder, in which its socket is, and where files can be put for it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes files its own, that nobody else can read.
    ///
    /// # Panics
    ///
    /// When that is not allowed.
    pub fn own(&self, files: &[&Path]) {
        let mut private = Command::new("chmod");
        private.arg("600").args(files);
        run(private);
        let mut owner = Command::new("chown");
        owner.arg("postgres").args(files);
        // As with its folder.
        let _ = owner.output();
    }

    /// The name of a new, empty database.
    ///
    /// # Panics
    ///
    /// When it cannot be created.
    pub fn database(&self) -> String {
        let name = format!("database_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut create = Command::new(program("createdb"));
        create.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), &name]);
        run(create);
        name
    }

    /// The URL of a database of it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where the programs of the server are.
fn program(name: &str) -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = debian.map(|entry| entry.path().join("bin")).chain([PathBuf::from("/usr/local/bin")]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is missing: install the package `postgresql`"))
}

/// A call of a program of the server, which does not run as root.
fn call(name: &str) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !is_root {
        return Command::new(program(name));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program(name));
    command
}

fn run(mut command: Command) {
    let output = command.output().expect("the program runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
