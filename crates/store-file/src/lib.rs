//! The Highwater store in a directory: lock-free, one fdatasync a commit.
