//! Objects, declared once: what is printed, and what the page says about it.

/// What the page says about a field.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is compared in a test"))]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: fn() -> String,
    pub(crate) about: &'static [&'static str],
}

/// One line of output, or a part of one.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is compared in a test"))]
pub(crate) trait Object {
    /// The value of the field `type`; none of an object that is only part of another.
    const TYPE: Option<&'static str>;
    /// What it is.
    const ABOUT: &'static [&'static str];
    /// Its fields, in the order in which they are printed.
    const FIELDS: &'static [Field];

    /// Puts the object at the end of a buffer.
    fn put(&self, out: &mut Vec<u8>);
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

            fn put(&self, out: &mut Vec<u8>) {
                out.push(b'{');
                let start = out.len();
                $(out.extend_from_slice(concat!("\"type\":\"", $type, "\"").as_bytes());)?
                $(if !crate::output::json::value::Value::is_left_out(&self.$field) {
                    out.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    crate::output::json::value::Value::put(&self.$field, out);
                })+
                // Without a type, nothing is before the first comma.
                if out.get(start) == Some(&b',') {
                    out.remove(start);
                }
                out.push(b'}');
            }
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

            fn put(&self, out: &mut Vec<u8>) {
                crate::output::json::object::Object::put(self, out);
            }
        })+
    };
}
pub(crate) use part;
