//! What runs on the hosts: applications that behave like pipelines, and people who interfere.

mod backfill;
mod client;
mod finisher;
mod keeper;
mod newer;
mod operator;
mod partitions;
mod pipeline;
mod stream;
mod work;

pub(crate) use client::{Client, Place};
pub(crate) use finisher::finish_runs;
pub(crate) use newer::{FIELD as NEWER_FIELD, PREFIX as NEWER_PREFIX, write as write_as_newer};
pub(crate) use work::work;
