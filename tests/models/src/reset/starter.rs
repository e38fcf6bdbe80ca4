//! Who reads, and who starts the journal anew: `read.rs`, `read_all.rs`, `pending.rs` and `reset.rs`.

use super::folder::{Folder, Frame, Listing};
use super::{Broken, Rule, Said};

/// Where a process stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is asked nothing.
    #[default]
    Idle,
    /// It lists the folder, to read.
    List,
    /// It reads the last segment of the listing.
    Load(Listing),
    /// It lists again: what it read, and whether that is a record that a segment was made with and nothing else.
    Confirm {
        /// The listing before.
        before: Listing,
        /// The last version and its owner.
        last: (u8, u8),
        /// It may be unknown to a reset that is pending.
        alone: bool,
    },
    /// It withdraws what is pending, and reads again.
    Withdraw(Vec<u8>),
    /// It makes its snapshot pending.
    Pend,
    /// It lists the folder.
    ListOld,
    /// It withdraws what others have pending, and then ends these segments.
    WithdrawOthers(Vec<u8>, Vec<u8>),
    /// It ends the segments, the last one first.
    Stop(Vec<u8>),
    /// It lists them once more.
    ListAgain,
    /// It reads the last one.
    Look(Listing),
    /// It gives its snapshot the name that decides.
    Rename,
}

/// A process that reads, or that reads and then starts the journal anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Starter {
    /// Whose snapshot it is.
    pub owner: u8,
    /// Whether it starts the journal anew, or only reads.
    pub resets: bool,
    /// How often it still begins.
    pub left: u8,
    /// How often it still tries again.
    tries: u8,
    /// What its snapshot is made of: the last version and its owner.
    base: (u8, u8),
    /// Where it stands.
    pub step: Step,
}

impl Starter {
    /// A process that was just started.
    pub fn new(owner: u8, resets: bool, left: u8, tries: u8) -> Starter {
        Starter { owner, resets, left, tries, base: (0, 0), step: Step::Idle }
    }

    /// The process dies. What it has pending stays.
    pub fn die(&mut self) {
        (self.step, self.left) = (Step::Idle, 0);
    }

    /// The next step.
    pub fn advance(&mut self, folder: &mut Folder, rule: Rule) -> Said {
        match std::mem::take(&mut self.step) {
            Step::Idle => {
                self.left -= 1;
                self.step = Step::List;
            }
            Step::List => self.step = Step::Load(folder.list()),
            Step::Load(before) => {
                let (last, alone) = load(folder, &before);
                self.step = Step::Confirm { before, last, alone };
            }
            Step::Confirm { before, last, alone } => return self.confirm(folder, rule, &before, last, alone),
            Step::Withdraw(mut pending) => match pending.pop() {
                Some(whose) => {
                    folder.withdraw(whose);
                    self.step = Step::Withdraw(pending);
                }
                None => self.step = Step::List,
            },
            Step::Pend => {
                folder.pending.push(self.owner);
                self.step = Step::ListOld;
            }
            Step::ListOld => {
                let Listing { segments, mut pending, .. } = folder.list();
                pending.retain(|whose| *whose != self.owner && rule != Rule::KeepsOthers);
                self.step = Step::WithdrawOthers(pending, segments);
            }
            Step::WithdrawOthers(mut pending, segments) => match pending.pop() {
                Some(whose) => {
                    folder.withdraw(whose);
                    self.step = Step::WithdrawOthers(pending, segments);
                }
                None if rule == Rule::StopsNothing => self.step = Step::ListAgain,
                None => self.step = Step::Stop(segments),
            },
            Step::Stop(mut segments) => match segments.pop() {
                Some(first) => {
                    let file = folder.names[&first];
                    folder.files[file].frames.push(Frame::Stop);
                    self.step = Step::Stop(segments);
                }
                None if rule == Rule::LooksOnce => self.step = Step::Rename,
                None => self.step = Step::ListAgain,
            },
            Step::ListAgain => self.step = Step::Look(folder.list()),
            Step::Look(listing) => {
                let ((version, _), _) = load(folder, &listing);
                if version > self.base.0 {
                    folder.withdraw(self.owner);
                    return Said::Nothing;
                }
                self.step = Step::Rename;
            }
            Step::Rename => return self.rename(folder),
        }
        Said::Nothing
    }

    fn confirm(
        &mut self,
        folder: &Folder,
        rule: Rule,
        before: &Listing,
        last: (u8, u8),
        alone: bool,
    ) -> Said {
        let after = folder.list();
        if (after.start, after.segments.last()) != (before.start, before.segments.last()) {
            self.step = Step::List;
            return Said::Nothing;
        }
        if alone && !after.pending.is_empty() && rule != Rule::ReadsWhatIsPending {
            self.step = Step::Withdraw(after.pending);
            return Said::Nothing;
        }
        self.base = last;
        if self.resets {
            self.step = Step::Pend;
        }
        if last.0 == 0 { Said::Nothing } else { Said::Holds(last.0, last.1) }
    }

    fn rename(&mut self, folder: &mut Folder) -> Said {
        let version = self.base.0 + 1;
        if folder.withdraw(self.owner) {
            // A start of a lower version, or of the same one, counts no more.
            folder.start = folder.start.max(Some((version, self.owner)));
            let is_ours = folder.start == Some((version, self.owner));
            return if is_ours { Said::Starts(self.base) } else { Said::Wrong(Broken::TwoWinners) };
        }
        if self.tries > 0 {
            self.tries -= 1;
            self.step = Step::Pend;
        }
        Said::Nothing
    }
}

/// The last version of a listing and its owner, and whether it is a record that its segment was made with and nothing else.
fn load(folder: &Folder, listing: &Listing) -> ((u8, u8), bool) {
    let start = folder.start.filter(|(version, _)| *version == listing.start);
    let Some(first) = listing.segments.last() else { return (start.unwrap_or((listing.start, 0)), false) };
    let file = folder.file(*first);
    let found = file.look();
    let owner = found.owner.or_else(|| folder.owner_of(found.head)).unwrap_or(0);
    ((found.head, owner), file.has_only_its_first())
}
