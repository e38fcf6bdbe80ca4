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
        let value_type = ValueType::from_wit(value_type).map_err(invalid)?;
        parse(value_type, &text).map(FromCore::from_core).map_err(invalid)
    }

    fn to_text(value: types::Value) -> Result<String, types::Error> {
        Ok(Value::from_wit(value).map_err(invalid)?.to_text())
    }

    fn compare(left: types::Value, right: types::Value) -> Result<Option<values::Ordering>, types::Error> {
        let left = Value::from_wit(left).map_err(invalid)?;
        let right = Value::from_wit(right).map_err(invalid)?;
        Ok(left.compare(&right).map(|ordering| match ordering {
            Ordering::Less => values::Ordering::Less,
            Ordering::Equal => values::Ordering::Equal,
            Ordering::Greater => values::Ordering::Greater,
        }))
    }
}

fn invalid(problem: Problem) -> types::Error {
    FromCore::from_core(Error::new(ErrorKind::Invalid, problem.to_string()))
}
