//! What runs on the hosts: applications that behave like pipelines, and people who interfere.

mod client;
mod finisher;
mod operator;
mod pipeline;
mod work;

pub(crate) use client::{Client, Place};
pub(crate) use finisher::finish_runs;
pub(crate) use work::work;
