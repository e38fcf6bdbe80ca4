//! The engine that runs in the component.

use std::sync::OnceLock;

use highwater_core::input::Input;
use highwater_core::output::Output;
use highwater_core::{Error, ErrorKind, Options};
use highwater_driver::Stepper;
use wasmtime::Store;
use wasmtime::component::{Linker, ResourceAny};

use crate::precompiled;
use bindings::exports::highwater::engine as wit;
use bindings::{Highwater, HighwaterPre};
use conversion::{FromCore, FromWit, Problem};

mod bindings;
#[path = "../../../crates/component/src/conversion/mod.rs"]
mod conversion;

/// An engine in a WebAssembly component of its own, isolated from the process: whatever it does, it cannot touch
/// memory outside of it.
///
/// It answers exactly what the native [`Engine`](highwater_core::Engine) answers. The component was compiled to
/// machine code when this crate was built; the process loads it once, and each engine is an instance of it.
pub struct ComponentEngine {
    store: Store<()>,
    instance: Highwater,
    engine: ResourceAny,
    /// Why it must not be used again.
    defect: Option<Error>,
}

impl ComponentEngine {
    /// An engine that knows nothing yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Internal`] if the machine code in this program is not for this machine.
    pub fn new(options: Options) -> Result<Self, Error> {
        let component = component()?;
        let mut store = Store::new(component.engine(), ());
        let instance = component.instantiate(&mut store).map_err(|error| defect("start", &error))?;
        let options = wit::engine::Options::from_core(options);
        let engine = instance
            .highwater_engine_engine()
            .engine()
            .call_constructor(&mut store, &options)
            .map_err(|error| defect("start", &error))?;
        Ok(ComponentEngine { store, instance, engine, defect: None })
    }

    fn call_step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        let inputs: Vec<wit::engine::Input> = FromCore::from_core(inputs);
        let guest = self.instance.highwater_engine_engine().engine();
        match guest.call_step(&mut self.store, self.engine, now_ms, &inputs) {
            Ok(Ok(output)) => Output::from_wit(output).map_err(|problem| unreadable(&problem)),
            Ok(Err(error)) => Err(Error::from_wit(error).unwrap_or_else(|problem| unreadable(&problem))),
            Err(trap) => Err(defect("step", &trap)),
        }
    }
}

impl Stepper for ComponentEngine {
    fn step(&mut self, now_ms: i64, inputs: Vec<Input>) -> Result<Output, Error> {
        if let Some(defect) = &self.defect {
            return Err(defect.clone());
        }
        let result = self.call_step(now_ms, inputs);
        self.defect = result.as_ref().err().cloned();
        result
    }
}

impl Drop for ComponentEngine {
    fn drop(&mut self) {
        // After a trap nothing may run in the instance any more. Its memory goes with the store either way.
        if self.defect.is_none() {
            let _ = self.engine.resource_drop(&mut self.store);
        }
    }
}

impl std::fmt::Debug for ComponentEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComponentEngine").field("defect", &self.defect).finish_non_exhaustive()
    }
}

/// The loaded component, ready to be instantiated; one for the whole process.
fn component() -> Result<&'static HighwaterPre<()>, Error> {
    static COMPONENT: OnceLock<Result<HighwaterPre<()>, Error>> = OnceLock::new();
    COMPONENT.get_or_init(|| link().map_err(|error| defect("load", &error))).as_ref().map_err(Clone::clone)
}

/// The linker is empty: the component imports nothing.
fn link() -> wasmtime::Result<HighwaterPre<()>> {
    let (engine, component) = precompiled::load()?;
    HighwaterPre::new(Linker::new(&engine).instantiate_pre(&component)?)
}

fn defect(what: &str, error: &wasmtime::Error) -> Error {
    let message =
        format!("the component could not {what}: {error:#}; drop this engine, make a new one, and report it");
    Error::new(ErrorKind::Internal, message)
}

fn unreadable(problem: &Problem) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the component answered what cannot be read: {problem}; report it"),
    )
}

#[cfg(test)]
mod tests;
