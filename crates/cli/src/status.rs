//! Statuses with a symbol and a colour.

use comfy_table::Cell;
use highwater::{
    AttemptStatus, BackfillStatus, CoverageStatus, NodeStatus, PlanAction, RunStatus, WindowStatus,
};

use crate::console::Console;
use crate::paint::{Paint, cell};

/// How a status looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    symbol: &'static str,
    paint: Paint,
    name: &'static str,
}

/// What has a status that people see.
pub(crate) trait Status {
    /// How it looks.
    fn look(self) -> Look;
}

const GOOD: (&str, Paint) = ("✓", Paint::Good);
const CACHED: (&str, Paint) = ("≡", Paint::Good);
const BAD: (&str, Paint) = ("✗", Paint::Bad);
const BUSY: (&str, Paint) = ("●", Paint::Busy);
const HALF: (&str, Paint) = ("◐", Paint::Warn);
const WAITING: (&str, Paint) = ("↻", Paint::Warn);
const IDLE: (&str, Paint) = ("○", Paint::Faint);
const STOPPED: (&str, Paint) = ("⊘", Paint::Faint);
const PAUSED: (&str, Paint) = ("‖", Paint::Warn);

fn look((symbol, paint): (&'static str, Paint), name: &'static str) -> Look {
    Look { symbol, paint, name }
}

impl Status for RunStatus {
    fn look(self) -> Look {
        let kind = match self {
            RunStatus::Running => BUSY,
            RunStatus::Paused => PAUSED,
            RunStatus::Succeeded => GOOD,
            RunStatus::Partial => HALF,
            RunStatus::Failed | RunStatus::Crashed => BAD,
            RunStatus::Cancelled => STOPPED,
        };
        look(kind, self.name())
    }
}

impl Status for NodeStatus {
    fn look(self) -> Look {
        let kind = match self {
            NodeStatus::Pending => IDLE,
            NodeStatus::Running => BUSY,
            NodeStatus::Waiting => WAITING,
            NodeStatus::Succeeded => GOOD,
            NodeStatus::Failed | NodeStatus::UpstreamFailed => BAD,
            NodeStatus::Cancelled | NodeStatus::Skipped => STOPPED,
            NodeStatus::Cached => CACHED,
        };
        look(kind, self.name())
    }
}

impl Status for AttemptStatus {
    fn look(self) -> Look {
        let kind = match self {
            AttemptStatus::Running => BUSY,
            AttemptStatus::Succeeded => GOOD,
            AttemptStatus::Failed | AttemptStatus::Crashed => BAD,
            AttemptStatus::Cancelled => STOPPED,
            AttemptStatus::HandedBack => WAITING,
        };
        look(kind, self.name())
    }
}

impl Status for CoverageStatus {
    fn look(self) -> Look {
        match self {
            CoverageStatus::Missing => look(IDLE, "missing"),
            CoverageStatus::Done => look(GOOD, "done"),
            CoverageStatus::Failed => look(BAD, "failed"),
            CoverageStatus::Stale => look(WAITING, "stale"),
        }
    }
}

impl Status for PlanAction {
    fn look(self) -> Look {
        match self {
            PlanAction::Run => look(BUSY, "run"),
            PlanAction::Skip => look(GOOD, "skip"),
            PlanAction::Wait => look(WAITING, "wait"),
        }
    }
}

impl Status for BackfillStatus {
    fn look(self) -> Look {
        let kind = match self {
            BackfillStatus::Running => BUSY,
            BackfillStatus::Paused => WAITING,
            BackfillStatus::Cancelled => STOPPED,
            BackfillStatus::Done => GOOD,
        };
        look(kind, self.name())
    }
}

impl Status for WindowStatus {
    fn look(self) -> Look {
        match self {
            WindowStatus::Open => look(IDLE, "open"),
            WindowStatus::Missing => look(IDLE, "missing"),
            WindowStatus::Partial => look(HALF, "partial"),
            WindowStatus::Running => look(BUSY, "running"),
            WindowStatus::Failed => look(BAD, "failed"),
            WindowStatus::Stale => look(WAITING, "stale"),
            WindowStatus::Done => look(GOOD, "done"),
        }
    }
}

impl Look {
    /// The name alone.
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// Symbol and name, or the name alone where there are no symbols.
    pub(crate) fn words(self, console: &Console) -> String {
        if console.unicode { format!("{} {}", self.symbol, self.name) } else { self.name.to_owned() }
    }

    /// The same in a line.
    pub(crate) fn painted(self, console: &Console) -> String {
        console.data.paint(self.paint, &self.words(console))
    }

    /// The same in a table.
    pub(crate) fn cell(self, console: &Console) -> Cell {
        cell(self.paint, self.words(console))
    }
}
