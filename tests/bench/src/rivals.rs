//! What Highwater is measured against, each as well done as its users would do it.

pub(crate) mod sqlite;
