//! A small ext4 of its own, in a file. Mounting needs the rights of root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::say;
use crate::shim::cut_power;

/// A file system that is mounted as long as the value lives.
#[derive(Debug)]
pub struct Device {
    place: TempDir,
}

fn run(program: &str, arguments: &[&str]) {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Device {
    /// Makes and mounts one of so many mebibytes. `None`, and loudly, where that is not possible.
    ///
    /// # Panics
    ///
    /// When root cannot mount.
    pub fn mount(mebibytes: u64) -> Option<Device> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
        let has_tools = Command::new("mkfs.ext4").arg("-V").output().is_ok();
        if !is_root || !has_tools {
            say("NOT RUN: a file system of its own needs root and mkfs.ext4");
            return None;
        }
        let device = Device { place: tempfile::tempdir().expect("a folder") };
        fs::create_dir(device.path()).expect("a folder");
        let image = fs::File::create(device.image()).expect("a file");
        image.set_len(mebibytes << 20).expect("a file of that length");
        run("mkfs.ext4", &["-q", "-F", text(&device.image())]);
        device.attach();
        fs::create_dir(device.store()).expect("a folder");
        run("sync", &["-f", text(device.path().as_path())]);
        Some(device)
    }

    fn image(&self) -> PathBuf {
        self.place.path().join("image")
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.place.path().join("mounted")
    }

    /// The folder of the store on it.
    pub fn store(&self) -> PathBuf {
        self.path().join("state")
    }

    fn attach(&self) {
        run("mount", &["-o", "loop,errors=remount-ro", text(&self.image()), text(&self.path())]);
    }

    fn detach(&self) {
        run("umount", &[text(&self.path())]);
    }

    /// The power fails, and comes back: what was not flushed is gone.
    pub fn fail_power(&self) {
        cut_power(&self.path());
    }

    /// Mounts it again. Nothing may be open on it.
    pub fn restart(&self) {
        self.detach();
        self.attach();
    }

    /// What makes the kernel find an error when `1` is written to it, so that it lets nobody write any more. `None` where a
    /// kernel has no such thing.
    pub fn error_trigger(&self) -> Option<PathBuf> {
        let output = Command::new("findmnt").args(["-n", "-o", "SOURCE"]).arg(self.path()).output().ok()?;
        let source = String::from_utf8_lossy(&output.stdout).trim().replace("/dev/", "");
        let trigger = PathBuf::from(format!("/sys/fs/ext4/{source}/trigger_fs_error"));
        trigger.exists().then_some(trigger)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
