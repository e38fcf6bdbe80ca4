//! The recipe for Postgres against a real server, under every crash.
#![cfg(feature = "postgres")]

use std::error::Error;
use std::rc::Rc;

use highwater_example_recipes::load;
use highwater_example_recipes::postgres::Postgres;
use highwater_test::{Life, crash_test};
use highwater_test_servers::Postgres as Server;

/// Two whole batches and one that is not.
const ROWS: u64 = 20;

/// A database of its own for each story.
#[derive(Clone)]
struct Database {
    config: String,
}

impl Database {
    fn new(server: &Server) -> Database {
        Database { config: server.url(&server.database()) }
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
