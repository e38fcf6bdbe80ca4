//! What may be on the disk after a power failure: all that was flushed, and any part of what was not.
//!
//! Each name that changed is one choice: it happened or not. Each file with unflushed content is one: nothing arrived,
//! all did, only the length did, it ends after some sector, what is behind some sector is zeros or rubbish, some sectors
//! are missing, or it is cut at any byte. Names and files do not depend on each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::disk::{Change, Content, Disk, FileNumber, Target, join, write_part};
use crate::folder::Image;
use crate::random::Random;

/// What a disk writes as a whole, in bytes.
pub const SECTOR_BYTES: usize = 512;

/// What can be chosen after some operations.
#[derive(Debug)]
pub struct Choices<'a> {
    disk: &'a Disk,
    units: Vec<Unit>,
}

/// One thing that can turn out in several ways.
#[derive(Debug)]
enum Unit {
    /// The change of names with this index, in this folder, happened (1) or not (0).
    Naming { folder: String, index: usize },
    /// How much of what was not flushed of the file arrived.
    File { file: FileNumber, parts: Vec<Part> },
}

/// A piece of unflushed content, within one sector.
#[derive(Debug)]
enum Part {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

/// Ways in which the content of a file can arrive, besides being cut behind each sector.
const NOTHING: usize = 0;
const ALL: usize = 1;
const LENGTH_ONLY: usize = 2;
const SOME_SECTORS: usize = 3;
const SOME_SECTORS_SHORT: usize = 4;
const CUT_ANYWHERE: usize = 5;
const RUBBISH: usize = 6;
const FIRST_CUT: usize = 7;

/// One way in which all of it turned out: an option for each unit.
pub type Choice = Vec<usize>;

impl<'a> Choices<'a> {
    /// What can be chosen on this disk.
    pub fn new(disk: &'a Disk) -> Choices<'a> {
        let mut units = Vec::new();
        for (folder, names) in &disk.folders {
            let indexes = 0..names.pending.len();
            units.extend(indexes.map(|index| Unit::Naming { folder: folder.clone(), index }));
        }
        for (file, content) in disk.files.iter().enumerate() {
            let parts: Vec<Part> = content.lost.iter().chain(&content.pending).flat_map(parts_of).collect();
            if !parts.is_empty() {
                units.push(Unit::File { file, parts });
            }
        }
        Choices { disk, units }
    }

    /// In how many ways it can turn out, at most `limit`.
    pub fn count(&self, limit: usize) -> usize {
        self.units.iter().fold(1_usize, |count, unit| count.saturating_mul(unit.options()).min(limit))
    }

    /// Some of the ways, at most about `limit`: all where there are few; else the extremes, each single thing that is
    /// different from them, and any others.
    pub fn some(&self, limit: usize, random: &mut Random) -> Vec<Choice> {
        if self.count(limit + 1) <= limit {
            return self.all();
        }
        let mut choices = Vec::new();
        for file in [NOTHING, ALL, LENGTH_ONLY] {
            for naming in [0, 1] {
                choices.push(self.units.iter().map(|unit| unit.pick(naming, file)).collect::<Choice>());
            }
        }
        let (nothing, all) = (choices[0].clone(), choices[3].clone());
        'single: for base in [&nothing, &all] {
            for (index, unit) in self.units.iter().enumerate() {
                for option in (0..unit.options()).filter(|option| *option != base[index]) {
                    if choices.len() * 3 > limit * 2 {
                        break 'single;
                    }
                    let mut choice = base.clone();
                    choice[index] = option;
                    choices.push(choice);
                }
            }
        }
        while choices.len() < limit {
            choices.push(self.units.iter().map(|unit| random.below(unit.options())).collect());
        }
        choices
    }

    fn all(&self) -> Vec<Choice> {
        let mut choices = vec![Choice::new()];
        for unit in &self.units {
            let longer = |choice: &Choice, option: usize| choice.iter().copied().chain([option]).collect();
            let options = 0..unit.options();
            choices =
                choices.iter().flat_map(|it| options.clone().map(|option| longer(it, option))).collect();
        }
        choices
    }

    /// What is on the disk when it turned out like this.
    pub fn image(&self, choice: &Choice, random: &mut Random) -> Image {
        let mut names: BTreeMap<&str, BTreeMap<String, Target>> = BTreeMap::new();
        let mut files: BTreeMap<FileNumber, Arc<Vec<u8>>> = BTreeMap::new();
        for (unit, option) in self.units.iter().zip(choice) {
            match unit {
                Unit::Naming { folder, index } if *option == 1 => {
                    let state = &self.disk.folders[folder];
                    let changed = names.entry(folder).or_insert_with(|| state.durable.clone());
                    state.pending[*index].apply(changed);
                }
                Unit::Naming { .. } => {}
                Unit::File { file, parts } => {
                    let arrived = arrive(&self.disk.files[*file], parts, *option, random);
                    files.insert(*file, Arc::new(arrived));
                }
            }
        }
        let mut image = Image::new();
        self.add("", &names, &files, &mut image);
        image
    }

