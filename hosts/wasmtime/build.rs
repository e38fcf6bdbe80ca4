//! Builds the Highwater component and compiles it to machine code, so that loading it takes no compiler.

use std::process::ExitCode;

#[cfg(feature = "component")]
include!("src/wasmtime_config.rs");

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "component")]
    if let Err(error) = component::precompile() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
        // Only of a build script that fails does cargo show what the compiler wrote to standard error.
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[cfg(feature = "component")]
mod component {
    use std::error::Error;
    use std::path::{Path, PathBuf};
    use std::{env, fs};

    use highwater_component_builder::Recipe;

    /// Writes `highwater.wasm` and its machine code `highwater.cwasm` to cargo's output folder.
    pub(crate) fn precompile() -> Result<(), Box<dyn Error>> {
        let out = PathBuf::from(env::var("OUT_DIR")?);
        let recipe = Recipe::highwater(target_folder(&out));
        println!("cargo::rerun-if-changed=src/wasmtime_config.rs");
        for input in recipe.inputs() {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        let component = recipe.build()?.bytes;
        let mut config = super::wasmtime_config();
        // Naming the target keeps the machine code to what every processor of its kind can run; otherwise it would
        // use whatever the building machine has.
        config.target(&env::var("TARGET")?)?;
        let machine_code = wasmtime::Engine::new(&config)?.precompile_component(&component)?;
        fs::write(out.join("highwater.wasm"), component)?;
        fs::write(out.join("highwater.cwasm"), machine_code)?;
        Ok(())
    }

    /// Cargo's target folder, which it marks as a cache. `out` is somewhere in it.
    fn target_folder(out: &Path) -> &Path {
        out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).unwrap_or(out)
    }
}
