//! What a subschema asserts of one value, where that can be asked as the value goes by.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};
use validator::Validator;

use super::{DOCUMENT, format::Format, pattern::Table};

/// The assertions of one subschema, those of what it refers to not included.
#[derive(Default)]
pub(super) struct Checks {
    /// The schema `false`.
    never: bool,
    types: Option<Types>,
    /// `enum` and `const`, each a set of its own.
    sets: Vec<Set>,
    length: Between,
    pattern: Option<Table>,
    format: Option<Format>,
    bounds: Vec<(Bound, i64)>,
    items: Between,
    properties: Between,
    /// `required`.
    pub(super) required: Vec<String>,
    /// `anyOf` of nothing but `required`: one of these sets.
    pub(super) any_required: Vec<Vec<String>>,
    /// `anyOf` of what concerns scalars.
    any_of: Vec<Checks>,
    /// What only concerns scalars and is rare enough to be asked of `jsonschema`.
    scalar: Option<Validator>,
}

/// Integers of JSON and of IEEE 754 are the same up to here.
const EXACT: i64 = 1 << 53;

impl Checks {
    /// None: there is a keyword that needs more than the value itself, or more than one look at it.
    pub(super) fn of(schema: &Value) -> Option<Self> {
        match schema {
            Value::Bool(any) => Some(Self { never: !any, ..Self::default() }),
            Value::Object(map) => Self::of_map(map),
            _ => None,
        }
    }

    fn of_map(map: &Map<String, Value>) -> Option<Self> {
        let mut checks = Self { types: map.get("type").map(Types::of), ..Self::default() };
        let mut scalar = Map::new();
        for (keyword, value) in map {
            if !checks.take(keyword, value)? {
                scalar.insert(keyword.clone(), value.clone());
            }
        }
        if !scalar.is_empty() {
            checks.scalar = Some(Validator::of(&Value::Object(scalar), DOCUMENT).ok()?);
        }
        Some(checks)
    }

    /// Takes in what a keyword asserts. False: it is for [`Checks::scalar`].
    fn take(&mut self, keyword: &str, value: &Value) -> Option<bool> {
        match keyword {
            "enum" => self.sets.push(Set::of(value.as_array()?)?),
            "const" => self.sets.push(Set::of(std::slice::from_ref(value))?),
            "minLength" => self.length.0 = value.as_u64()?,
            "maxLength" => self.length.1 = value.as_u64()?,
            "minItems" => self.items.0 = value.as_u64()?,
            "maxItems" => self.items.1 = value.as_u64()?,
            "minProperties" => self.properties.0 = value.as_u64()?,
            "maxProperties" => self.properties.1 = value.as_u64()?,
            "required" => self.required = names(value)?,
            "anyOf" if !only_required(value).is_empty() => self.any_required = only_required(value),
            "pattern" => {
                self.pattern = Table::compile(value.as_str()?);
                return Some(self.pattern.is_some());
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                let Some(limit) = exact(value) else { return Some(false) };
                self.bounds.push((Bound::named(keyword)?, limit));
            }
            "format" => {
                self.format = Format::named(value);
                return Some(self.format.is_some());
            }
            "multipleOf" => return Some(false),
            "anyOf" | "oneOf" | "not" | "if" | "then" | "else" => {
                if !self.types.is_some_and(Types::are_scalar) || refers(value) {
                    return None;
                }
                if keyword == "anyOf" {
                    self.any_of = alternatives(value);
                }
                return Some(keyword == "anyOf" && !self.any_of.is_empty());
            }
            "dependentSchemas"
            | "dependentRequired"
            | "patternProperties"
            | "propertyNames"
            | "contains"
            | "minContains"
            | "maxContains"
            | "uniqueItems"
            | "unevaluatedProperties"
            | "unevaluatedItems" => return None,
            // Those that lead to other subschemas, and annotations.
            _ => {}
        }
        Some(true)
    }

    /// Whether anything is asked of a value's own; [`Checks::required`] and [`Checks::any_required`] are asked elsewhere.
    pub(super) fn assert_something(&self) -> bool {
        let Self {
            never,
            types,
            sets,
            length,
            pattern,
            format,
            bounds,
            items,
            properties,
            any_of,
            scalar,
            required: _,
            any_required: _,
        } = self;
        *never
            || types.is_some()
            || !sets.is_empty()
            || pattern.is_some()
            || format.is_some()
            || !bounds.is_empty()
            || [length, items, properties].into_iter().any(|between| *between != Between::default())
            || !any_of.is_empty()
            || scalar.is_some()
    }

