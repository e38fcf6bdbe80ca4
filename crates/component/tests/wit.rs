//! `wit/` is documentation too: TypeScript shows it to its users.

use std::path::Path;

use wit_parser::{Docs, Resolve, Stability, Type, TypeDefKind, TypeId, TypeOwner};

fn resolve() -> Resolve {
    let mut resolve = Resolve::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    resolve.push_dir(&folder).expect("wit/ parses");
    resolve
}

/// Every item of the package: where it is, its docs, and since when it is there if that can be said of it.
fn items(resolve: &Resolve) -> Vec<(String, Docs, Option<Stability>)> {
    let mut items = Vec::new();
    for (_, package) in &resolve.packages {
        items.push((format!("package {}", package.name), package.docs.clone(), None));
    }
    for (_, world) in &resolve.worlds {
        items.push((format!("world {}", world.name), world.docs.clone(), Some(world.stability.clone())));
    }
    for (_, interface) in &resolve.interfaces {
        let name = interface.name.clone().expect("an interface with a name");
        items.push((name.clone(), interface.docs.clone(), Some(interface.stability.clone())));
        for function in interface.functions.values() {
            let place = format!("{name}.{}", function.name);
            items.push((place, function.docs.clone(), Some(function.stability.clone())));
        }
        for id in interface.types.values() {
            type_items(resolve, &name, *id, &mut items);
        }
    }
    items
}

fn type_items(
    resolve: &Resolve,
    interface: &str,
    id: TypeId,
    items: &mut Vec<(String, Docs, Option<Stability>)>,
) {
    let definition = &resolve.types[id];
    // What `use` brings in is documented where it is defined.
    if let TypeDefKind::Type(Type::Id(target)) = definition.kind
        && matches!(resolve.types[target].owner, TypeOwner::Interface(_))
    {
        return;
    }
    let place = format!("{interface}.{}", definition.name.as_deref().unwrap_or("?"));
    let parts: Vec<(&String, &Docs)> = match &definition.kind {
        TypeDefKind::Record(record) => record.fields.iter().map(|field| (&field.name, &field.docs)).collect(),
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| (&case.name, &case.docs)).collect(),
        TypeDefKind::Resource => Vec::new(),
        other => panic!("{place} is a {}: say here what of it needs docs", other.as_str()),
    };
    items.extend(parts.into_iter().map(|(part, docs)| (format!("{place}.{part}"), docs.clone(), None)));
    items.push((place, definition.docs.clone(), Some(definition.stability.clone())));
}

#[test]
fn every_item_is_documented() {
    let items = items(&resolve());
    assert!(items.len() > 400, "only {} items were found", items.len());
    let documented =
        |docs: &Docs| docs.contents.as_deref().is_some_and(|text| text.trim_end().ends_with(['.', ':']));
    let bare: Vec<_> =
        items.iter().filter(|(_, docs, _)| !documented(docs)).map(|(place, ..)| place).collect();
    assert!(bare.is_empty(), "without a doc comment that is a sentence: {bare:#?}");
}

#[test]
fn every_item_says_since_when_it_is_there() {
    let items = items(&resolve());
    let undated = |stability: &Option<Stability>| {
        matches!(stability, Some(Stability::Unknown | Stability::Unstable { .. }))
    };
    let missing: Vec<_> = items.iter().filter(|item| undated(&item.2)).map(|(place, ..)| place).collect();
    assert!(missing.is_empty(), "without @since: {missing:#?}");
}

#[test]
fn the_world_imports_nothing() {
    let resolve = resolve();
    let (_, world) = resolve.worlds.iter().next().expect("a world");
    assert!(world.imports.is_empty(), "{:?}", world.imports.keys());
    assert_eq!(world.exports.len(), resolve.interfaces.len(), "every interface is exported");
}
