//! Schemas of an operator's own: what they name, what they refuse, what is wrong with them.

use std::sync::Arc;

use engine::order::{CardNumbers, Policy, Schema, UnknownFields};
use serde_json::{Value, json};

use crate::{order, policy, reference, sent, told};

/// What is sent of a value, and what is dropped; planned or not, the tree comes to the same.
#[expect(clippy::needless_pass_by_value, reason = "literals, in the calls")]
fn pruned(schema: Value, value: Value) -> (Value, Vec<String>) {
    let policy = policy(&schema);
    let one = order(&policy, &value).unwrap();
    let other = reference(&policy, &value).unwrap();
    assert_eq!((one.json(), one.dropped()), (other.json(), other.dropped()));
    (sent(&one), one.dropped().to_vec())
}

fn fault(schema: &str) -> String {
    Schema::parse(schema.as_bytes()).err().map(|fault| fault.to_string()).unwrap_or_default()
}

#[test]
fn what_is_not_named_is_dropped_at_every_depth() {
    let schema = json!({"properties": {"id": {}, "items": {"items": {"properties": {"sku": true}}}}});
    let value = json!({"id": 1, "secret": 2, "items": [{"sku": "a", "cost": 3}, {"cost": {"deep": 4}}, 5]});
    let (sent, dropped) = pruned(schema, value);
    assert_eq!(sent, json!({"id": 1, "items": [{"sku": "a"}, {}, 5]}));
    assert_eq!(dropped, ["/secret", "/items/0/cost", "/items/1/cost"]);
}

#[test]
fn a_property_without_a_schema_of_its_own_names_nothing_inside() {
    assert_eq!(pruned(json!({"properties": {"a": true}}), json!({"a": {"b": 1}})).0, json!({"a": {}}));
    assert_eq!(pruned(json!(true), json!({"a": {"b": 1}})).0, json!({}));
    assert_eq!(pruned(json!({}), json!([{"b": 1}, 2])).0, json!([{}, 2]));
}

#[test]
fn names_come_through_references_and_combinations() {
    let schema = json!({
        "$ref": "#/$defs/base",
        "allOf": [{"properties": {"b": {"$ref": "#name"}}}],
        "$defs": {"base": {"properties": {"a": {}}}, "name": {"$anchor": "name", "properties": {"first": {}}}},
    });
    let value = json!({"a": 1, "b": {"first": 2, "last": 3}, "c": 4});
    assert_eq!(pruned(schema, value).0, json!({"a": 1, "b": {"first": 2}}));
}

