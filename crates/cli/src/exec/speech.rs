//! What `exec` says on stderr: one line for each thing that happens.

use std::time::Duration;

use chrono::{DateTime, Utc};
use highwater::answer::{Failed, StopAsked, StopCause, Wait};
use highwater::command::HwmUpdate;
use highwater::{Counts, ErrorRecord, ReasonCode};

use super::Work;
use super::attempt::Attempt;
use super::selection::Selected;
use crate::console::clean;
use crate::failure::Failure;
use crate::paint::Paint;
use crate::run::in_words;
use crate::shell::word;
use crate::time;

impl Work<'_> {
    pub(super) fn say_begun(&self, attempt: &Attempt<'_>) {
        let mut parts = vec![
            format!("attempt {}", attempt.go.attempt),
            format!("run {}", attempt.selected.run),
            format!("token {}", attempt.go.token),
        ];
        parts.extend(attempt.hwms.iter().map(|(name, value)| match value {
            Some(value) => format!("{name} = {}", clean(&value.to_text())),
            None => format!("{name} is not set yet"),
        }));
        if attempt.go.attempt > 1 || attempt.go.reason.code == ReasonCode::Changed {
            parts.push(clean(&attempt.go.reason.message));
        }
        self.line(Paint::Busy, ("▶", ">"), "begins", &parts);
    }

    pub(super) fn say_succeeded(&self, attempt: &Attempt<'_>, counts: Counts, moved: &[HwmUpdate]) {
        let mut parts = Vec::from([in_words(counts)]);
        let arrow = self.session.console.either("→", "->");
        parts.extend(moved.iter().map(|update| {
            let (name, after) = (&update.name, clean(&update.value.to_text()));
            match attempt.hwms.get(name).and_then(Option::as_ref) {
                Some(before) if *before == update.value => format!("{name} stays at {after}"),
                Some(before) => format!("{name} {} {arrow} {after}", clean(&before.to_text())),
                None => format!("{name} {arrow} {after}"),
            }
        }));
        let verb = format!("succeeded in {}", time::duration(attempt.duration_ms()));
        self.line(Paint::Good, ("✓", "ok"), &verb, &parts);
    }

    pub(super) fn say_failed(
        &self,
        attempt: &Attempt<'_>,
        error: &ErrorRecord,
        failed: &Failed,
        held_back: bool,
    ) {
        let mut parts = vec![clean(&error.message)];
        if held_back {
            parts.push("its positions were not taken".to_owned());
        }
        parts.push(match failed.retry_at_ms {
            Some(at_ms) => {
                let left = time::duration(at_ms.saturating_sub(time::now_ms()));
                format!("attempt {} in {left}", failed.attempts.saturating_add(1))
            }
            // What follows in brackets is the error, which was just said.
            None => {
                failed.reason.message.split(" (").next().map(clean).unwrap_or_default() + ", no more attempts"
            }
        });
        let verb = format!("failed after {} with {}", time::duration(attempt.duration_ms()), error.class);
        self.line(Paint::Bad, ("✗", "!!"), &verb, &parts);
    }

    pub(super) fn say_skipped(&self, selected: &Selected, why: &str) {
        let parts = [clean(why), format!("run {}", selected.run)];
        self.line(Paint::Good, ("↷", "--"), "skipped", &parts);
    }

    pub(super) fn say_waiting(&self, wait: &Wait) {
        if wait.reason.code == ReasonCode::RetryBackoff {
            let left = time::duration(wait.until_ms.saturating_sub(time::now_ms()));
            return self.line(
                Paint::Warn,
                ("↻", ".."),
                &format!("waits {left} before the next attempt"),
                &[],
            );
        }
        self.line(Paint::Warn, ("↻", ".."), "waits", &[clean(&wait.reason.message)]);
    }

    pub(super) fn say_stopping(&self, failure: &Failure) {
        self.line(Paint::Bad, ("✗", "!!"), "is being stopped", &[clean(&failure.message)]);
    }

    pub(super) fn say_asked(&self, asked: &StopAsked) {
        let by = asked.actor.as_ref().map(|actor| format!(" by {}", clean(actor))).unwrap_or_default();
        let verb = match asked.cause {
            StopCause::RunPaused => format!("goes on to its end in a run that is paused{by}"),
            StopCause::WorkerStopped => format!("is asked to stop{by}"),
        };
        self.line(Paint::Warn, ("‖", "--"), &verb, &[clean(&asked.reason)]);
    }

    pub(super) fn say_left(&self, selected: &Selected) {
        let parts = [format!("run {} stays open; the same call goes on with it", selected.run)];
        self.line(Paint::Warn, ("○", "--"), "interrupted", &parts);
    }

    pub(super) fn say_open(&self, selected: &Selected, why: &str) {
        let finish =
            format!("highwater run finish {} {}", word(&self.arguments.pipeline), word(&selected.run));
        self.line(Paint::Warn, ("○", "--"), "leaves its run open", &[clean(why), finish]);
    }

    pub(super) fn say_partial(&self, selected: &Selected, why: &str) {
        let parts = [format!("run {} ends as partial", selected.run), clean(why)];
        self.line(Paint::Warn, ("◐", "--"), "is not all of its pipeline", &parts);
    }

    pub(super) fn say_unavailable(&self, failure: &Failure, pause: Duration) {
        let parts =
            [clean(&failure.message), format!("again in {}", time::duration(time::milliseconds(pause)))];
        self.line(Paint::Warn, ("↻", ".."), "could not be recorded yet", &parts);
    }

    /// `23:11:02Z ✓ load succeeded in 3.2 s · 1,200 rows read`.
    fn line(
        &self,
        paint: Paint,
        (symbol, ascii): (&'static str, &'static str),
        verb: &str,
        parts: &[String],
    ) {
        let console = self.session.console;
        let clock = DateTime::<Utc>::from_timestamp_millis(time::now_ms())
            .map(|now| now.format("%H:%M:%SZ").to_string())
            .unwrap_or_default();
        let palette = console.words;
        let mut line = format!(
            "{} {} {} {verb}",
            palette.paint(Paint::Faint, &clock),
            palette.paint(paint, console.either(symbol, ascii)),
            palette.paint(Paint::Strong, &clean(&self.arguments.node)),
        );
        for part in parts.iter().filter(|part| !part.is_empty()) {
            line.push_str(&palette.paint(Paint::Faint, console.either(" · ", " | ")));
            line.push_str(part);
        }
        console.say(&line);
    }
}
