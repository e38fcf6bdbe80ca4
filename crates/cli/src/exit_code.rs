//! What the exit code of the command says. The numbers are an interface: they never change.

use highwater::ErrorKind;

/// All went well.
pub(crate) const OK: u8 = 0;
/// The work failed, or the store could not be reached.
pub(crate) const WORK_FAILED: u8 = 1;
/// The call was wrong: fix it.
pub(crate) const USAGE: u8 = 2;
/// The state is not what the call supposed, or somebody took over.
pub(crate) const CONFLICT: u8 = 3;
/// Stored bytes are damaged.
pub(crate) const DAMAGED: u8 = 4;
/// The command of `exec` is there and cannot be started, as shells say it.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// There is no such command for `exec`, as shells say it.
pub(crate) const NOT_FOUND: u8 = 127;
/// Added to the number of the signal that ended the command of `exec`, as shells do.
pub(crate) const SIGNAL_BASE: u8 = 128;

/// The exit code for an error of the engine.
pub(crate) fn of_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Invalid => USAGE,
        ErrorKind::Conflict | ErrorKind::Fenced => CONFLICT,
        ErrorKind::Unavailable | ErrorKind::Internal => WORK_FAILED,
        ErrorKind::Corrupt => DAMAGED,
    }
}
