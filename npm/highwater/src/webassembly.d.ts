// The types of Node do not know WebAssembly, and those of the browser know much more than there is here.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {}
}