    fn add(
        &self,
        folder: &str,
        names: &BTreeMap<&str, BTreeMap<String, Target>>,
        files: &BTreeMap<FileNumber, Arc<Vec<u8>>>,
        image: &mut Image,
    ) {
        let Some(state) = self.disk.folders.get(folder) else { return };
        for (name, target) in names.get(folder).unwrap_or(&state.durable) {
            let path = join(folder, name);
            match target {
                Target::Folder => {
                    self.add(&path, names, files, image);
                    image.insert(path, None);
                }
                Target::File(file) => {
                    let content = files.get(file).unwrap_or(&self.disk.files[*file].durable);
                    image.insert(path, Some(Arc::clone(content)));
                }
            }
        }
    }

    /// The choice in words.
    pub fn describe(&self, choice: &Choice) -> String {
        let said = self.units.iter().zip(choice).map(|(unit, option)| match unit {
            Unit::Naming { folder, index } => {
                let naming = &self.disk.folders[folder].pending[*index];
                format!("{}: {naming:?} in `{folder}`", if *option == 1 { "happened" } else { "did not" })
            }
            Unit::File { file, parts } => {
                format!("file {file}: {} of {} parts", option_name(*option), parts.len())
            }
        });
        said.collect::<Vec<_>>().join("; ")
    }
}

fn option_name(option: usize) -> String {
    match option {
        NOTHING => "none".to_owned(),
        ALL => "all".to_owned(),
        LENGTH_ONLY => "only the length".to_owned(),
        SOME_SECTORS => "some sectors".to_owned(),
        SOME_SECTORS_SHORT => "some sectors, and not the length,".to_owned(),
        CUT_ANYWHERE => "some bytes".to_owned(),
        RUBBISH => "some sectors, the others with rubbish,".to_owned(),
        cut => format!(
            "the first {}, {}",
            (cut - FIRST_CUT) / 2 + 1,
            ["cut", "then zeros"][(cut - FIRST_CUT) % 2]
        ),
    }
}

impl Unit {
    fn options(&self) -> usize {
        match self {
            Unit::Naming { .. } => 2,
            // Cut and followed by zeros behind each part but the last.
            Unit::File { parts, .. } => FIRST_CUT + 2 * (parts.len() - 1),
        }
    }

    fn pick(&self, naming: usize, file: usize) -> usize {
        if matches!(self, Unit::Naming { .. }) { naming } else { file }
    }
}

/// A change in pieces that each lie within one sector.
fn parts_of(change: &Change) -> Vec<Part> {
    match change {
        Change::Length(length) => vec![Part::Length(*length)],
        Change::Write(offset, bytes) => {
            let (mut parts, mut done) = (Vec::new(), 0);
            while done < bytes.len() {
                let at = usize::try_from(*offset).expect("an offset") + done;
                let end = bytes.len().min(done + SECTOR_BYTES - at % SECTOR_BYTES);
                parts.push(Part::Bytes(at as u64, bytes[done..end].to_vec()));
                done = end;
            }
            parts
        }
    }
}

/// The content of a file of which some arrived.
fn arrive(content: &Content, parts: &[Part], option: usize, random: &mut Random) -> Vec<u8> {
    let durable = content.durable.as_slice();
    let mut whole = durable.to_vec();
    put(&mut whole, parts);
    let full = whole.len();
    let mut bytes = durable.to_vec();
    match option {
        NOTHING => {}
        ALL => bytes = whole,
        LENGTH_ONLY => bytes.resize(full, 0),
        SOME_SECTORS | SOME_SECTORS_SHORT => {
            for part in parts {
                if random.below(2) == 0 {
                    put(&mut bytes, std::slice::from_ref(part));
                }
            }
            if option == SOME_SECTORS {
                bytes.resize(full.max(bytes.len()), 0);
            }
        }
        CUT_ANYWHERE => {
            if whole.starts_with(durable) {
                whole.truncate(durable.len() + random.below(full - durable.len()));
            }
            bytes = whole;
        }
        RUBBISH => {
            bytes.resize(full, 0);
            bytes.iter_mut().skip(durable.len()).for_each(|byte| *byte = random.number() as u8);
            let kept = random.below(parts.len() + 1);
            put(&mut bytes, &parts[..kept]);
        }
        cut => {
            put(&mut bytes, &parts[..=(cut - FIRST_CUT) / 2]);
            if (cut - FIRST_CUT) % 2 == 1 {
                bytes.resize(full.max(bytes.len()), 0);
            }
        }
    }
    bytes
}

fn put(content: &mut Vec<u8>, parts: &[Part]) {
    for part in parts {
        match part {
            Part::Bytes(offset, bytes) => write_part(content, *offset, bytes),
            Part::Length(length) => content.resize(usize::try_from(*length).expect("a length"), 0),
        }
    }
}
