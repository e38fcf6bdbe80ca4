//! Which engine does the work.

use highwater_core::{Engine, Options};
use highwater_driver::Stepper;

/// Which engine does the work. All of them give the same answers and write the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The WebAssembly component, isolated from the rest of the process, exactly as it runs in other languages.
    #[cfg(feature = "component")]
    Component,
    /// The same state machine compiled into this program: about a microsecond less for a command.
    Native,
}

impl Default for EngineKind {
    /// The component, where it is compiled in.
    fn default() -> Self {
        #[cfg(feature = "component")]
        return EngineKind::Component;
        #[cfg(not(feature = "component"))]
        return EngineKind::Native;
    }
}

impl EngineKind {
    pub(crate) fn make(self, options: Options) -> Result<Box<dyn Stepper>, highwater_core::Error> {
        match self {
            #[cfg(feature = "component")]
            EngineKind::Component => Ok(Box::new(crate::component_engine::ComponentEngine::new(options)?)),
            EngineKind::Native => Ok(Box::new(Engine::new(options))),
        }
    }
}
