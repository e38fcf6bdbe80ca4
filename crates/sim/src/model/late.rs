//! Late data, number by number.

use std::collections::{BTreeMap, BTreeSet};

use highwater_core::ErrorKind;
use highwater_core::answer::{
    Answer, Arrivals, Arrived, LateData, LateLine, LateReport, LateRuleView, LateRules,
};
use highwater_core::command::{Arrival, Covered, DeclareLateRule, ListLateRules, ReportArrivals};
use highwater_format::fact::{Axis, CoverageStatus, Interval, LateAction, LateRule};

use super::coverage::{Line, intervals, line, numbers};
use super::{Refused, Trial, effect, is_named};

/// What is declared about late data, what came, and what attempts that run have not seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Late {
    /// By node; the one of all nodes has no name.
    rules: BTreeMap<String, LateRule>,
    pub(super) data: BTreeMap<Line, LateData>,
    /// The last token that was given out before the rows of a number were reported.
    unseen: BTreeMap<Line, BTreeMap<i64, u64>>,
}

impl Late {
    pub(super) fn rule(&self, node: &str) -> Option<&LateRule> {
        self.rules.get(node).or_else(|| self.rules.get(""))
    }

    /// Whether attempts that run may have missed something of such a line.
    pub(super) fn is_unseen(&self, of: &dyn Fn(&Line) -> bool) -> bool {
        self.unseen.iter().any(|(line, numbers)| of(line) && !numbers.is_empty())
    }

    pub(super) fn reports(&self, line: &Line) -> u64 {
        let data = self.data.get(line);
        data.map_or(0, |data| data.reopened.reports + data.recorded.reports + data.refused.reports)
    }

    /// All that was reported for a node.
    pub(super) fn lines(&self, node: &str) -> Vec<LateLine> {
        let of_node = self.data.iter().filter(|(line, _)| line.0 == node);
        let view = |(line, data): (&Line, &LateData)| LateLine {
            node: line.0.clone(),
            partition: partition(line),
            reopened: data.reopened,
            recorded: data.recorded,
            refused: data.refused,
        };
        of_node.map(view).collect()
    }
}

fn partition(line: &Line) -> Option<String> {
    (!line.1.is_empty()).then(|| line.1.clone())
}

/// What was decided about one node and partition.
struct Judged {
    line: Line,
    axis: Axis,
    rows: u64,
    reopened: Vec<i64>,
    recorded: Vec<i64>,
    refused: Vec<i64>,
    pending: Vec<i64>,
    unseen: Vec<i64>,
    upstream: Option<String>,
}

impl Judged {
    fn late(&self) -> impl Iterator<Item = &i64> {
        self.refused.iter().chain(&self.recorded).chain(&self.reopened)
    }

    fn answer(&self) -> Arrived {
        Arrived {
            node: self.line.0.clone(),
            partition: partition(&self.line),
            axis: self.axis,
            reopened: intervals(&self.reopened),
            recorded: intervals(&self.recorded),
            refused: intervals(&self.refused),
            pending: intervals(&self.pending),
            upstream: self.upstream.clone(),
        }
    }
}

