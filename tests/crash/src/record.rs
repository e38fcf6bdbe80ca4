//! Recordings of workloads in processes of their own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::folder::{Image, temporary_folder, write_image};
use crate::log::{self, Entry, Operation};
use crate::shim::preload;

/// In which language a workload uses a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// This crate's own program.
    Rust,
    /// `node/workload.mjs`.
    Node,
}

/// Runs the workloads: this crate's program, whose path only its tests know.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// The program `highwater-crash-tests`.
    pub program: PathBuf,
    /// Longest pause behind each operation, in microseconds.
    pub pause_us: u32,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// An error of the device.
    Device,
    /// No room.
    Full,
    /// Only half of a write.
    Short,
}

impl Failure {
    /// As the shim calls it.
    pub fn name(self) -> &'static str {
        match self {
            Failure::Device => "EIO",
            Failure::Full => "ENOSPC",
            Failure::Short => "SHORT",
        }
    }
}

impl Recorder {
    /// A command that runs a workload of this language.
    pub fn command(&self, language: Language, folder: &Path) -> Command {
        let mut command = match language {
            Language::Rust => {
                let mut command = Command::new(&self.program);
                command.arg("work");
                command
            }
            Language::Node => {
                let mut command = Command::new("node");
                command.arg(crate::node::script("workload.mjs"));
                command
            }
        };
        command.arg("--folder").arg(folder);
        command
    }

    /// Records workloads that work on one directory at the same time, each with its own number as a writer.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub fn record(&self, languages: &[Language], appends: u64, seed: u64) -> Vec<Entry> {
        self.record_with(languages, appends, seed, &[])
    }

    /// As [`Recorder::record`], of workloads that keep backups and start the journal anew.
    ///
    /// # Panics
    ///
    /// When one of them fails.
    pub fn record_resets(&self, languages: &[Language], appends: u64, seed: u64) -> Vec<Entry> {
        self.record_with(languages, appends, seed, &["--resets"])
    }

    fn record_with(&self, languages: &[Language], appends: u64, seed: u64, more: &[&str]) -> Vec<Entry> {
        let place = temporary_folder();
        let (root, log) = (place.path().join("root"), place.path().join("log"));
        fs::create_dir(&root).expect("a folder");
        let mut children = Vec::new();
        for (index, language) in languages.iter().enumerate() {
            let mut command = self.command(*language, &root);
            command
                .args(["--wait", "--writer", &(index + 1).to_string(), "--appends", &appends.to_string()])
                .args(["--seed", &seed.to_string()])
                .args(more);
            preload(&mut command, &root, &log, if languages.len() > 1 { self.pause_us } else { 0 });
            children.push(start(&mut command));
        }
        for child in &mut children {
            let mut ready = [0; 6];
            child.stdout.as_mut().expect("piped").read_exact(&mut ready).expect("the workload starts");
        }
        for child in &mut children {
            child.stdin.as_mut().expect("piped").write_all(b"go\n").expect("the workload listens");
        }
        children.into_iter().for_each(finish);
        log::read(&log)
    }

    /// Records a workload once for each number in `calls`, whose call with this number fails. By number.
    ///
    /// # Panics
    ///
    /// When it does not come to its end.
    pub fn record_failures(
        &self,
        language: Language,
        failure: Failure,
        appends: u64,
        calls: impl Iterator<Item = usize>,
    ) -> BTreeMap<String, Vec<Entry>> {
        let place = temporary_folder();
        let (root, log) = (place.path().join("root"), place.path().join("log"));
        fs::create_dir(&root).expect("a folder");
        let calls: Vec<String> = calls.map(|call| call.to_string()).collect();
        let mut command = self.command(language, &root);
        command.args([
            "--appends",
            &appends.to_string(),
            "--fail",
            failure.name(),
            "--calls",
            &calls.join(","),
        ]);
        preload(&mut command, &root, &log, 0);
        finish(start(&mut command));
        split(log::read(&log))
    }

    /// Records how the Rust store goes on with each of the directories.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn record_recoveries(&self, images: &[&Image]) -> BTreeMap<String, Vec<Entry>> {
        let place = temporary_folder();
        let (root, log) = (place.path().join("root"), place.path().join("log"));
        fs::create_dir(&root).expect("a folder");
        for (index, image) in images.iter().enumerate() {
            let folder = root.join(index.to_string());
            fs::create_dir(&folder).expect("a folder");
            write_image(image, &folder);
        }
        let mut command = Command::new(&self.program);
        command.arg("recover").arg("--folder").arg(&root);
        preload(&mut command, &root, &log, 0);
        finish(start(&mut command));
        split(log::read(&log))
    }
}

fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program starts")
}

fn finish(child: Child) {
    let output = child.wait_with_output().expect("the workload ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "a workload ended with {}: {said}", output.status);
}

/// Parts a recording of several folders, and names the paths relative to each.
fn split(entries: Vec<Entry>) -> BTreeMap<String, Vec<Entry>> {
    let mut parts: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    let within = |path: &str| path.split_once('/').map_or("", |(_, path)| path).to_owned();
    for mut entry in entries {
        let (folder, is_top) = match entry.path.split_once('/') {
            Some((folder, _)) => (folder.to_owned(), false),
            None => (entry.path.clone(), true),
        };
        // The folder itself was made before anything happened in it.
        if folder.is_empty() || (is_top && entry.operation == Operation::MakeFolder) {
            continue;
        }
        entry.path = within(&entry.path);
        if let Operation::Rename { to } | Operation::Link { to } = &mut entry.operation {
            *to = within(to);
        }
        parts.entry(folder).or_default().push(entry);
    }
    parts
}
