//! What is valid by a JSON Schema (draft 2020-12): `jsonschema`, with the options that we want.
//!
//! A crate of its own for the sake of size. All of `jsonschema` is generic over how JSON is represented, so whoever calls it compiles all
//! of it once more, unless it is optimised for size as `jsonschema` itself is (`[profile.release]`): then both share one copy, of 1 MB. The engine is
//! optimised for speed, so it calls these functions, none of which is generic or inlined.

#![forbid(unsafe_code)]

use referencing::{Draft, Registry};
use serde_json::{Value, json};

pub use jsonschema::{JsonType, ValidationError, error};

/// A schema, compiled.
pub struct Validator(jsonschema::Validator);

impl Validator {
    /// Of a document whose own address is `base`.
    ///
    /// # Errors
    /// What makes it no schema, or one with a reference that leads to nowhere.
    #[inline(never)]
    pub fn of(schema: &Value, base: &str) -> Result<Self, ValidationError<'static>> {
        options().with_base_uri(base).build(schema).map(Self)
    }

    /// Of what a reference leads to in `registry`.
    ///
    /// # Errors
    /// As for [`Validator::of`].
    #[inline(never)]
    pub fn of_reference(reference: &str, registry: &Registry<'_>) -> Result<Self, ValidationError<'static>> {
        options()
            .with_registry(registry)
            .with_base_uri("urn:secure_dispatch:branch")
            .build(&json!({ "$ref": reference }))
            .map(Self)
    }

    /// Whether a value fits.
    #[must_use]
    #[inline(never)]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// All that is wrong with a value.
    #[must_use]
    #[inline(never)]
    pub fn errors<'v>(&'v self, value: &'v Value) -> Vec<ValidationError<'v>> {
        self.0.iter_errors(value).collect()
    }
}

/// Formats are asserted, unknown ones are annotations; patterns match in linear time; nothing is fetched.
fn options<'a>() -> jsonschema::ValidationOptions<'a> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .offline()
}
