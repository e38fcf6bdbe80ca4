//! The recipe for Postgres against a real server, under every crash.
#![cfg(feature = "postgres")]

use std::error::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use highwater_example_recipes::load;
use highwater_example_recipes::postgres::Postgres;
use highwater_test::{Life, crash_test};
use tempfile::TempDir;

/// Two whole batches and one that is not.
const ROWS: u64 = 20;

/// A server of its own on a free port of this machine, which is stopped in the end.
struct Server {
    folder: TempDir,
    port: u16,
    databases: AtomicU32,
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

impl Server {
    fn start() -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let mut owner = Command::new("chown");
        owner.arg("postgres").arg(folder.path());
        // Where we are not root, the folder is ours and the server runs as us.
        let _ = owner.output();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let server = Server { folder, port, databases: AtomicU32::new(0) };
        let mut init = call("initdb");
        init.args(["-U", "postgres", "-A", "trust", "-D"]).arg(server.data());
        run(init);
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{}'",
            server.folder.path().display()
        );
        let mut start = call("pg_ctl");
        start.args(["-w", "-l"]).arg(server.folder.path().join("log")).arg("-D").arg(server.data());
        start.args(["-o", &options, "start"]);
        run(start);
        server
    }

    fn data(&self) -> PathBuf {
        Path::new(self.folder.path()).join("data")
    }

    fn config(&self, database: &str) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname={database}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = call("pg_ctl");
        stop.args(["-m", "immediate", "-D"]).arg(self.data()).arg("stop");
        let _ = stop.output();
    }
}

/// A database of its own for each story.
#[derive(Clone)]
struct Database {
    config: String,
}

impl Database {
    fn new(server: &Server) -> Database {
        let name = format!("story_{}", server.databases.fetch_add(1, Ordering::Relaxed));
        let mut create = Command::new(program("createdb"));
        create.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &server.port.to_string(), &name]);
        run(create);
        Database { config: server.config(&name) }
    }

    fn rows(&self) -> Vec<u64> {
        let config = self.config.clone();
        let read = move || -> Result<Vec<u64>, String> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            runtime.block_on(async {
                let sink = Postgres::open(&config).await.map_err(|error| error.to_string())?;
                sink.rows().await.map_err(|error| error.to_string())
            })
        };
        std::thread::spawn(read).join().expect("nobody panicked").expect("it is read")
    }
}

async fn into_postgres(life: Life, database: Database) -> Result<(), Box<dyn Error>> {
    load(life.highwater(), &mut Postgres::open(&database.config).await?, ROWS).await
}

#[tokio::test]
async fn postgres_has_each_row_once() {
    let server = Rc::new(Server::start());
    let sink = {
        let server = Rc::clone(&server);
        move || Database::new(&server)
    };
    let report =
        crash_test(sink, Database::rows, into_postgres).expect_rows(1..=ROWS).double_crashes(10).run().await;
    report.assert();
}
