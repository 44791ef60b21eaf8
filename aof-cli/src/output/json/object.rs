//! Objects, declared once: what is printed, and what the page says about it.

use serde::Serialize;
use std::io::{self, Write};

/// What the page says about a field.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is compared in a test"))]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: fn() -> String,
    pub(crate) about: &'static [&'static str],
}

/// One line of output, or a part of one.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is compared in a test"))]
pub(crate) trait Object: Serialize {
    /// The value of the field `type`; none of an object that is only part of another.
    const TYPE: Option<&'static str>;
    /// What it is.
    const ABOUT: &'static [&'static str];
    /// Its fields, in the order in which they are printed.
    const FIELDS: &'static [Field];

    /// Writes the object and a line feed.
    fn write(&self, out: &mut impl Write) -> io::Result<()>
    where
        Self: Sized,
    {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// Declares a struct whose fields are those of a JSON object, after its type.
macro_rules! object {
    (
        $(#[doc = $about:literal])+
        $name:ident $(= $type:literal)? $(<$life:lifetime>)? {
            $($(#[doc = $field_about:literal])+ $field:ident: $value:ty,)+
        }
    ) => {
        $(#[doc = $about])+
        pub(crate) struct $name $(<$life>)? {
            $($(#[doc = $field_about])+ pub(crate) $field: $value,)+
        }

        impl $(<$life>)? serde::Serialize for $name $(<$life>)? {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut fields = serializer.serialize_map(None)?;
                $(fields.serialize_entry("type", $type)?;)?
                $(if !crate::output::json::value::Value::is_left_out(&self.$field) {
                    fields.serialize_entry(stringify!($field), &self.$field)?;
                })+
                fields.end()
            }
        }

        impl $(<$life>)? crate::output::json::object::Object for $name $(<$life>)? {
            const TYPE: Option<&'static str> = crate::output::json::object::first(&[$($type)?]);
            const ABOUT: &'static [&'static str] = &[$($about),+];
            const FIELDS: &'static [crate::output::json::object::Field] = &[
                $(crate::output::json::object::Field {
                    name: stringify!($field),
                    kind: <$value as crate::output::json::value::Value>::kind,
                    about: &[$($field_about),+],
                },)+
            ];
        }
    };
}
pub(crate) use object;

/// The type, of an object that has one.
pub(crate) const fn first(names: &[&'static str]) -> Option<&'static str> {
    match names {
        [name, ..] => Some(*name),
        [] => None,
    }
}

/// Objects as the values of fields.
macro_rules! part {
    ($($name:ty: $called:literal),+ $(,)?) => {
        $(impl crate::output::json::value::Value for $name {
            fn kind() -> String {
                $called.to_owned()
            }
        })+
    };
}
pub(crate) use part;
