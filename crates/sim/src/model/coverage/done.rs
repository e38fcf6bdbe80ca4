//! What attempts and batches say is done.

use highwater_core::ErrorKind;
use highwater_core::answer::BatchView;
use highwater_core::command::Covered;
use highwater_format::fact::{Axis, CoverageStatus, CoveredIntervals};

use super::{Line, intervals, line, numbers};
use crate::model::{Refused, Trial, effect};

/// What is done of a node and partition.
pub(in crate::model) struct Mark {
    line: Line,
    axis: Axis,
    done: Vec<i64>,
}

impl Mark {
    fn of(node: &str, told: &CoveredIntervals) -> Mark {
        let done = numbers(&told.intervals).unwrap_or_default();
        Mark { line: (node.to_owned(), told.partition.clone().unwrap_or_default()), axis: told.axis, done }
    }

    pub(in crate::model) fn told(&self) -> CoveredIntervals {
        let partition = Some(self.line.1.clone()).filter(|partition| !partition.is_empty());
        CoveredIntervals { partition, axis: self.axis, intervals: intervals(&self.done) }
    }
}

impl Trial {
    pub(in crate::model) fn covered(&mut self, run: &str, node: &str, covered: &[Covered]) -> Refused<()> {
        let marks = self.check_covered(run, node, covered)?;
        if !marks.is_empty() && self.pipeline.has_prepared(run, node) {
            return Err(ErrorKind::Conflict);
        }
        self.cover(run, node, marks);
        Ok(())
    }

    /// What an attempt says that it has done, if it may say so.
    pub(in crate::model) fn check_covered(
        &self,
        run: &str,
        node: &str,
        covered: &[Covered],
    ) -> Refused<Vec<Mark>> {
        let mut marks = Vec::new();
        let mut axes = Vec::new();
        for Covered { partition, axis, intervals: done } in
            covered.iter().filter(|it| !it.intervals.is_empty())
        {
            let line = line(node, partition.as_ref())?;
            let done = numbers(done)?;
            let axis = self.axis(node, *axis)?;
            axes.push(axis);
            if axes[0] != axis {
                return Err(ErrorKind::Invalid);
            }
            if done.iter().any(|it| self.claimed_by(&line, *it).is_some_and(|owner| owner != run)) {
                return Err(ErrorKind::Conflict);
            }
            marks.push(Mark { line, axis, done });
        }
        Ok(marks)
    }

    pub(in crate::model) fn cover(&mut self, run: &str, node: &str, marks: Vec<Mark>) {
        for Mark { line, axis, done } in marks {
            self.leave(effect::marked(node, CoverageStatus::Done, &intervals(&done)));
            if let Some(claims) = self.pipeline.covers.claims.get_mut(&line) {
                done.iter().for_each(|number| drop(claims.remove(number)));
            }
            self.pipeline.covers.axes.insert(line.clone(), axis);
            self.put(&line, &done, CoverageStatus::Done, Some(run.to_owned()), None, None);
            self.done_in_run(run, &line, axis, &done);
            self.follow(&line, Some(run), None, None);
        }
    }

    /// What the batch says is done is done, and nobody works on it any more.
    pub(in crate::model) fn cover_batch(&mut self, batch: &BatchView) {
        let marks: Vec<Mark> = batch.covered.iter().map(|told| Mark::of(&batch.node, told)).collect();
        for Mark { line, done, .. } in &marks {
            let claims = self.pipeline.covers.claims.get_mut(line);
            claims.into_iter().for_each(|claims| claims.retain(|number, _| !done.contains(number)));
        }
        let done: Vec<_> = marks.iter().map(|mark| (mark.line.clone(), mark.done.clone())).collect();
        let token = self.pipeline.token_behind(batch);
        self.cover(&batch.run, &batch.node, marks);
        self.outdate((&batch.run, token), &batch.node, &done);
    }
}
