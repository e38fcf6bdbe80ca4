//! Conversions of whole types from a list of their parts.
//!
//! Each macro begins with two modules: where the core has the types, and where the boundary has them.

/// Records: name, and all fields.
macro_rules! records {
    ($core:ident <=> $wit:ident; $($Name:ident { $($field:ident),* $(,)? })*) => {
        $(
            impl super::FromWit<$wit::$Name> for $core::$Name {
                fn from_wit(wit: $wit::$Name) -> Result<Self, super::Problem> {
                    let $wit::$Name { $($field),* } = wit;
                    Ok(Self {
                        $($field: super::FromWit::from_wit($field)
                            .map_err(|problem: super::Problem| problem.in_field(stringify!($field)))?,)*
                    })
                }
            }

            impl super::FromCore<$core::$Name> for $wit::$Name {
                fn from_core(core: $core::$Name) -> Self {
                    let $core::$Name { $($field),* } = core;
                    Self { $($field: super::FromCore::from_core($field)),* }
                }
            }

            #[cfg(test)]
            impl super::sample::Sample for $core::$Name {
                fn sample(source: &mut super::sample::Source) -> Self {
                    Self { $($field: super::sample::Sample::sample(source)),* }
                }
            }
        )*
    };
}

/// Variants: name, the cases that carry nothing, and those that carry something.
macro_rules! variants {
    ($core:ident <=> $wit:ident; $($Name:ident { $($Bare:ident),* ; $($Case:ident(_)),* $(,)? })*) => {
        $(
            impl super::FromWit<$wit::$Name> for $core::$Name {
                fn from_wit(wit: $wit::$Name) -> Result<Self, super::Problem> {
                    match wit {
                        $($wit::$Name::$Bare => Ok(Self::$Bare),)*
                        $($wit::$Name::$Case(inner) => {
                            super::FromWit::from_wit(inner).map(Self::$Case)
                        })*
                    }
                }
            }

            impl super::FromCore<$core::$Name> for $wit::$Name {
                fn from_core(core: $core::$Name) -> Self {
                    match core {
                        $($core::$Name::$Bare => Self::$Bare,)*
                        $($core::$Name::$Case(inner) => {
                            Self::$Case(super::FromCore::from_core(inner))
                        })*
                    }
                }
            }

            #[cfg(test)]
            impl super::sample::Sample for $core::$Name {
                fn sample(source: &mut super::sample::Source) -> Self {
                    type Case = fn(&mut super::sample::Source) -> $core::$Name;
                    let cases: &[Case] = &[
                        $(|_| Self::$Bare,)*
                        $(|source| Self::$Case(super::sample::Sample::sample(source)),)*
                    ];
                    cases[source.case::<Self>(cases.len())](source)
                }
            }
        )*
    };
}

pub(super) use {records, variants};
