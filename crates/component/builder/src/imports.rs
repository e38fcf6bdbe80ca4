use wasmparser::{Parser, Payload};

use crate::BuildError;

/// Names everything that the outermost component asks of its host.
///
/// Modules and components inside it import from each other, which is no business of the host.
///
/// # Errors
///
/// [`BuildError::Parse`] when `component` is not a well-formed component.
pub fn imports(component: &[u8]) -> Result<Vec<String>, BuildError> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            // The same question to a core module that nobody has wrapped yet.
            Payload::ImportSection(section) if depth == 0 => {
                for import in section.into_imports() {
                    let import = import?;
                    names.push(format!("{}.{}", import.module, import.name));
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
