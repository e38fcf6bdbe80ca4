//! Workers: their beats, and what they hold.

use std::collections::BTreeMap;

use crate::answer::{Answer, Beaten, Holding, WorkerView};
use crate::command::Beat;
use crate::decide::{Context, Decided, Need, Stop};
use crate::order::sorted;
use crate::row::LeaseRow;
use crate::state::State;
use crate::{names, stop};

pub(crate) fn beat(context: &Context<'_>, command: &Beat) -> Result<Decided, Stop> {
    names::check_name("the worker", &command.worker)?;
    names::check_length("the place of the worker", &command.place, crate::limits::NAME_BYTES)?;
    if !context.fetched.beats_of.contains(&command.worker) {
        return Err(Stop::Need(Need::WriteBeat {
            worker: command.worker.clone(),
            place: command.place.clone(),
        }));
    }
    let leases = held_by(context.state, &command.worker);
    let stop = leases_of(context.state, &command.worker);
    let stop = stop.filter_map(|row| stop::asked_of(context.state, row)).collect();
    Decided::answer(Answer::Beaten(Beaten { leases, stop }))
}

/// The leases of one worker, by name.
pub(crate) fn held_by(state: &State, worker: &str) -> Vec<Holding> {
    leases_of(state, worker).map(holding).collect()
}

/// The same as rows.
pub(crate) fn leases_of<'a>(state: &'a State, worker: &str) -> impl Iterator<Item = &'a LeaseRow> {
    state.leases.iter().map(|(_, row)| row).filter(move |row| row.worker == worker)
}

pub(crate) fn holding(row: &LeaseRow) -> Holding {
    Holding { lease: row.name.clone(), token: row.token }
}

pub(crate) fn list(context: &Context<'_>) -> Result<Decided, Stop> {
    if !context.fetched.beats {
        return Err(Stop::Need(Need::Beats));
    }
    let mut workers = Workers::default();
    for (worker, beat) in &context.watch.beats {
        let view = workers.view(worker);
        view.beat = Some(beat.number);
        view.beat_at_ms = Some(beat.at_ms);
        view.place = Some(beat.place.clone());
    }
    for (_, row) in context.state.leases.iter() {
        let view = workers.view(&row.worker);
        view.leases.push(holding(row));
    }
    for (worker, row) in context.state.stops.iter() {
        workers.view(worker).stop = Some(stop::view(&row.fact));
    }
    Decided::answer(Answer::Workers(sorted(workers.views, |a, b| a.worker.cmp(&b.worker))))
}

/// What is known of workers, as it is gathered.
#[derive(Default)]
struct Workers<'a> {
    places: BTreeMap<&'a str, usize>,
    views: Vec<WorkerView>,
}

impl<'a> Workers<'a> {
    fn view(&mut self, worker: &'a str) -> &mut WorkerView {
        let place = *self.places.entry(worker).or_insert(self.views.len());
        if place == self.views.len() {
            self.views.push(WorkerView { worker: worker.to_owned(), ..WorkerView::default() });
        }
        &mut self.views[place]
    }
}
