//! Signals to this process.

use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use tokio::sync::mpsc;

use crate::failure::{Failure, Outcome};

/// A signal that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interruption {
    /// Its number.
    pub(super) signal: i32,
    /// True if the terminal sent it, which sends it to all processes of the foreground.
    pub(super) is_from_terminal: bool,
}

/// Signals as they come.
#[derive(Debug)]
pub(super) struct Signals {
    interruptions: mpsc::UnboundedReceiver<Interruption>,
}

impl Signals {
    /// From now on SIGINT, SIGTERM and SIGHUP end up here. What the caller had us ignore stays ignored, as `nohup` and `&`
    /// in scripts want it.
    pub(super) fn listen() -> Outcome<Signals> {
        let ignored = ignored();
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored.contains(signal));
        let mut signals = SignalsInfo::<WithOrigin>::new(wanted)
            .map_err(|error| Failure::work(format!("signals cannot be taken ({error})")))?;
        let (sender, interruptions) = mpsc::unbounded_channel();
        let forward = move || {
            for origin in &mut signals {
                let is_from_terminal = matches!(origin.cause, Cause::Kernel);
                if sender.send(Interruption { signal: origin.signal, is_from_terminal }).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new()
            .name("highwater-signals".to_owned())
            .spawn(forward)
            .map_err(|error| Failure::work(format!("no thread for signals ({error})")))?;
        Ok(Signals { interruptions })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Interruption {
        match self.interruptions.recv().await {
            Some(interruption) => interruption,
            None => std::future::pending().await,
        }
    }
}

/// Signals that were ignored when this process began. Only Linux says so without more ado.
fn ignored() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    (1..=64).filter(|signal| mask & (1 << (signal - 1)) != 0).collect()
}
