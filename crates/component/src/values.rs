//! Values for hosts: checked, printed and compared as the core does it.

use std::cmp::Ordering;

use highwater_core::{Error, ErrorKind};
use highwater_format::value::{Value, ValueType};

use crate::Component;
use crate::conversion::value::parse;
use crate::conversion::{FromCore, FromWit, Problem};
use crate::wit::{types, values};

impl values::Guest for Component {
    fn parse(value_type: types::ValueType, text: String) -> Result<types::Value, types::Error> {
        let value_type = ValueType::from_wit(value_type).map_err(|problem| invalid(&problem))?;
        parse(value_type, &text).map(FromCore::from_core).map_err(|problem| invalid(&problem))
    }

    fn to_text(value: types::Value) -> Result<String, types::Error> {
        Ok(Value::from_wit(value).map_err(|problem| invalid(&problem))?.to_text())
    }

    fn compare(left: types::Value, right: types::Value) -> Result<Option<values::Ordering>, types::Error> {
        let left = Value::from_wit(left).map_err(|problem| invalid(&problem))?;
        let right = Value::from_wit(right).map_err(|problem| invalid(&problem))?;
        Ok(left.compare(&right).map(|ordering| match ordering {
            Ordering::Less => values::Ordering::Less,
            Ordering::Equal => values::Ordering::Equal,
            Ordering::Greater => values::Ordering::Greater,
        }))
    }

    fn convert(value: types::Value, to: types::ValueType) -> Result<Option<types::Value>, types::Error> {
        let value = Value::from_wit(value).map_err(|problem| invalid(&problem))?;
        let to = ValueType::from_wit(to).map_err(|problem| invalid(&problem))?;
        Ok(value.convert(to).map(FromCore::from_core))
    }
}

fn invalid(problem: &Problem) -> types::Error {
    FromCore::from_core(Error::new(ErrorKind::Invalid, problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wit::types::Value as WitValue;
    use crate::wit::values::Guest as _;

    #[test]
    fn values_are_read_printed_and_compared_by_the_rules_of_the_core() {
        let parse = |text: &str| Component::parse(types::ValueType::Decimal, text.into());
        let Ok(WitValue::Decimal(text)) = parse("+01.50") else { panic!("a decimal") };
        assert_eq!(text, "1.50");
        assert_eq!(parse("1.5.0").expect_err("no decimal").kind, types::ErrorKind::Invalid);
        assert_eq!(Component::to_text(WitValue::Bytes(vec![1, 0xff])).expect("text"), "01ff");
        let compare = |left: &str, right: &str| {
            Component::compare(WitValue::Decimal(left.into()), WitValue::Decimal(right.into())).ok().flatten()
        };
        assert_eq!(compare("1.5", "1.50"), Some(values::Ordering::Equal));
        assert_eq!(compare("-2", "1"), Some(values::Ordering::Less));
        assert_eq!(compare("10", "9"), Some(values::Ordering::Greater));
        let two_types = Component::compare(WitValue::Int(1), WitValue::Uint(1));
        assert_eq!(two_types.expect("two values"), None);
        let converted = Component::convert(WitValue::Int(5), types::ValueType::Decimal);
        assert!(matches!(converted, Ok(Some(WitValue::Decimal(text))) if text == "5"));
        assert!(matches!(Component::convert(WitValue::Bool(true), types::ValueType::Int), Ok(None)));
    }
}
