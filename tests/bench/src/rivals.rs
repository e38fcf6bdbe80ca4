//! What Highwater is measured against, each as well done as its users would do it.

pub(crate) mod append;
pub(crate) mod days;
pub(crate) mod intervals;
pub(crate) mod json_file;
pub(crate) mod keys;
pub(crate) mod partitions;
pub(crate) mod sqlite;
pub(crate) mod sqlite_crowd;