    /// How long a text may be, if nothing else is asked of one.
    pub(super) fn only_length(&self) -> Option<&Between> {
        let is_only = !self.never
            && self.types.is_none_or(|types| types.0 & Types::STRING != 0)
            && self.sets.is_empty()
            && self.pattern.is_none()
            && self.format.is_none()
            && self.any_of.is_empty()
            && self.scalar.is_none();
        is_only.then_some(&self.length)
    }

    pub(super) fn null(&self) -> bool {
        self.is_one_of(Types::NULL, |set| set.null) && self.any_of(Self::null) && self.scalar(|| Value::Null)
    }

    pub(super) fn bool(&self, value: bool) -> bool {
        self.is_one_of(Types::BOOLEAN, |set| set.bools.contains(&value))
            && self.any_of(|branch| branch.bool(value))
            && self.scalar(|| value.into())
    }

    pub(super) fn int(&self, value: i64) -> bool {
        self.is_one_of(Types::INTEGER | Types::NUMBER, |set| set.ints.contains(&value))
            && self.bounds.iter().all(|(bound, limit)| bound.holds(&value, limit))
            && self.any_of(|branch| branch.int(value))
            && self.scalar(|| value.into())
    }

    pub(super) fn float(&self, value: f64) -> bool {
        let is_integer = if value.fract() == 0.0 { Types::INTEGER } else { 0 };
        #[expect(clippy::cast_precision_loss, reason = "all of them are within EXACT")]
        let exactly = |int: i64| int as f64;
        self.is_one_of(Types::NUMBER | is_integer, |set| {
            set.ints.iter().any(|int| same(exactly(*int), value))
        }) && self.bounds.iter().all(|(bound, limit)| bound.holds(&value, &exactly(*limit)))
            && self.any_of(|branch| branch.float(value))
            && self.scalar(|| value.into())
    }

    pub(super) fn string(&self, text: &str) -> bool {
        self.is_one_of(Types::STRING, |set| set.strings.contains(text))
            && self.length.has_chars(text)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text) == Some(true))
            && self.format.as_ref().is_none_or(|format| format.has(text))
            && self.any_of(|branch| branch.string(text))
            && self.scalar(|| text.into())
    }

    pub(super) fn array(&self) -> bool {
        self.is_one_of(Types::ARRAY, |_| false)
    }

    pub(super) fn items(&self, count: u64) -> bool {
        self.items.has(count)
    }

    pub(super) fn object(&self) -> bool {
        self.is_one_of(Types::OBJECT, |_| false)
    }

    pub(super) fn properties(&self, count: u64) -> bool {
        self.properties.has(count)
    }

    fn is_one_of(&self, types: u8, is_in: impl Fn(&Set) -> bool) -> bool {
        !self.never && self.types.is_none_or(|allowed| allowed.0 & types != 0) && self.sets.iter().all(is_in)
    }

    fn any_of(&self, allows: impl FnMut(&Self) -> bool) -> bool {
        self.any_of.is_empty() || self.any_of.iter().any(allows)
    }

    fn scalar(&self, value: impl FnOnce() -> Value) -> bool {
        self.scalar.as_ref().is_none_or(|validator| validator.is_valid(&value()))
    }
}

/// Whether two floats are equal; -0.0 and 0.0 are.
fn same(one: f64, other: f64) -> bool {
    one.partial_cmp(&other).is_some_and(std::cmp::Ordering::is_eq)
}

/// A set of JSON's types.
#[derive(Clone, Copy)]
pub(super) struct Types(u8);

impl Types {
    const NULL: u8 = 1;
    const BOOLEAN: u8 = 2;
    const INTEGER: u8 = 4;
    const NUMBER: u8 = 8;
    const STRING: u8 = 16;
    const ARRAY: u8 = 32;
    const OBJECT: u8 = 64;

