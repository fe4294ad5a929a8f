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
fn a_branch_is_asked_about_what_is_named_beside_it_and_about_what_is_left() {
    let schema = json!({
        "properties": {"id": {"type": "integer"}, "company": {"type": "string"}},
        "if": {"required": ["company"]},
        "then": {"required": ["vat_id"], "properties": {"vat_id": {"type": "string"}}},
        "else": {"properties": {"private": {}}},
    });
    let value = json!({"id": 1, "company": "x", "vat_id": "DE123", "private": 1});
    assert_eq!(pruned(schema.clone(), value).0, json!({"id": 1, "company": "x", "vat_id": "DE123"}));
    assert_eq!(
        pruned(schema, json!({"id": 1, "vat_id": "x", "private": 1})).0,
        json!({"id": 1, "private": 1})
    );
    let schema = json!({
        "properties": {"email": {}},
        "anyOf": [{"required": ["email"], "properties": {"newsletter": {}}}, {"required": ["phone"], "properties": {"phone": {}}}],
    });
    assert_eq!(
        pruned(schema, json!({"email": "x", "newsletter": true})).0,
        json!({"email": "x", "newsletter": true})
    );
    let schema = json!({"properties": {"id": {}}, "anyOf": [
        {"properties": {"card": {}}, "required": ["card"]},
        {"properties": {"iban": {}}, "required": ["iban"], "not": {"required": ["card"]}},
    ]});
    assert_eq!(pruned(schema.clone(), json!({"id": 1, "card": 2, "iban": 3})).0, json!({"id": 1, "card": 2}));
    assert_eq!(pruned(schema, json!({"id": 1, "iban": 3})).0, json!({"id": 1, "iban": 3}));
}

#[test]
fn false_names_nothing() {
    let schema = json!({"properties": {"id": {}, "secret": false}, "additionalProperties": {}});
    let (sent, dropped) = pruned(schema, json!({"id": 1, "secret": 2, "other": 3}));
    assert_eq!((sent, dropped), (json!({"id": 1, "other": 3}), vec!["/secret".to_owned()]));
    let both = policy(&json!({"properties": {"a": {}}, "allOf": [{"properties": {"a": false}}]}));
    assert_eq!(told(&order(&both, &json!({"a": 1})).unwrap_err()), [("/a".to_owned(), "false")]);
}

#[test]
fn a_schema_without_an_end_or_too_deep_is_refused() {
    let mut chain = serde_json::Map::new();
    for i in 0..15_000 {
        chain.insert(format!("a{i}"), json!({"properties": {"x": {"$ref": format!("#/$defs/a{}", i + 1)}}}));
    }
    chain.insert("a15000".to_owned(), json!(true));
    let schema = json!({"$ref": "#/$defs/a0", "$defs": chain});
    // With the stack that a process has: tests' threads have less, and unoptimised frames are large.
    let deep =
        std::thread::Builder::new().stack_size(8 << 20).spawn(move || fault(&schema.to_string())).unwrap();
    assert!(deep.join().unwrap().contains("nested deeper"));
    for schema in [
        json!({"anyOf": [{"$ref": "#"}, {"properties": {"id": {}}}]}),
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"if": {"$ref": "#/$defs/a"}}]}}}),
    ] {
        assert!(fault(&schema.to_string()).contains("leads back to itself"), "{schema}");
    }
}

fn names_all() -> std::sync::Arc<engine::order::Policy> {
    let any = json!({"additionalProperties": {"$ref": "#/$defs/any"}, "items": {"$ref": "#/$defs/any"}});
    policy(&json!({"$ref": "#/$defs/any", "$defs": {"any": any}}))
}

#[test]
fn codes_below_a_cards_key_are_hidden_too_and_masks_make_no_key_twice() {
    let policy = names_all();
    let value = json!({"cvv": ["123"], "card_cvc": {"value": 123, "deep": [{"x": "4"}]}, "n": 1});
    let masked = order(&policy, &value).unwrap();
    assert_eq!(
        sent(&masked),
        json!({"cvv": ["***"], "card_cvc": {"value": "***", "deep": [{"x": "***"}]}, "n": 1})
    );
    assert_eq!(reference(&policy, &value).unwrap().json(), masked.json());
    let value = json!({"************1111": 3, "4111111111111111": 4});
    assert_eq!(
        told(&order(&policy, &value).unwrap_err()),
        [("/************1111".to_owned(), "duplicate_key")]
    );
}

#[test]
fn a_pointer_is_cut_after_a_cards_number_in_it_is_masked_and_shows_nothing_invisible() {
    let policy = names_all();
    let key = "x".repeat(241) + "4111111111111111";
    let value = json!({key: "<b>x</b>", "a": {"b\u{7}": " x"}});
    let order = order(&policy, &value).unwrap();
    assert_eq!(order.changes().len(), 2);
    assert!(order.changes().iter().all(|change| !change.pointer().contains("41111")));
    let dropped = pruned(json!({}), json!({"x\u{202e}y\u{2028}z": 1})).1;
    assert_eq!(dropped, ["/x\u{fffd}y\u{fffd}z"]);
}

#[test]
fn a_tree_has_room_for_every_order_that_may_leave() {
    let policy = names_all();
    for value in [json!({"a": vec![json!([]); 80_000]}), json!({"a": vec![1; 130_000]})] {
        assert_eq!(reference(&policy, &value).unwrap().json(), order(&policy, &value).unwrap().json());
    }
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
    let list = policy(&json!({"properties": {"l": {"type": "array"}}}));
    assert_eq!(told(&order(&list, &json!({"l": 1.5})).unwrap_err()), [("/l".to_owned(), "type")]);
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
    assert!(fault(" ").contains("is empty"));
    assert_eq!(fault("\u{feff}{}"), "");
    assert_eq!(
        fault(
            r#"{"$id": "order.schema.json", "properties": {"a": {"$ref": "item.json"}}, "$defs": {"i": {"$id": "item.json"}}}"#
        ),
        ""
    );
    assert!(
        fault(r#"{"properties": {"pattern_id": {"type": "strin"}}}"#)
            .starts_with("/properties/pattern_id/type is not what")
    );
    assert!(fault(r##"{"properties": {"a": {"$ref": "#/$defs/b"}}}"##).starts_with("/properties/a/$ref "));
    assert!(
        fault(r#"{"properties": {"a": {"$ref": "https://example.com/b"}}}"#)
            .starts_with("/properties/a/$ref ")
    );
}
