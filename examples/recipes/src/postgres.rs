//! Postgres: as with SQLite, the key of a batch stands beside its rows, in one transaction.

use std::error::Error;

use highwater::SinkKind;
use tokio_postgres::{Client, NoTls};

use crate::Sink;

const TABLES: &str = "
    create table if not exists numbers (number bigint not null);
    create table if not exists batches (key text primary key, taken boolean not null);
";

/// A table of numbers, and a table of the batches that it took.
pub struct Postgres {
    client: Client,
}

impl Postgres {
    /// Connects, for example to `host=127.0.0.1 port=5432 user=postgres`, and makes the tables.
    pub async fn open(config: &str) -> Result<Postgres, Box<dyn Error>> {
        let (client, connection) = tokio_postgres::connect(config, NoTls).await?;
        // It ends with the client; what the client was in the middle of is rolled back then.
        tokio::spawn(connection);
        client.batch_execute(TABLES).await?;
        Ok(Postgres { client })
    }

    /// All numbers, as often as they are there.
    pub async fn rows(&self) -> Result<Vec<u64>, Box<dyn Error>> {
        let rows = self.client.query("select number from numbers order by number", &[]).await?;
        rows.iter().map(|row| Ok(u64::try_from(row.get::<_, i64>(0))?)).collect()
    }
}

impl Sink for Postgres {
    const KIND: SinkKind = SinkKind::Transactional;

    async fn write(&mut self, key: &str, _token: u64, rows: &[u64]) -> Result<String, Box<dyn Error>> {
        let numbers = rows.iter().map(|row| i64::try_from(*row)).collect::<Result<Vec<i64>, _>>()?;
        let transaction = self.client.transaction().await?;
        // The primary key refuses a second writer of the batch, and one whose successor said that it never came.
        transaction.execute("insert into batches (key, taken) values ($1, true)", &[&key]).await?;
        let insert = "insert into numbers (number) select unnest($1::bigint[])";
        transaction.execute(insert, &[&numbers]).await?;
        let id = transaction.query_one("select pg_current_xact_id()::text", &[]).await?;
        transaction.commit().await?;
        Ok(format!("transaction {}", id.get::<_, String>(0)))
    }

    async fn ask(&mut self, key: &str, _token: u64) -> Result<Option<bool>, Box<dyn Error>> {
        // Where it is not there, its place is taken, so that a worker which was thought dead cannot write it any more. One that is
        // in the middle of it is waited for: the insert needs to know what becomes of its key.
        let claim = "insert into batches (key, taken) values ($1, false) on conflict (key) do nothing";
        self.client.execute(claim, &[&key]).await?;
        let row = self.client.query_one("select taken from batches where key = $1", &[&key]).await?;
        Ok(Some(row.get(0)))
    }
}
