//! The component as machine code, which the build script made.

use wasmtime::Engine;
use wasmtime::component::Component;

include!("wasmtime_config.rs");

static MACHINE_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/highwater.cwasm"));

/// Loads the component, without compiling anything.
///
/// # Errors
///
/// When the machine code is for another kind of processor or operating system than this one.
#[allow(unsafe_code, reason = "the only way to load machine code")]
pub(crate) fn load() -> wasmtime::Result<(Engine, Component)> {
    let engine = Engine::new(&wasmtime_config())?;
    // SAFETY: the bytes must be what `Engine::precompile_component` returned, unchanged. The build script wrote
    // exactly that to cargo's output folder of this very build, from where it was compiled into this program, and
    // nothing can write to a static. Version and configuration are checked by wasmtime, which returns an error.
    let component = unsafe { Component::deserialize(&engine, MACHINE_CODE) }?;
    Ok((engine, component))
}

#[cfg(test)]
mod tests {
    use super::load;

    #[test]
    fn the_component_loads_and_asks_its_host_for_nothing() {
        let (engine, component) = load().expect("machine code of this build");
        let imports: Vec<_> =
            component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
        assert_eq!(imports, Vec::<String>::new());
    }
}
