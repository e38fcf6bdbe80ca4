//! A process that appends: the steps of `append.rs` and `journal.rs`, one for each look at the disk and each change of it.

use super::disk::{Disk, Frame, scan};
use super::{Broken, Rule};

/// What a process knows of the last segment: the model's `Segment`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tail {
    file: usize,
    first: u8,
    /// Behind the last valid frame that it knows.
    pub end: usize,
    /// The last version that it knows.
    pub head: u8,
    sealed: bool,
    /// So much of the file has it flushed, or seen flushed.
    pub durable_end: usize,
    /// It has flushed the name.
    pub name_durable: bool,
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
    /// It opens the last segment of the listing.
    Open(u8),
    /// It lists again, to see that what it opened is the last one still.
    Confirm(Tail),
    /// It flushes what others wrote, before it builds on it (`make_durable`), then does the next.
    Durable(Next),
    /// It flushes the names.
    DurableName(Next),
    /// It writes a record, or a seal.
    Write {
        /// A seal.
        seal: bool,
    },
    /// It looks at what lies between.
    Look {
        /// Its frame is a seal.
        seal: bool,
        /// Where its frame is.
        start: usize,
    },
    /// It flushes its own frame.
    Sync {
        /// Its frame is a seal.
        seal: bool,
        /// Where its frame is.
        start: usize,
    },
    /// It gives the next segment, with its record in it, the name of this version.
    Make(u8),
    /// It flushes the name of this file.
    SyncMade(usize),
    /// It lists the folder, to see whether this file is what the journal goes on with (`confirm`).
    ListMade(usize),
}

/// What comes after the flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// The record is written.
    Write,
    /// The segment after the sealed one is made.
    Make,
    /// The caller is told what stands in the journal.
    Tell,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Writer {
    /// Which process, and how often it was started: the owner of its records.
    pub owner: u8,
    /// The last version that its caller was told; the next append is for the one after it.
    pub told: u8,
    /// The segment that it has open.
    pub tail: Option<Tail>,
    /// Where it stands.
    pub step: Step,
}

/// What a process does in one step, beside changing the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// Its caller may rely on this: the version was won by the owner.
    Holds(u8, u8),
    /// It claims something that must not be.
    Wrong(Broken),
}

impl Writer {
    /// Process number `at`, just started. A restart adds one to its owner.
    pub fn new(at: u8) -> Writer {
        Writer { owner: at * 16, ..Writer::default() }
    }

    /// The process dies and is started again.
    pub fn restart(&mut self) {
        *self = Writer { owner: self.owner + 1, ..Writer::default() };
    }

    /// The next step. `torn` lets a write stop half-way.
    pub fn advance(&mut self, disk: &mut Disk, rule: Rule, per_segment: u8, torn: bool) -> Said {
        match self.step.clone() {
            Step::Idle => self.step = Step::CatchUp,
            Step::CatchUp => {
                if let Some(tail) = &mut self.tail
                    && tail.catch_up(disk)
                {
                    return self.decide(disk, rule);
                }
                self.step = Step::List;
            }
            Step::List => return self.list(disk, rule),
            Step::Open(first) => match disk.names.get(&first) {
                None => self.step = Step::List,
                Some(file) => self.step = Step::Confirm(Tail::load(disk, *file)),
            },
            Step::Confirm(tail) => {
                if disk.last() == Some(tail.first) || rule == Rule::NoSecondListing {
                    self.adopt(tail);
                    return self.decide(disk, rule);
                }
                self.step = Step::List;
            }
            Step::Durable(next) => {
                if let Some(tail) = &mut self.tail {
                    disk.sync(tail.file);
                    tail.durable_end = tail.end;
                }
                return self.durable(disk, rule, next);
            }
            Step::DurableName(next) => {
                disk.sync_names();
                if let Some(tail) = &mut self.tail {
                    tail.name_durable = true;
                }
                return self.durable(disk, rule, next);
            }
            Step::Write { seal } => self.write(disk, rule, seal, torn),
            Step::Look { seal, start } => return self.look(disk, rule, seal, start),
            Step::Sync { seal, start } => return self.sync(disk, rule, per_segment, seal, start),
            Step::Make(first) => {
                let made = disk.link(first, self.owner);
                self.step = made.map_or(Step::CatchUp, Step::SyncMade);
            }
            Step::SyncMade(file) => {
                if rule != Rule::NamesNotFlushed {
                    disk.sync_names();
                }
                self.step = Step::ListMade(file);
            }
            Step::ListMade(file) => return self.confirm(disk, rule, per_segment, file),
        }
        Said::Nothing
    }

