//! Who we are.

use crate::Error;
use crate::limits::HOST_BYTES;

/// The name of this worker, and where it runs.
pub(crate) struct Worker {
    pub(crate) name: String,
    pub(crate) place: String,
}

impl Worker {
    /// With this name, or one of host, process and chance: a process id alone comes back after a restart.
    pub(crate) fn new(name: Option<String>) -> Result<Worker, Error> {
        let (host, process) = (host(), std::process::id());
        let name = match name {
            Some(name) => name,
            None => format!("{host}-{process}-{:08x}", highwater_driver::seed()?.0 as u32),
        };
        Ok(Worker { name, place: format!("{host}, process {process}") })
    }
}

fn host() -> String {
    let name = gethostname::gethostname().to_string_lossy().into_owned();
    let plain: String = name.chars().filter(|character| !character.is_control()).collect();
    plain.char_indices().take_while(|(start, c)| start + c.len_utf8() <= HOST_BYTES).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_workers_of_one_process_have_one_name() {
        let names =
            [Worker::new(None), Worker::new(None)].map(|worker| worker.expect("chance is there").name);
        assert_ne!(names[0], names[1]);
        assert!(names[0].contains(&format!("-{}-", std::process::id())), "{}", names[0]);
    }
}
