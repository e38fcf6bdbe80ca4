// Included by the library and by its build script: machine code only loads into an engine that is configured as
// the one that compiled it.

/// How wasmtime compiles and runs the component.
fn wasmtime_config() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model(true);
    // The component's functions return at once, so the bookkeeping for suspended calls would be wasted.
    config.concurrency_support(false);
    // Release builds of the component carry no names and no lines for an address to be mapped to.
    config.generate_address_map(false);
    // An image of the first memory would be a file, which a process with a limit on the size of files cannot make.
    config.memory_init_cow(false);
    config
}