#[test]
fn names_come_from_patterns_and_from_what_is_additional() {
    let schema = json!({"patternProperties": {"^meta_[a-z]+$": {"properties": {"k": {}}}}});
    assert_eq!(
        pruned(schema, json!({"meta_a": {"k": 1, "l": 2}, "meta_1": 3})).0,
        json!({"meta_a": {"k": 1}})
    );
    let schema = json!({"properties": {"a": {}}, "additionalProperties": {"properties": {"k": {}}}});
    assert_eq!(
        pruned(schema, json!({"a": {"k": 1}, "b": {"k": 2, "l": 3}})).0,
        json!({"a": {}, "b": {"k": 2}})
    );
    let schema = json!({"properties": {"a": {}}, "additionalProperties": false});
    assert_eq!(pruned(schema, json!({"a": 1, "b": 2})).0, json!({"a": 1}));
    let schema = json!({"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}});
    assert_eq!(pruned(schema, json!({"a": 1, "b": 2})).0, json!({"a": 1, "b": 2}));
    let schema = json!({"prefixItems": [{"properties": {"a": {}}}], "items": {"properties": {"b": {}}}});
    assert_eq!(pruned(schema, json!([{"a": 1, "b": 2}, {"a": 1, "b": 2}])).0, json!([{"a": 1}, {"b": 2}]));
}

#[test]
fn only_the_branch_that_matches_names() {
    for keyword in ["anyOf", "oneOf"] {
        let schema = json!({keyword: [
            {"properties": {"kind": {"const": "parcel"}, "weight": {}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "letter"}, "stamp": {"properties": {"value": {}}}}, "required": ["kind"], "additionalProperties": false},
        ]});
        let value = json!({"kind": "letter", "weight": 1, "stamp": {"value": 2, "x": 3}, "other": 4});
        let (sent, mut dropped) = pruned(schema, value);
        dropped.sort();
        assert_eq!(sent, json!({"kind": "letter", "stamp": {"value": 2}}), "{keyword}");
        assert_eq!(dropped, ["/other", "/stamp/x", "/weight"]);
    }
    let schema = json!({
        "properties": {"kind": {}},
        "if": {"properties": {"kind": {"const": 1}}, "required": ["kind"]},
        "then": {"properties": {"a": {}}},
        "else": {"properties": {"b": {}}},
        "dependentSchemas": {"a": {"properties": {"c": {}}}},
    });
    let value = json!({"kind": 1, "a": 1, "b": 2, "c": 3});
    assert_eq!(pruned(schema.clone(), value).0, json!({"kind": 1, "a": 1, "c": 3}));
    assert_eq!(pruned(schema, json!({"kind": 2, "b": 2, "c": 3})).0, json!({"kind": 2, "b": 2}));
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({"$ref": "#/$defs/any", "$defs": {"any": {"additionalProperties": {"$ref": "#/$defs/any"}, "items": {"$ref": "#/$defs/any"}}}});
    let value = json!({"a": [{"b": {"c": [1, null, "x"]}}]});
    assert_eq!(pruned(schema, value.clone()).0, value);
    let tree = json!({"properties": {"name": {}, "children": {"items": {"$ref": "#"}}}, "anyOf": [{"required": ["name"]}, {"properties": {"children": {}}}]});
    let value = json!({"name": 1, "children": [{"name": 2, "x": 3}]});
    assert_eq!(pruned(tree, value).0, json!({"name": 1, "children": [{"name": 2}]}));
}

#[test]
fn nested_branches_cost_no_more_with_every_depth() {
    let schema = json!({"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [
        {"properties": {"c": {"$ref": "#/$defs/n"}, "a": {"type": "integer"}}, "required": ["a"]},
        {"properties": {"c": {"$ref": "#/$defs/n"}}},
    ]}}});
    let mut value = json!({"x": 1});
    for _ in 0..14 {
        value = json!({"c": value, "a": "text", "y": 2});
    }
    assert!(reference(&policy(&schema), &value).is_ok());
}

#[test]
fn every_violation_is_told_at_once_with_its_place_and_without_its_value() {
    let schema = json!({
        "type": "object",
        "required": ["id", "mail"],
        "properties": {
            "id": {"type": "integer"},
            "mail": {"type": "string", "format": "email"},
            "when": {"format": "date-time"},
            "site": {"format": "uri"},
            "key": {"format": "uuid"},
            "total": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2}$"},
            "country": {"enum": ["DE", "FR"]},
            "items": {"type": "array", "minItems": 1, "items": {"properties": {"n": {"maximum": 9}, "s": {"maxLength": 3}}}},
        },
    });
    let value = json!({"id": "secret", "when": "secret", "site": "secret secret", "key": "secret", "total": 12.5, "country": "secret", "items": [{"n": 10, "s": "secret"}]});
    let violations = order(&policy(&schema), &value).unwrap_err();
    assert_eq!(
        told(&violations),
        [
            ("/country", "enum"),
            ("/id", "type"),
            ("/items/0/n", "maximum"),
            ("/items/0/s", "maxLength"),
            ("/key", "format"),
            ("/mail", "required"),
            ("/site", "format"),
            ("/total", "float"),
            ("/when", "format"),
        ]
        .map(|(pointer, rule)| (pointer.to_owned(), rule))
    );
    let message = engine::error::Error::Validation(violations).to_string();
    assert!(!message.contains("secret"), "{message}");
    assert!(message.contains("/total is a float") && message.contains("/mail is missing"), "{message}");
}

#[test]
fn a_float_is_no_integer_and_no_decimal() {
    let policy =
        policy(&json!({"properties": {"total": {"type": ["string", "integer"]}, "n": {"type": "number"}}}));
    assert_eq!(told(&order(&policy, &json!({"total": 19.0})).unwrap_err()), [("/total".to_owned(), "float")]);
    assert_eq!(
        sent(&order(&policy, &json!({"total": 19, "n": 1.5})).unwrap()),
        json!({"total": 19, "n": 1.5})
    );
}