    /// The link says that the name was free; this, whether the record counts.
    fn confirm(&mut self, disk: &mut Disk, rule: Rule, per_segment: u8, file: usize) -> Said {
        let first = disk.files[file].first;
        let overtaken = disk.last().is_some_and(|last| last > first);
        let used = disk.files[file].frames.len() > 1;
        if overtaken && !used && rule != Rule::LinkDecides {
            disk.unlink(file);
            self.step = Step::CatchUp;
            return Said::Nothing;
        }
        let tail =
            Tail { file, first, end: 1, head: first, durable_end: 1, name_durable: true, sealed: false };
        self.tail = Some(tail);
        self.ended(rule, per_segment)
    }

    fn list(&mut self, disk: &Disk, rule: Rule) -> Said {
        match disk.last() {
            None if self.tail.is_some() || !disk.snapshot.is_empty() => return Said::Wrong(Broken::Empty),
            None => self.step = Step::Make(1),
            Some(last) if self.tail.as_ref().is_some_and(|tail| tail.first >= last) => {
                return self.decide(disk, rule);
            }
            Some(last) => self.step = Step::Open(last),
        }
        Said::Nothing
    }

    fn adopt(&mut self, mut tail: Tail) {
        if let Some(earlier) = self.tail.as_ref().filter(|earlier| earlier.file == tail.file) {
            tail.durable_end = earlier.durable_end;
            tail.name_durable = earlier.name_durable;
        }
        self.tail = Some(tail);
    }

    /// The middle of `append`: what the segment says about the version.
    fn decide(&mut self, disk: &Disk, rule: Rule) -> Said {
        let Some(tail) = &self.tail else { return Said::Nothing };
        let version = self.told + 1;
        if version <= tail.head {
            if tail.owner_of(disk, version) == Some(self.owner) {
                return Said::Wrong(Broken::WinnerNotTold);
            }
            return self.durable(disk, rule, Next::Tell);
        }
        if version > tail.head + 1 {
            return Said::Wrong(Broken::Gap);
        }
        let next = if tail.sealed { Next::Make } else { Next::Write };
        self.durable(disk, rule, next)
    }

    /// `make_durable`, which costs nothing when all is durable, and then what comes after it.
    fn durable(&mut self, disk: &Disk, rule: Rule, next: Next) -> Said {
        let Some(tail) = &self.tail else { return Said::Nothing };
        let builds = matches!(next, Next::Write | Next::Make);
        if tail.durable_end < tail.end && !(rule == Rule::BuildsOnUnflushed && builds) {
            self.step = Step::Durable(next);
            return Said::Nothing;
        }
        if !tail.name_durable && rule != Rule::NamesNotFlushed {
            self.step = Step::DurableName(next);
            return Said::Nothing;
        }
        let head = tail.head;
        match next {
            Next::Write => self.step = Step::Write { seal: false },
            Next::Make => self.step = Step::Make(head + 1),
            Next::Tell => {
                let owner = tail.owner_of(disk, head);
                self.told = head;
                self.step = Step::Idle;
                return owner.map_or(Said::Nothing, |owner| Said::Holds(head, owner));
            }
        }
        Said::Nothing
    }

