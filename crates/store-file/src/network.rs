//! Refuses network file systems: they do not order the appends of several machines, and some lose flushed bytes.

use std::fs;
use std::path::{Path, PathBuf};

use highwater_store::StoreError;
use rustix::fs::statfs;

use crate::problem::failed;

/// Numbers by which Linux names file systems that live on other machines.
const NETWORK_MAGICS: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB 2"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x786f_4256, "VirtualBox shared folder"),
];

/// The number of all file systems in user space, local ones and others.
const FUSE_MAGIC: u64 = 0x6573_5546;

/// Names of file systems in user space that are local.
const LOCAL_FUSE: &[&str] = &[
    "fuseblk",
    "fuse.ntfs",
    "fuse.ntfs-3g",
    "fuse.exfat",
    "fuse.gocryptfs",
    "fuse.fuse-overlayfs",
    "fuse.lazyfs",
    "fuse.bindfs",
];

/// Checks that the nearest existing folder at or above `root` is on a local file system.
pub(crate) fn refuse_network(root: &Path) -> Result<(), StoreError> {
    let existing = nearest_existing(root);
    let status = statfs(&existing).map_err(|error| failed("look at", &existing, &error.into()))?;
    // The type of the number differs between platforms; only its low 32 bits mean anything.
    let magic = (status.f_type as u64) & 0xffff_ffff;
    let mounts = if magic == FUSE_MAGIC { fs::read_to_string("/proc/self/mountinfo").ok() } else { None };
    let Some(name) = network_name(magic, &existing, mounts.as_deref()) else { return Ok(()) };
    Err(StoreError::Unsupported {
        message: format!(
            "{} is on {name}, a network file system, where several machines would corrupt a directory store; use a \
             local directory, or a store that is made for sharing: `postgres:`, `libsql:`, `s3://`, `az://`, `gs://`",
            root.display()
        ),
    })
}

fn nearest_existing(root: &Path) -> PathBuf {
    let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let existing = absolute.ancestors().find(|path| path.exists());
    // Without links in it, as the list of mounts has it.
    existing.and_then(|path| path.canonicalize().ok()).unwrap_or_else(|| PathBuf::from("/"))
}

/// The name of the network file system, or `None` when it is a local one.
fn network_name(magic: u64, path: &Path, mounts: Option<&str>) -> Option<String> {
    if magic == FUSE_MAGIC {
        let name = mounts.and_then(|mounts| mount_type(path, mounts)).unwrap_or("fuse");
        return (!LOCAL_FUSE.contains(&name)).then(|| name.to_owned());
    }
    let known = NETWORK_MAGICS.iter().find(|(number, _)| *number == magic);
    known.map(|(_, name)| (*name).to_owned())
}

/// The type of the file system that `path` is on, from the text of `/proc/self/mountinfo`.
fn mount_type<'a>(path: &Path, mounts: &'a str) -> Option<&'a str> {
    let mut nearest: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((before, after)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(name)) = (before.split(' ').nth(4), after.split(' ').next()) else { continue };
        let point = point.replace("\\040", " ");
        // Of two mounts at one place, the later is on top.
        if path.starts_with(&point) && nearest.is_none_or(|(length, _)| point.len() >= length) {
            nearest = Some((point.len(), name));
        }
    }
    nearest.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 21 0:40 / /mnt/team\\040disk rw - fuse.sshfs host:/srv rw,user_id=0
41 21 0:41 / /mnt/usb rw - fuseblk /dev/sdb1 rw
42 21 0:42 / /mnt/bucket rw shared:7 - fuse.s3fs s3fs rw";

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        let name = |magic, path: &str| network_name(magic, Path::new(path), Some(MOUNTS));
        assert_eq!(name(0xef53, "/srv/state"), None, "ext4");
        assert_eq!(name(0x0102_1994, "/tmp"), None, "tmpfs");
        assert_eq!(name(0x6969, "/srv/state").as_deref(), Some("NFS"));
        assert_eq!(name(0xfe53_4d42, "/srv/state").as_deref(), Some("SMB 2"));
        assert_eq!(name(FUSE_MAGIC, "/mnt/team disk/state").as_deref(), Some("fuse.sshfs"));
        assert_eq!(name(FUSE_MAGIC, "/mnt/bucket/state").as_deref(), Some("fuse.s3fs"));
        assert_eq!(name(FUSE_MAGIC, "/mnt/usb/state"), None);
        assert_eq!(network_name(FUSE_MAGIC, Path::new("/x"), None).as_deref(), Some("fuse"));
    }

    #[test]
    fn a_local_folder_is_allowed_before_it_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(refuse_network(&folder.path().join("not/yet/there")), Ok(()));
    }
}
