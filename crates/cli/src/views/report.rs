//! Reports of runs.

use highwater::answer::RunReport;
use serde::Serialize;

use crate::time::rfc3339;

/// What a run came to: the report as the engine gives it, with its times in words.
#[derive(Debug, Serialize)]
pub(crate) struct ReportData<'a> {
    pipeline: &'a str,
    #[serde(flatten)]
    report: &'a RunReport,
    started_at: Option<String>,
    finished_at: Option<String>,
    estimated_finish_at: Option<String>,
    deadline_at: Option<String>,
}

impl<'a> ReportData<'a> {
    /// The report of a run of this pipeline.
    pub(crate) fn new(pipeline: &'a str, report: &'a RunReport) -> ReportData<'a> {
        ReportData {
            pipeline,
            report,
            started_at: rfc3339(report.started_at_ms),
            finished_at: report.finished_at_ms.and_then(rfc3339),
            deadline_at: report.deadline.and_then(|deadline| rfc3339(deadline.at_ms)),
            estimated_finish_at: report.estimate.as_ref().and_then(|estimate| rfc3339(estimate.finish_at_ms)),
        }
    }
}
