//! The command as its users meet it: the real program, in a folder of its own.

mod batch;
mod cadence;
mod checkpoint;
mod concurrency;
mod control;
mod coverage;
mod crash;
mod damage;
mod deadline;
mod doctor;
mod exec;
mod fence;
mod hwm;
mod journal;
mod lab;
mod lease;
mod manners;
mod plan;
mod result;
mod retry;
mod run;
mod signals;
mod state;
mod stores;
mod terminal;
mod tour;
