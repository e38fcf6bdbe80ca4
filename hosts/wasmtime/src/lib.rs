#![doc = include_str!("../README.md")]

mod attempt;
mod backup;
mod batch;
mod cadence;
mod call;
#[cfg(feature = "component")]
mod component_engine;
mod connection;
mod control;
mod coverage;
mod dead_letter;
mod delivery;
mod doctor;
mod engine_kind;
mod error;
mod from_value;
mod graph;
mod heart;
mod highwater;
mod history;
mod hold;
mod hwm;
mod hwm_declare;
mod into_moment;
mod into_value;
mod keys;
mod late;
mod lease;
pub mod limits;
mod lists;
mod location;
mod maintenance;
mod node;
mod open;
mod pages;
mod partitions;
mod pipeline;
mod pipeline_at;
mod plan;
#[cfg(feature = "component")]
mod precompiled;
mod reader;
mod run;
mod run_filter;
mod start_run;
mod stream;
pub mod streaming;
mod worker;

pub use attempt::Attempt;
pub use batch::Batch;
pub use cadence::Cadence;
pub use call::Call;
#[cfg(feature = "component")]
pub use component_engine::ComponentEngine;
pub use coverage::{Cover, Coverage};
pub use delivery::{Delivery, Prepare};
pub use doctor::{Checkup, Finding, FindingKind};
pub use engine_kind::EngineKind;
pub use error::Error;
pub use from_value::FromValue;
pub use graph::Graph;
pub use highwater::Highwater;
pub use hwm::Hwm;
pub use hwm_declare::IntoLag;
pub use into_moment::IntoMoment;
pub use into_value::IntoValue;
pub use late::{Arrival, LateRule};
pub use lease::{Acquire, Lease, LeaseGuard};
pub use node::{Begin, Node, Ready};
pub use open::{OpenOptions, open};
pub use pages::Pages;
pub use partitions::{CoverPartitions, Partitions};
pub use pipeline::Pipeline;
pub use pipeline_at::PipelineAt;
pub use plan::PlanFor;
pub use reader::Reader;
pub use run::Run;
pub use run_filter::RunFilter;
pub use start_run::StartRun;
pub use stream::{Stream, StreamSpec};

pub use highwater_core::ErrorKind;
pub use highwater_core::answer::PlanAction;
pub use highwater_core::answer::WindowStatus;
pub use highwater_core::attempt::AttemptStatus;
pub use highwater_core::backfill::BackfillStatus;
pub use highwater_core::batch::BatchStatus;
pub use highwater_core::checkpoint::CheckpointStatus;
pub use highwater_core::command::{ArtifactCheck, ArtifactReport, CheckpointRef, PartitionOutcome};
pub use highwater_core::input::{Found, Inspected};
pub use highwater_core::key_group;
pub use highwater_core::moment::Moment;
pub use highwater_core::node::NodeStatus;
pub use highwater_core::output::{Inspection, Notice, NoticeLevel};
pub use highwater_core::run::RunStatus;
pub use highwater_core::transaction::TransactionStatus;
pub use highwater_core::{answer, command};
pub use highwater_driver::{FileInspector, Inspector};
pub use highwater_format::fact::{
    Acknowledgement, AddedDimension, Artifact, Axis, BackfillAction, BackfillOrder, CadenceUnit,
    CheckpointPolicy, Counts, CoverageStatus, CoveredIntervals, DeadItem, ErrorRecord, Evidence, FinalStatus,
    Fingerprint, HwmBound, HwmCoverage, HwmFunction, HwmLag, HwmMove, Interval, KeyRename, LagMode,
    LateAction, NodeSpec, NullPolicy, OperatorSpec, PartitionDimension, PartitionMark, Reason, ReasonCode,
    RetryPolicy, RunWindow, SinkKind, SourcePosition, StatePart, TransactionRef,
};
pub use highwater_format::value;
pub use highwater_format::value::{Value, ValueType};
pub use highwater_format::{Key, Keyring};

/// The code of the guides of the command, which is compiled here because the command is no library.
#[cfg(doctest)]
mod coming_from {
    #[doc = include_str!("../../../crates/cli/docs/coming-from/arkflow.md")]
    struct Arkflow;
    #[doc = include_str!("../../../crates/cli/docs/coming-from/data-extractor.md")]
    struct DataExtractor;
    #[doc = include_str!("../../../crates/cli/docs/coming-from/odibi.md")]
    struct Odibi;
    #[doc = include_str!("../../../crates/cli/docs/coming-from/oxide-flow.md")]
    struct OxideFlow;
    #[doc = include_str!("../../../crates/cli/docs/coming-from/seeknal.md")]
    struct Seeknal;
}
