//! Records of the journal.

use highwater::answer::{LogFact, LogRecord};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::{Failure, Outcome};
use crate::time::rfc3339;

/// A record.
#[derive(Debug, Serialize)]
pub(crate) struct RecordData<'a> {
    version: u64,
    decided_at_ms: i64,
    decided_at: Option<String>,
    writer: &'a str,
    facts: Vec<FactData<'a>>,
}

/// A fact, its fields as they were written.
#[derive(Debug, Serialize)]
struct FactData<'a> {
    name: &'a str,
    fields: serde_json::Value,
}

impl<'a> RecordData<'a> {
    /// A record for programs.
    pub(crate) fn new(record: &'a LogRecord) -> Outcome<RecordData<'a>> {
        Ok(RecordData {
            version: record.version,
            decided_at_ms: record.decided_at_ms,
            decided_at: rfc3339(record.decided_at_ms),
            writer: &record.writer,
            facts: record.facts.iter().map(fact).collect::<Outcome<_>>()?,
        })
    }
}

fn fact(fact: &LogFact) -> Outcome<FactData<'_>> {
    Ok(FactData {
        name: &fact.name,
        fields: serde_json::from_str(&fact.json).map_err(|e| unreadable(fact, &e))?,
    })
}

/// The fields of a fact by name, in their order, each as its JSON text.
pub(crate) fn fields(fact: &LogFact) -> Outcome<Vec<(String, Box<RawValue>)>> {
    struct Fields(Vec<(String, Box<RawValue>)>);

    impl<'de> serde::Deserialize<'de> for Fields {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(FieldsVisitor)
        }
    }

    struct FieldsVisitor;

    impl<'de> serde::de::Visitor<'de> for FieldsVisitor {
        type Value = Fields;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the fields of a fact")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = map.next_entry()? {
                fields.push(field);
            }
            Ok(Fields(fields))
        }
    }

    serde_json::from_str::<Fields>(&fact.json)
        .map(|fields| fields.0)
        .map_err(|error| unreadable(fact, &error))
}

fn unreadable(fact: &LogFact, error: &serde_json::Error) -> Failure {
    Failure::work(format!("the fact `{}` is no JSON ({error}); report it", fact.name))
}