#[test]
fn unknown_fields_can_be_refused() {
    let drop = policy(&json!({"properties": {"a": {"properties": {"b": {}}}}}));
    let reject = Arc::new(Policy {
        schema: Arc::clone(&drop.schema),
        unknown_fields: UnknownFields::Reject,
        card_numbers: CardNumbers::Mask,
        max_bytes: 1000,
    });
    let value = json!({"a": {"b": 1, "c": 2}, "d": 3});
    let violations = order(&reject, &value).unwrap_err();
    assert_eq!(told(&violations), [("/a/c".to_owned(), "unknown_field"), ("/d".to_owned(), "unknown_field")]);
    assert!(order(&reject, &json!({"a": {"b": 1}})).is_ok());
}

#[test]
fn texts_are_cleaned_before_they_are_asked() {
    let schema = json!({"properties": {
        "name": {"maxLength": 3, "pattern": "^[^\\n]*$"},
        "note": {"x-multiline": true},
        "any": {"additionalProperties": {}},
    }});
    let policy = policy(&schema);
    let value =
        json!({"name": " A\u{200b}d\na ", "note": " <b>one</b>\r\ntwo\u{7} ", "na\u{200b}me": "again"});
    let violations = order(&policy, &value).unwrap_err();
    assert_eq!(told(&violations), [("/name".to_owned(), "duplicate_key"), ("/name".to_owned(), "maxLength")]);
    let order = order(
        &policy,
        &json!({"name": " A\u{200b}d\n", "no\u{200b}te": " <b>one</b>\r\ntwo\u{7} ", "any": {" k ": 1}}),
    )
    .unwrap();
    assert_eq!(sent(&order), json!({"name": "Ad", "note": "one\ntwo", "any": {"k": 1}}));
    let changes: Vec<_> =
        order.changes().iter().map(|change| (change.pointer(), change.kinds().collect::<Vec<_>>())).collect();
    assert_eq!(
        changes,
        [
            ("/name", vec![("invisible", 1), ("newlines", 1), ("trimmed", 2)]),
            ("/note", vec![("controls", 1), ("newlines", 1), ("markup", 7), ("trimmed", 2)]),
        ]
    );
}

#[test]
fn keys_that_become_one_are_refused_wherever_they_are_named() {
    let policy = policy(&json!({"additionalProperties": {}}));
    let violations = order(&policy, &json!({"a\u{200b}": 1, "a": 2, "b": 3})).unwrap_err();
    assert_eq!(told(&violations), [("/a".to_owned(), "duplicate_key")]);
}

#[test]
fn cards_are_masked_after_they_were_asked() {
    let policy = policy(
        &json!({"properties": {"n": {"pattern": "^[0-9]{16}$"}, "cvc": {}, "i": {"type": "integer"}, "m": {"additionalProperties": {}}}}),
    );
    let value = json!({"n": "4111111111111111", "cvc": "123", "i": 4_111_111_111_111_111_i64, "m": {"4111 1111 1111 1111": 1}});
    let order = order(&policy, &value).unwrap();
    assert_eq!(
        sent(&order),
        json!({"n": "************1111", "cvc": "***", "i": "************1111", "m": {"**** **** **** 1111": 1}})
    );
    let places: Vec<_> = order.changes().iter().map(engine::order::Change::pointer).collect();
    assert_eq!(places, ["/cvc", "/i", "/m/**** **** **** 1111", "/n"]);
}

#[test]
fn a_broken_schema_is_told_by_line_or_pointer() {
    assert_eq!(
        fault("{\n  \"type\": \"object\",\n  oops\n}"),
        "is not JSON: line 3, column 3: key must be a string"
    );
    assert!(fault(r#"{"properties": {"a": {"type": "strin"}}}"#).starts_with("/properties/a/type "));
    assert!(fault(r#"{"properties": {"a": {"pattern": "("}}}"#).contains("/properties/a/pattern"));
    assert!(fault(r#"{"properties": {"a": {"pattern": "(?=x)"}}}"#).contains("look-around"));
    assert!(fault(r#"{"patternProperties": {"(": {}}}"#).contains("patternProperties"));
    assert!(
        fault(r#"{"properties": {"a": {"$ref": "https://example.com/other.json"}}}"#)
            .contains("within the document")
    );
    assert!(fault(r##"{"properties": {"a": {"$ref": "#/$defs/missing"}}}"##).contains("within the document"));
    assert!(fault(r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#).starts_with("/$schema "));
    assert!(fault("[]").contains("the schema"));
    assert!(fault("").contains("line 1"));
}
