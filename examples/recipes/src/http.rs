//! A service behind HTTP that cannot be asked: the key of a batch goes along as `Idempotency-Key`, and a batch in doubt is sent again under
//! the same key. A service that knows the header takes it once; one that does not takes it twice, which is at least once.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use highwater::SinkKind;

use crate::Sink;

/// A service that takes numbers by `POST /numbers`, one a line.
pub struct Http {
    address: SocketAddr,
}

impl Http {
    /// The service at this address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Http {
        Http { address }
    }
}

impl Sink for Http {
    const KIND: SinkKind = SinkKind::AtLeastOnce;

    async fn write(&mut self, key: &str, _token: u64, rows: &[u64]) -> Result<String, Box<dyn Error>> {
        let body = rows.iter().map(|row| format!("{row}\n")).collect::<String>();
        let head = format!(
            "POST /numbers HTTP/1.1\r\nHost: {}\r\nIdempotency-Key: {key}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.lines().next() {
            Some(status) if status.starts_with("HTTP/1.1 2") => Ok(status.to_owned()),
            status => Err(format!("the service answered {status:?}").into()),
        }
    }

    async fn ask(&mut self, _key: &str, _token: u64) -> Result<Option<bool>, Box<dyn Error>> {
        Ok(None)
    }
}