    pub(super) fn of(keyword: &Value) -> Self {
        let bit = |name: &Value| match name.as_str() {
            Some("null") => Self::NULL,
            Some("boolean") => Self::BOOLEAN,
            Some("integer") => Self::INTEGER,
            Some("number") => Self::NUMBER,
            Some("string") => Self::STRING,
            Some("array") => Self::ARRAY,
            Some("object") => Self::OBJECT,
            _ => 0,
        };
        Self(
            keyword
                .as_array()
                .map_or_else(|| bit(keyword), |names| names.iter().fold(0, |set, name| set | bit(name))),
        )
    }

    pub(super) fn has_array(self) -> bool {
        self.0 & Self::ARRAY != 0
    }

    pub(super) fn has_object(self) -> bool {
        self.0 & Self::OBJECT != 0
    }

    /// A text or an integer may be there, and no other number.
    pub(super) fn wants_decimal_text(self) -> bool {
        self.0 & Self::NUMBER == 0 && self.0 & (Self::STRING | Self::INTEGER) != 0
    }

    fn are_scalar(self) -> bool {
        !self.has_array() && !self.has_object()
    }
}

/// Scalars of an `enum`.
#[derive(Default)]
struct Set {
    null: bool,
    bools: Vec<bool>,
    ints: Vec<i64>,
    strings: FxHashSet<Box<str>>,
}

impl Set {
    fn of(values: &[Value]) -> Option<Self> {
        let mut set = Self::default();
        for value in values {
            match value {
                Value::Null => set.null = true,
                Value::Bool(value) => set.bools.push(*value),
                Value::Number(_) => set.ints.push(exact(value)?),
                Value::String(text) => {
                    set.strings.insert(text.as_str().into());
                }
                Value::Array(_) | Value::Object(_) => return None,
            }
        }
        Some(set)
    }
}

/// At least so many, and at most.
#[derive(PartialEq)]
pub(super) struct Between(u64, u64);

impl Default for Between {
    fn default() -> Self {
        Self(0, u64::MAX)
    }
}

impl Between {
    fn has(&self, count: u64) -> bool {
        (self.0..=self.1).contains(&count)
    }

    /// What both allow.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.max(other.0), self.1.min(other.1))
    }

    /// Characters are counted only where bytes cannot tell: a character has one to four.
    pub(super) fn has_chars(&self, text: &str) -> bool {
        let bytes = text.len() as u64;
        if bytes <= self.1 && self.0 == 0 {
            return true;
        }
        self.has(text.chars().count() as u64)
    }
}

enum Bound {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

impl Bound {
    fn named(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "minimum" => Self::Minimum,
            "maximum" => Self::Maximum,
            "exclusiveMinimum" => Self::ExclusiveMinimum,
            "exclusiveMaximum" => Self::ExclusiveMaximum,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(&self, value: &T, limit: &T) -> bool {
        match self {
            Self::Minimum => value >= limit,
            Self::Maximum => value <= limit,
            Self::ExclusiveMinimum => value > limit,
            Self::ExclusiveMaximum => value < limit,
        }
    }
}

fn exact(value: &Value) -> Option<i64> {
    value.as_i64().filter(|int| (-EXACT..=EXACT).contains(int))
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The sets of names of an `anyOf` that asks for nothing else; empty if it asks for more.
fn only_required(any_of: &Value) -> Vec<Vec<String>> {
    let branches = any_of.as_array().into_iter().flatten();
    let sets: Option<Vec<_>> = branches
        .map(|branch| {
            let keywords: BTreeSet<&str> = branch.as_object()?.keys().map(String::as_str).collect();
            (keywords == BTreeSet::from(["required"])).then(|| names(branch.get("required")?)).flatten()
        })
        .collect();
    sets.unwrap_or_default()
}

/// The branches of an `anyOf` that only concerns scalars and refers to nothing; none if one has a keyword that [`Checks`] leaves to other subschemas.
fn alternatives(any_of: &Value) -> Vec<Checks> {
    let branches = any_of.as_array().into_iter().flatten();
    let checks: Option<_> = branches
        .map(|branch| if branch.get("allOf").is_none() { Checks::of(branch) } else { None })
        .collect();
    checks.unwrap_or_default()
}

/// Whether there is a reference anywhere inside.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.keys().any(|key| matches!(key.as_str(), "$ref" | "$dynamicRef" | "$id"))
                || map.values().any(refers)
        }
        Value::Array(list) => list.iter().any(refers),
        _ => false,
    }
}
