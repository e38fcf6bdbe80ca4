/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Highwater: the state of data pipelines that survives any crash. Begin with {@link open}.
 *
 * @packageDocumentation
 */
export { Attempt, type FailOptions } from './attempt.js';
export type { Clock } from './clock.js';
export type { SubmitOptions } from './connection.js';
export {
  ConflictError,
  CorruptError,
  type ErrorKind,
  FencedError,
  HighwaterError,
  InternalError,
  InvalidError,
  UnavailableError,
} from './errors.js';
export { Delivery } from './delivery.js';
export type { Checkup, Finding, FindingKind } from './doctor.js';
export { Highwater } from './highwater.js';
export { Hwm } from './hwm.js';
export { inspectFile, type Inspected, type Inspector } from './inspector.js';
export { Lease } from './lease.js';
export { type BeginOptions, type Begun, RunNode } from './node.js';
export { open } from './open.js';
export type { EncryptionKey, Notice, OpenOptions } from './open-options.js';
export type {
  Acknowledgement,
  ApplyOptions,
  ArrivalInput,
  ArtifactReport,
  BackupOptions,
  BatchContent,
  BatchFilter,
  ByHand,
  CheckpointFilter,
  CheckpointPage,
  CheckpointRef,
  CadenceInput,
  Cover,
  CoverageOptions,
  DeadItem,
  DeadLetterFilter,
  DeadLetterPage,
  DriftPage,
  DimensionInput,
  FailureAnswer,
  FinishRunOptions,
  ForceOptions,
  HandBackOptions,
  Holder,
  HwmInput,
  HwmValues,
  IntervalInput,
  LateRuleInput,
  LateRulePage,
  MarkOptions,
  Operation,
  PartitionFilter,
  PartitioningPage,
  PartitionKeyPage,
  PartitionKeysChange,
  PartitionMarkInput,
  PartitionOutcome,
  PartitionPage,
  PartitionsWanted,
  PlannedByHand,
  PlanOf,
  PlanRange,
  Progress,
  RekeyInput,
  ReporterOptions,
  Reset,
  RestoreOptions,
  ResumeRunOptions,
  RunFilter,
  RunWindowInput,
  SetHwmsOptions,
  SettleOptions,
  Skip,
  SkipNodeOptions,
  SourceBounds,
  StartRunOptions,
  StatePartInput,
  StopWorkerOptions,
  StreamSpec,
  Success,
  TransactionRef,
  TriggerOptions,
  UnderLease,
  UpTo,
  Wait,
  WindowLength,
  WindowOptions,
} from './operations/index.js';
export * as operations from './operations/index.js';
export { type LeaseOptions, Pipeline } from './pipeline.js';
export { type HwmAt, PipelineAt } from './pipeline-at.js';
export { type ListOptions, PipelineReads } from './pipeline-reads.js';
export { type HwmMove, Reader } from './reader.js';
export { Run } from './run.js';
export { Stream } from './stream.js';
export type {
  KeyPage,
  Store,
  StoredBackup,
  StoredBeat,
  StoredDamage,
  StoredJournal,
  StoredReset,
  StoredRetained,
  StoredTail,
  VersionedBytes,
} from './stores/contract.js';
export { StoreError, type StoreFailure } from './stores/error.js';
export { FileStore, type FileStoreOptions } from './stores/file.js';
export { MemoryStore } from './stores/memory.js';
export { SqlStore } from './stores/sql/store.js';
export { Decimal } from './values/decimal.js';
export { Json } from './values/json.js';
export { LocalDate, LocalTimestamp, Timestamp } from './values/timestamp.js';
export { TextValue } from './values/text-value.js';
export { Uint } from './values/uint.js';
export { Uuid } from './values/uuid.js';
export type { Value, ValueInput, ValueType } from './values/value.js';
export type { BatchStatus, BatchView, CoveredIntervals, Guarantee, SinkKind } from './views/batch.js';
export type { Cadence, CadenceUnit, CadenceView, WindowPage, WindowStatus, WindowView } from './views/cadence.js';
export type {
  Axis,
  ClaimView,
  Coverage,
  CoverageChanged,
  CoverageLine,
  CoverageStatus,
  Interval,
  Span,
} from './views/coverage.js';
export type { DeadLetter, Requeued } from './views/dead-letter.js';
export type { BackfillView, Plan, PlanApplied, PlanStep } from './views/plan.js';
export type { Change, Diff, Forked, Reverted } from './views/history.js';
export type { DriftKind, DriftReport, NodeDrift, RunWindow } from './views/drift.js';
export type {
  Arrivals,
  Arrived,
  LateAction,
  LateCount,
  LateCounts,
  LateData,
  LateLine,
  LateReport,
  LateRule,
  LateRuleView,
} from './views/late.js';
export type {
  Dimension,
  PartitionClaim,
  PartitionCounts,
  Partitioning,
  PartitionKeyView,
  PartitionMove,
  PartitionsChanged,
  PartitionsMoved,
  PartitionView,
} from './views/partition.js';
export type { HwmChange, HwmsSet, HwmView, Rewound } from './views/hwm.js';
export type {
  Beaten,
  Evidence,
  Held,
  Holding,
  LeaseView,
  StopAsked,
  StopView,
  WorkerStop,
  WorkerView,
} from './views/lease.js';
export type {
  BackedUp,
  BackupInfo,
  Damaged,
  Integrity,
  LostRange,
  Problem,
  Repaired,
  Validation,
} from './views/maintenance.js';
export type { Moment } from './views/moment.js';
export type { Artifact, Fingerprint, NodeSummary, SuccessView } from './views/node.js';
export type { HwmBound, HwmFunction, HwmSpec, Position } from './views/position.js';
export type { Decision, LogFact, LogRecord, NodeSpec, NodeWhy, PipelineView, RetryPolicy } from './views/pipeline.js';
export type {
  Deadline,
  Durations,
  Estimate,
  FailureView,
  NodeDuration,
  Recommendation,
  RunReport,
  StatusCount,
  WorkView,
} from './views/report.js';
export type {
  AttemptStatus,
  AttemptView,
  FinalStatus,
  NodeStatus,
  NodeView,
  Pause,
  RunStatus,
  RunView,
} from './views/run.js';
export type {
  Acknowledged,
  AcknowledgementView,
  Assignment,
  CheckpointPolicy,
  CheckpointStatus,
  CheckpointView,
  OperatorSpec,
  Reclaimable,
  StatePart,
  StreamRestored,
  StreamView,
  TransactionStatus,
  TransactionView,
  Triggered,
  TriggerWait,
} from './views/stream.js';
export type { Counts, CountsInput, Done, ErrorRecord, Reason, ReasonCode } from './views/shared.js';
