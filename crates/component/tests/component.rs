//! The component as it is shipped: built here by the recipe that every host uses.

use std::path::Path;

use highwater_component_builder::{BuiltComponent, Recipe, imports};

/// What the component may have at most, in bytes: a ratchet a little above what it has. The aim is 700 KiB; what stands in
/// the way is code that is generated once for each type: ordered maps, and the derives of what is kept in snapshots.
const MAX_BYTES: usize = 2_580 * 1024;
/// What may travel at most, in bytes.
const MAX_GZIPPED_BYTES: usize = 730 * 1024;

/// Cargo's target folder: integration tests are given a folder in it.
fn build() -> BuiltComponent {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().expect("the target folder");
    Recipe::highwater(target).build().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn it_is_small_and_asks_its_host_for_nothing() {
    let component = build();
    let size = component.size();
    eprintln!("the component has {size}");
    assert_eq!(imports(&component.bytes).expect("a component"), Vec::<String>::new());
    assert!(size.plain <= MAX_BYTES, "{size}; at most {MAX_BYTES} bytes are allowed");
    assert!(
        size.gzipped <= MAX_GZIPPED_BYTES,
        "{size}; at most {MAX_GZIPPED_BYTES} bytes gzipped are allowed"
    );
    for path in ["crates/core/src", "crates/format/src", "crates/component/src"] {
        let found = component.bytes.windows(path.len()).any(|window| window == path.as_bytes());
        assert!(!found, "the component has panic text that names {path}");
    }
}