fn sorted(numbers: impl IntoIterator<Item = i64>) -> Vec<i64> {
    numbers.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

impl Trial {
    pub(super) fn declare_late_rule(&mut self, command: &DeclareLateRule) -> Refused<Answer> {
        command.node.as_ref().map_or(Ok(()), |node| is_named(node))?;
        let node = command.node.clone().unwrap_or_default();
        let rules = &mut self.pipeline.late.rules;
        if rules.get(&node) == command.rule.as_ref() {
            return Ok(self.done(Vec::new()));
        }
        match &command.rule {
            None => drop(rules.remove(&node)),
            Some(rule) => drop(rules.insert(node.clone(), rule.clone())),
        }
        Ok(self.done(vec![effect::late_rule_declared(&node, command.rule.is_some())]))
    }

    pub(super) fn list_late_rules(&self, command: &ListLateRules) -> Answer {
        let limit = if command.limit == 0 { 100 } else { command.limit as usize };
        let mut views = self.pipeline.late.rules.iter().map(|(node, rule)| LateRuleView {
            node: (!node.is_empty()).then(|| node.clone()),
            rule: rule.clone(),
        });
        let rules = views.by_ref().take(limit).collect();
        Answer::LateRules(LateRules { rules, next: views.next().and_then(|view| view.node) })
    }

    pub(super) fn report_arrivals(&mut self, command: &ReportArrivals) -> Refused<Answer> {
        command.run.as_ref().map_or(Ok(()), |run| is_named(run))?;
        command.worker.as_ref().map_or(Ok(()), |worker| is_named(worker))?;
        if command.arrivals.is_empty() {
            return Err(ErrorKind::Invalid);
        }
        let mut all = Vec::new();
        for arrival in &command.arrivals {
            let own = self.judge(arrival)?;
            let goes_on = self.pipeline.late.rule(&arrival.node).is_some_and(|rule| rule.downstream);
            let after = if goes_on { self.judge_after(&own) } else { Vec::new() };
            all.push(own);
            all.extend(after);
        }
        let told: Vec<&Judged> =
            all.iter().filter(|it| it.late().next().is_some() || !it.unseen.is_empty()).collect();
        if !told.is_empty() {
            self.leave(effect::late_data_reported(told.len()));
        }
        told.iter().for_each(|it| self.take_note(it, command));
        let arrivals = all.iter().map(Judged::answer).collect();
        Ok(Answer::Arrivals(Arrivals { arrivals, version: self.version() }))
    }

    fn judge(&self, arrival: &Arrival) -> Refused<Judged> {
        use LateAction::{Record, Refuse, Reopen};
        let line = line(&arrival.node, arrival.partition.as_ref())?;
        let asked = numbers(&arrival.intervals)?;
        if asked.is_empty() {
            return Err(ErrorKind::Invalid);
        }
        let axis = self.axis(&arrival.node, arrival.axis)?;
        let rule = self.pipeline.late.rule(&arrival.node).cloned().unwrap_or_default();
        let window = |number: i64| self.window_of(&line.0, axis, number);
        let cut = rule.allowed.and_then(|allowed| {
            let front = self.last_done(&line)? + 1;
            Some(window(front.saturating_sub_unsigned(allowed)).start)
        });
        let is_done = |number: &i64| self.status_of(&line, *number) == CoverageStatus::Done;
        let is_closed = |number: &i64| is_done(number) || self.claimed_by(&line, *number).is_some();
        let action = |number: i64| match cut {
            Some(cut) if number < cut => rule.beyond,
            _ => rule.action,
        };
        let with = |wanted: LateAction| {
            asked.iter().copied().filter(move |it| is_closed(it) && action(*it) == wanted)
        };
        let reopen: Vec<i64> = with(Reopen).collect();
        let whole = reopen.iter().filter(|it| is_done(it)).flat_map(|it| numbers_of(window(*it)));
        let reopened: Vec<i64> = sorted(whole.filter(|it| is_done(it)));
        let pending = sorted(
            asked
                .iter()
                .copied()
                .filter(|it| !is_closed(it))
                .chain(reopen.iter().copied().filter(|it| !is_done(it))),
        );
        let missed = reopened.iter().chain(&pending).flat_map(|it| numbers_of(window(*it)));
        let unseen = if self.is_working(&line.0) { sorted(missed) } else { Vec::new() };
        Ok(Judged {
            axis,
            rows: arrival.rows,
            reopened,
            recorded: with(Record).collect(),
            refused: with(Refuse).collect(),
            pending,
            unseen,
            upstream: None,
            line,
        })
    }

    fn judge_after(&self, of: &Judged) -> Vec<Judged> {
        let changed = sorted(of.reopened.iter().chain(&of.unseen).copied());
        let mut all = Vec::new();
        for node in self.pipeline.after(&of.line.0) {
            let line = (node, of.line.1.clone());
            if changed.is_empty() || self.pipeline.covers_axis(&line.0) != Some(of.axis) {
                continue;
            }
            let window = |number: i64| self.window_of(&line.0, of.axis, number);
            let is_done = |number: &i64| self.status_of(&line, *number) == CoverageStatus::Done;
            let whole = changed.iter().filter(|it| is_done(it)).flat_map(|it| numbers_of(window(*it)));
            let reopened = sorted(whole.filter(|it| is_done(it)));
            let unseen = sorted(changed.iter().flat_map(|it| numbers_of(window(*it))));
            let unseen = if self.is_working(&line.0) { unseen } else { Vec::new() };
            if reopened.is_empty() && unseen.is_empty() {
                continue;
            }
            all.push(Judged {
                line,
                axis: of.axis,
                rows: 0,
                reopened,
                recorded: Vec::new(),
                refused: Vec::new(),
                pending: Vec::new(),
                unseen,
                upstream: Some(of.line.0.clone()),
            });
        }
        all
    }

    fn take_note(&mut self, it: &Judged, command: &ReportArrivals) {
        let reason = match (&it.upstream, &command.run, &command.worker) {
            (Some(upstream), _, _) => format!("late data of node `{upstream}`"),
            (None, Some(run), _) => format!("late data, reported by run `{run}`"),
            (None, None, Some(worker)) => format!("late data, reported by {worker}"),
            (None, None, None) => "late data".to_owned(),
        };
        // An arrival before it in the same command may have been faster.
        let is_done = |number: &&i64| self.status_of(&it.line, **number) == CoverageStatus::Done;
        let reopened: Vec<i64> = it.reopened.iter().filter(is_done).copied().collect();
        self.put(&it.line, &reopened, CoverageStatus::Stale, None, Some(reason.clone()), None);
        self.follow(&it.line, None, Some(&reason), None);
        let token = self.pipeline.token;
        let unseen = self.pipeline.late.unseen.entry(it.line.clone()).or_default();
        unseen.extend(it.unseen.iter().map(|number| (*number, token)));
        let action = match (it.refused.is_empty(), it.recorded.is_empty()) {
            (false, _) => LateAction::Refuse,
            (_, false) => LateAction::Record,
            _ => LateAction::Reopen,
        };
        let (Some(first), Some(last)) = (it.late().min(), it.late().max()) else { return };
        let report = LateReport {
            version: self.next,
            at_ms: 0,
            action,
            start: *first,
            end: last + 1,
            rows: it.rows,
            run: command.run.clone(),
            worker: command.worker.clone(),
            upstream: it.upstream.clone(),
        };
        let data = self.pipeline.late.data.entry(it.line.clone()).or_default();
        let count = match action {
            LateAction::Reopen => &mut data.reopened,
            LateAction::Record => &mut data.recorded,
            LateAction::Refuse => &mut data.refused,
        };
        count.reports += 1;
        count.rows += it.rows;
        data.last.insert(0, report);
        data.last.truncate(32);
    }

    /// What the attempt with this token has just marked as done without having seen all of it is stale.
    pub(super) fn outdate(&mut self, (run, token): (&str, u64), node: &str, done: &[(Line, Vec<i64>)]) {
        let mut stale: BTreeMap<&Line, BTreeSet<i64>> = BTreeMap::new();
        for (line, numbers) in done {
            let Some(unseen) = self.pipeline.late.unseen.get(line) else { continue };
            let missed = numbers.iter().filter(|it| unseen.get(it).is_some_and(|last| token <= *last));
            stale.entry(line).or_default().extend(missed);
        }
        for (line, numbers) in stale.into_iter().filter(|(_, numbers)| !numbers.is_empty()) {
            let numbers = sorted(numbers);
            self.leave(effect::marked(node, CoverageStatus::Stale, &intervals(&numbers)));
            let reason = format!("late data was reported while run `{run}` worked on it");
            self.put(line, &numbers, CoverageStatus::Stale, None, Some(reason.clone()), None);
            self.follow(line, None, Some(&reason), None);
        }
    }

    /// What is said to be done in a report.
    pub(super) fn lines_covered(node: &str, covered: &[Covered]) -> Refused<Vec<(Line, Vec<i64>)>> {
        let each = |it: &Covered| Ok((line(node, it.partition.as_ref())?, numbers(&it.intervals)?));
        covered.iter().filter(|it| !it.intervals.is_empty()).map(each).collect()
    }

    /// What no attempt that runs could have missed is of no account.
    pub(super) fn forget_seen(&mut self) {
        let leases = &self.pipeline.leases;
        let oldest = |node: &String| {
            let of_node = leases.values().filter(|it| it.attempt.as_ref().is_some_and(|it| it.1 == *node));
            let in_doubt = self.pipeline.tokens_in_doubt(node);
            of_node.map(|it| it.token).chain(in_doubt).min().unwrap_or(u64::MAX)
        };
        let lines = self.pipeline.late.unseen.keys();
        let oldest: BTreeMap<Line, u64> = lines.map(|line| (line.clone(), oldest(&line.0))).collect();
        for (line, unseen) in &mut self.pipeline.late.unseen {
            unseen.retain(|_, token| *token >= oldest[line]);
        }
        self.pipeline.late.unseen.retain(|_, unseen| !unseen.is_empty());
    }

    fn is_working(&self, node: &str) -> bool {
        let holds = |it: &super::Lease| it.attempt.as_ref().is_some_and(|it| it.1 == node);
        self.pipeline.leases.values().any(holds) || !self.pipeline.tokens_in_doubt(node).is_empty()
    }
}

fn numbers_of(window: Interval) -> std::ops::Range<i64> {
    window.start..window.end
}
