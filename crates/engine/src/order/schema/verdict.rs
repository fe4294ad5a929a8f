//! What `jsonschema` says of a value, as a rule of ours: the keyword, never the value.

use serde_json::Value;
use validator::{
    JsonType, ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};

use crate::order::{Rule, pointer::escaped};

/// Where, and which rule.
pub(super) fn of(error: &ValidationError<'_>) -> (String, Rule) {
    let rule = match error.kind() {
        Kind::Type { kind } if error.instance().is_f64() && is_for_text(kind) => Rule::Float,
        kind => Rule::Keyword(keyword(kind)),
    };
    // At the property that is missing, where a caller looks for it.
    match error.kind() {
        Kind::Required { property } => (missing(error, property), rule),
        // One of several that must be there: the first.
        Kind::AnyOf { context } => match only_missing(context).as_slice() {
            [Some(property), rest @ ..] if rest.iter().all(Option::is_some) => {
                (missing(error, property), Rule::Keyword("required"))
            }
            // Of a scalar's alternatives the last is the one that says what it should be, as in "empty, or an e-mail address".
            _ => match context.last().map(Vec::as_slice) {
                Some([last]) if !error.instance().is_object() && !error.instance().is_array() => {
                    (error.instance_path().to_string(), Rule::Keyword(keyword(last.kind())))
                }
                _ => (error.instance_path().to_string(), rule),
            },
        },
        _ => (error.instance_path().to_string(), rule),
    }
}

fn missing(error: &ValidationError<'_>, property: &Value) -> String {
    format!("{}/{}", error.instance_path(), escaped(property.as_str().unwrap_or_default()))
}

/// What each branch misses, if that is all that is wrong with the value there.
fn only_missing<'e>(branches: &'e [Vec<ValidationError<'static>>]) -> Vec<Option<&'e Value>> {
    let property = |errors: &'e Vec<ValidationError<'static>>| match errors.as_slice() {
        [error] => match error.kind() {
            Kind::Required { property } => Some(property),
            _ => None,
        },
        _ => None,
    };
    branches.iter().map(property).collect()
}

/// Whether a text may be there, and no number.
fn is_for_text(kind: &TypeKind) -> bool {
    let allows = |json_type| match kind {
        TypeKind::Single(allowed) => *allowed == json_type,
        TypeKind::Multiple(allowed) => allowed.contains(json_type),
    };
    allows(JsonType::String) && !allows(JsonType::Number)
}

/// The keywords of draft 2020-12 that assert something.
fn keyword(kind: &Kind) -> &'static str {
    match kind {
        Kind::AdditionalItems { .. } => "items",
        Kind::AdditionalProperties { .. } => "additionalProperties",
        Kind::AnyOf { .. } => "anyOf",
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } | Kind::Pattern { .. } => {
            "pattern"
        }
        Kind::Constant { .. } => "const",
        Kind::Contains => "contains",
        Kind::ContentEncoding { .. } | Kind::FromUtf8 { .. } => "contentEncoding",
        Kind::ContentMediaType { .. } => "contentMediaType",
        Kind::Enum { .. } => "enum",
        Kind::ExclusiveMaximum { .. } => "exclusiveMaximum",
        Kind::ExclusiveMinimum { .. } => "exclusiveMinimum",
        Kind::FalseSchema => "false",
        Kind::Format { .. } => "format",
        Kind::MaxItems { .. } => "maxItems",
        Kind::Maximum { .. } => "maximum",
        Kind::MaxLength { .. } => "maxLength",
        Kind::MaxProperties { .. } => "maxProperties",
        Kind::MinItems { .. } => "minItems",
        Kind::Minimum { .. } => "minimum",
        Kind::MinLength { .. } => "minLength",
        Kind::MinProperties { .. } => "minProperties",
        Kind::MultipleOf { .. } => "multipleOf",
        Kind::Not { .. } => "not",
        Kind::OneOfMultipleValid { .. } | Kind::OneOfNotValid { .. } => "oneOf",
        Kind::PropertyNames { .. } => "propertyNames",
        Kind::Required { .. } => "required",
        Kind::Type { .. } => "type",
        Kind::UnevaluatedItems { .. } => "unevaluatedItems",
        Kind::UnevaluatedProperties { .. } => "unevaluatedProperties",
        Kind::UniqueItems => "uniqueItems",
        Kind::Custom { .. } | Kind::Referencing(_) => "$ref",
    }
}