    fn write(&mut self, disk: &mut Disk, rule: Rule, seal: bool, torn: bool) {
        let Some(tail) = &mut self.tail else { return };
        let frames = &mut disk.files[tail.file].frames;
        let start = frames.len();
        if torn {
            frames.push(Frame::Torn);
            self.step = Step::Idle;
            return;
        }
        frames.push(if seal { Frame::Seal(tail.head + 1) } else { Frame::Record(self.told + 1, self.owner) });
        if rule == Rule::LooksBeforeItWrites {
            tail.end = start;
        }
        self.step = Step::Look { seal, start };
    }

    /// The middle of `claim`: the frame is in its place for good, and so is everything before it.
    fn look(&mut self, disk: &Disk, rule: Rule, seal: bool, start: usize) -> Said {
        let Some(tail) = &mut self.tail else { return Said::Nothing };
        if start > tail.end {
            let found = scan(&disk.files[tail.file].frames, tail.end, start + 1, tail.head);
            if found.corrupt {
                return Said::Wrong(Broken::Damage);
            }
            let first = found.winners.first().map(|(at, _)| *at).or(found.sealed_at);
            tail.head += found.winners.len() as u8;
            tail.sealed = found.sealed_at.is_some();
            tail.end = found.end;
            if first != Some(start) {
                self.step = if seal { Step::Idle } else { Step::CatchUp };
                return Said::Nothing;
            }
        }
        self.step = Step::Sync { seal, start };
        if rule == Rule::AnswersBeforeFlush && !seal {
            return Said::Holds(self.told + 1, self.owner);
        }
        Said::Nothing
    }

    /// The end of `claim`.
    fn sync(&mut self, disk: &mut Disk, rule: Rule, per_segment: u8, seal: bool, start: usize) -> Said {
        let Some(tail) = &mut self.tail else { return Said::Nothing };
        disk.sync(tail.file);
        if start == tail.end {
            tail.end = start + 1;
            tail.sealed = seal;
            tail.head += u8::from(!seal);
        }
        tail.durable_end = start + 1;
        if seal {
            self.step = Step::Idle;
            return Said::Nothing;
        }
        self.ended(rule, per_segment)
    }

    /// The record is durable; `rotate` ends its segment when that is full.
    fn ended(&mut self, rule: Rule, per_segment: u8) -> Said {
        let Some(tail) = &mut self.tail else { return Said::Nothing };
        self.told += 1;
        let full = tail.head + 1 - tail.first >= per_segment && !tail.sealed;
        self.step = if full { Step::Write { seal: true } } else { Step::Idle };
        if full && rule == Rule::NoSeal {
            tail.sealed = true;
            self.step = Step::Idle;
        }
        Said::Holds(self.told, self.owner)
    }
}

impl Tail {
    fn load(disk: &Disk, file: usize) -> Tail {
        let first = disk.files[file].first;
        let mut tail = Tail { file, first, head: first - 1, ..Tail::default() };
        tail.catch_up(disk);
        tail
    }

    /// Takes into account what others wrote, and says whether this can be the last segment still.
    fn catch_up(&mut self, disk: &Disk) -> bool {
        let frames = &disk.files[self.file].frames;
        if !self.sealed {
            let found = scan(frames, self.end, frames.len(), self.head);
            self.head += found.winners.len() as u8;
            self.sealed = found.sealed_at.is_some();
            self.end = found.end;
        }
        !self.sealed
    }

    /// The file that it has open.
    pub fn file(&self) -> usize {
        self.file
    }

    /// Who won a version that stands in this segment.
    fn owner_of(&self, disk: &Disk, version: u8) -> Option<u8> {
        let frames = &disk.files[self.file].frames;
        let found = scan(frames, 0, frames.len(), self.first - 1);
        found.winners.get(usize::from(version.checked_sub(self.first)?)).map(|(_, owner)| *owner)
    }
}
