//! Requests to a store, and what came of them.

use highwater_core::{input, output};

use super::super::wit::storage;
use super::shape::{records, variants};

records! {
    output <=> storage;
    Request { id, pipeline, operation }
    Stored { version, bytes }
    WorkerBeat { worker, bytes }
    NamedBytes { name, bytes }
    Inspection { uri, with_digest }
}

variants! {
    output <=> storage;
    Operation {
        Read, Beats, ReadAll, Backups;
        ReadFrom(_), Append(_), PutSnapshot(_), Trim(_), Beat(_), Reset(_), PutBackup(_), ReadBackup(_),
        DeleteBackup(_), InspectArtifact(_),
    }
}

records! {
    input <=> storage;
    Completion { id, outcome }
    Journal { snapshot, tail, damage }
    Retained { snapshots, records, last_version, damage }
    Damage { what, place }
    BackupFile { name, size_bytes }
    Found { size_bytes, digest }
    StoreFailure { kind, message }
}

variants! {
    input <=> storage;
    Outcome {
        Appended, Taken, Done;
        Journal(_), Tail(_), Trimmed(_), Beats(_), Retained(_), Reset(_), Backups(_), Backup(_), Artifact(_),
        Failed(_),
    }
    Inspected { Missing; Found(_), Unknown(_) }
    FailureKind { Unavailable, Unknown, Denied, Corrupt, Unsupported; }
}
