//! Plans that once violated something, in the files of `regressions/`: one plan a line, and why in comments.

use std::path::Path;

use highwater_sim::{Plan, Simulation};

#[test]
fn what_was_mended_stays_mended() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut plans = 0;
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("the folder can be read").path();
        let text = std::fs::read_to_string(&path).expect("the file is text");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let plan: Plan = line.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let end = Simulation::new(&plan).run();
            assert_eq!(end.violation, None, "{}: {line}", path.display());
            plans += 1;
        }
    }
    assert!(plans > 0, "there are no regressions in the folder");
}
