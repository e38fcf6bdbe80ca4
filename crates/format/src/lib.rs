//! The durable bytes of Highwater: records, snapshots, segments, facts and values.
