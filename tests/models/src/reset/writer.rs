//! A process that appends: `append.rs`, `create.rs` and `pending.rs`, one step for each look at the folder or a file and each change.

use super::folder::{File, Folder, Frame, Scan};
use super::{Rule, Said};

/// A segment that a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tail {
    file: usize,
    first: u8,
    /// So many of its frames were looked at.
    looked_at: usize,
    found: Scan,
    settled: bool,
}

/// Where a process stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is asked nothing.
    #[default]
    Idle,
    /// It looks at the segment that it has open.
    CatchUp,
    /// It lists the folder.
    List,
    /// It opens the last segment.
    Open(u8),
    /// It lists again.
    Confirm(Tail),
    /// It lists what is pending.
    Settle,
    /// It withdraws that, one after the other.
    Withdraw(Vec<u8>),
    /// It writes its record to the segment that it has open.
    Write,
    /// It looks at what lies before its record.
    Look(usize),
    /// It seals the segment.
    Seal,
    /// It gives the next segment, with its record in it, its name.
    Link(u8),
    /// It lists the folder, to see whether that counts.
    ListMade(usize),
    /// It withdraws what is pending, and lists again.
    WithdrawMade(usize, Vec<u8>),
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Writer {
    /// The owner of its records.
    pub owner: u8,
    /// How many records it is still to append.
    pub left: u8,
    /// The version that its record is for, once it knows.
    target: u8,
    start: u8,
    tail: Option<Tail>,
    /// Where it stands.
    pub step: Step,
}

impl Writer {
    /// A process that was just started.
    pub fn new(owner: u8, left: u8) -> Writer {
        Writer { owner, left, target: 0, start: 0, tail: None, step: Step::Idle }
    }

    /// Lets it have the segment with this name open, as one that took it into use when nothing was pending.
    pub fn opens(&mut self, folder: &Folder, first: u8) {
        self.tail = Some(Tail { settled: true, ..Tail::load(folder, first) });
    }

    /// The process dies and is started again.
    pub fn restart(&mut self) {
        *self = Writer::new(self.owner + 1, self.left);
    }

    /// The next step.
    pub fn advance(&mut self, folder: &mut Folder, rule: Rule) -> Said {
        match std::mem::take(&mut self.step) {
            Step::Idle => {
                self.left -= 1;
                self.target = 0;
                self.step = Step::CatchUp;
            }
            Step::CatchUp => {
                if let Some(tail) = &mut self.tail
                    && tail.catch_up(folder)
                {
                    return self.decide();
                }
                self.step = Step::List;
            }
            Step::List => return self.list(folder),
            Step::Open(first) => self.step = Step::Confirm(Tail::load(folder, first)),
            Step::Confirm(mut tail) => {
                let listing = folder.list();
                if listing.segments.last() != Some(&tail.first) {
                    self.step = Step::List;
                    return Said::Nothing;
                }
                tail.settled = listing.pending.is_empty();
                self.tail = Some(tail);
                return self.decide();
            }
            Step::Settle => self.step = Step::Withdraw(folder.list().pending),
            Step::Withdraw(mut pending) => match pending.pop() {
                Some(whose) => {
                    let came_first = folder.withdraw(whose);
                    self.step = Step::Withdraw(pending);
                    return if came_first { Said::Withdrew } else { Said::Nothing };
                }
                None => {
                    self.tail = None;
                    self.step = Step::List;
                }
            },
            Step::Write => {
                let Some(tail) = &self.tail else { return Said::Nothing };
                let frames = &mut folder.files[tail.file].frames;
                frames.push(Frame::Record(self.target, self.owner));
                self.step = Step::Look(frames.len() - 1);
            }
            Step::Look(at) => {
                let Some(tail) = &mut self.tail else { return Said::Nothing };
                let file = &folder.files[tail.file];
                let before = file.scan(at);
                tail.found = file.scan(at + 1);
                tail.looked_at = at + 1;
                let won = before.head + 1 == self.target && !before.sealed;
                self.step = if won { Step::Seal } else { Step::CatchUp };
                return if won { Said::Holds(self.target, self.owner) } else { Said::Nothing };
            }
            Step::Seal => {
                if let Some(tail) = &self.tail {
                    folder.files[tail.file].frames.push(Frame::Seal(tail.found.head + 1));
                }
            }
            Step::Link(first) => return self.link(folder, rule, first),
            Step::ListMade(file) => return self.confirm(folder, rule, file),
            Step::WithdrawMade(file, mut pending) => match pending.pop() {
                Some(whose) => {
                    let came_first = folder.withdraw(whose);
                    self.step = Step::WithdrawMade(file, pending);
                    return if came_first { Said::Withdrew } else { Said::Nothing };
                }
                None => self.step = Step::ListMade(file),
            },
        }
        Said::Nothing
    }

    fn list(&mut self, folder: &Folder) -> Said {
        let listing = folder.list();
        self.start = listing.start;
        self.tail = self.tail.filter(|tail| tail.first > listing.start);
        match listing.segments.last() {
            Some(last) if self.tail.is_none_or(|tail| tail.first < *last) => self.step = Step::Open(*last),
            _ => return self.decide(),
        }
        Said::Nothing
    }

    /// The middle of `append`: what becomes of the version.
    fn decide(&mut self) -> Said {
        let head = self.tail.map_or(self.start, |tail| tail.found.head);
        if self.target == 0 {
            self.target = head + 1;
        }
        self.step = match self.tail {
            // Taken.
            _ if self.target <= head => Step::Idle,
            Some(tail) if !tail.settled => Step::Settle,
            Some(tail) if !tail.found.sealed => Step::Write,
            _ => Step::Link(head + 1),
        };
        Said::Nothing
    }

    fn link(&mut self, folder: &mut Folder, rule: Rule, first: u8) -> Said {
        if self.tail.is_some_and(|tail| tail.found.head < tail.first) {
            // An empty one that was stopped: it says so.
            return Said::Nothing;
        }
        let frames = match rule {
            Rule::MakesEmptySegments => Vec::new(),
            _ => vec![Frame::Record(first, self.owner)],
        };
        match folder.link(first, frames) {
            None => self.step = Step::CatchUp,
            Some(_) if rule == Rule::MakesEmptySegments => self.step = Step::CatchUp,
            Some(file) => self.step = Step::ListMade(file),
        }
        Said::Nothing
    }

    /// `confirm`: whether the segment that it has made is what the journal goes on with.
    fn confirm(&mut self, folder: &Folder, rule: Rule, file: usize) -> Said {
        let (listing, made) = (folder.list(), &folder.files[file]);
        let holds = Said::Holds(made.first, self.owner);
        let later = listing.segments.last().is_some_and(|last| *last > made.first);
        if listing.start > self.start && rule != Rule::LinkDecides {
            self.tail = None;
            // Otherwise taken, or unknown.
            return if made.is_used() { holds } else { Said::Lost };
        }
        if !listing.pending.is_empty() && !matches!(rule, Rule::LinkDecides | Rule::IgnoresPending) {
            self.step = Step::WithdrawMade(file, listing.pending);
            return Said::Nothing;
        }
        self.tail = Some(Tail { settled: true, ..Tail::of(folder, file, 1) });
        self.step = if later { Step::Idle } else { Step::Seal };
        holds
    }
}

impl Tail {
    fn of(folder: &Folder, file: usize, looked_at: usize) -> Tail {
        let File { first, .. } = &folder.files[file];
        Tail { file, first: *first, looked_at, found: folder.files[file].scan(looked_at), settled: false }
    }

    fn load(folder: &Folder, first: u8) -> Tail {
        let file = folder.names[&first];
        Tail::of(folder, file, folder.files[file].frames.len())
    }

    /// Takes into account what others wrote. Whether it goes on.
    fn catch_up(&mut self, folder: &Folder) -> bool {
        self.looked_at = folder.files[self.file].frames.len();
        self.found = folder.files[self.file].look();
        !self.found.sealed
    }
}
