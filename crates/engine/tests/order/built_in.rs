//! The built-in schema.

use std::sync::Arc;

use engine::order::{BUILT_IN, CardNumbers, Policy, Schema, UnknownFields};
use serde_json::{Value, json};

use crate::{order, planned, sent, told};

fn policy() -> Arc<Policy> {
    Arc::new(Policy {
        schema: Arc::new(Schema::built_in()),
        unknown_fields: UnknownFields::Drop,
        card_numbers: CardNumbers::Mask,
        max_bytes: 1 << 18,
    })
}

#[test]
fn it_is_planned_and_decides_an_order_in_one_pass() {
    assert!(Schema::parse(BUILT_IN.as_bytes()).is_ok());
    let policy = policy();
    assert!(policy.schema.is_planned());
    let value = json!({
        "id": 1001, "number": "1001", "status": "processing", "currency": "EUR", "total": "59.50", "date_created": "2026-11-24T12:00:00+00:00",
        "billing": {"first_name": "Ada", "email": "ada@example.com", "country": "DE", "iban": "secret"},
        "shipping": "1 Main St, London", "customer_note": "Ring twice.\nThanks!", "line_items": [{"name": "Tea", "quantity": 2, "total": "10.00", "cost": "1.00"}],
        "order_key": "wc_order_secret", "meta_data": [{"key": "secret"}],
    });
    let order = planned(&policy, &value).expect("the plan gave up").unwrap();
    assert_eq!(order.dropped(), ["/billing/iban", "/line_items/0/cost", "/order_key", "/meta_data"]);
    assert!(!sent(&order).to_string().contains("secret"));
    assert_eq!(sent(&order)["customer_note"], "Ring twice.\nThanks!");
}

#[test]
fn an_order_needs_an_id_and_decimals_in_strings() {
    let policy = policy();
    assert_eq!(told(&order(&policy, &json!({})).unwrap_err()), [("/order_id".to_owned(), "required")]);
    assert!(order(&policy, &json!({"order_id": 1})).is_ok() && order(&policy, &json!({"id": "1"})).is_ok());
    let value = json!({"id": 1, "total": 19.0, "line_items": [{"price": 1.25}], "currency": "EURO", "billing": {"country": "Germany"}});
    assert_eq!(
        told(&order(&policy, &value).unwrap_err()),
        [
            ("/billing/country", "enum"),
            ("/currency", "enum"),
            ("/line_items/0/price", "float"),
            ("/total", "float")
        ]
        .map(|(pointer, rule)| (pointer.to_owned(), rule))
    );
}

#[test]
fn what_shops_have_no_value_for_is_taken_as_null_or_empty() {
    let policy = policy();
    let value = json!({
        "id": 1, "status": null, "total": null, "customer": null, "billing": {"email": null, "country": "", "phone": ""}, "shipping": null,
        "line_items": [{"quantity": "2", "total": ""}, {"quantity": 1.5}], "refunds": null, "date_paid": null,
    });
    assert_eq!(sent(&planned(&policy, &value).expect("the plan gave up").unwrap()), value);
    let value =
        json!({"id": 1, "billing": {"email": "ada at example.com"}, "line_items": [{"quantity": "two"}]});
    assert_eq!(
        told(&order(&policy, &value).unwrap_err()),
        [("/billing/email".to_owned(), "format"), ("/line_items/0/quantity".to_owned(), "pattern")]
    );
}

#[test]
fn every_field_says_why_it_may_leave() {
    fn properties<'a>(schema: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
        if let Some(map) = schema["properties"].as_object() {
            found.extend(map.iter().map(|(name, property)| (name.as_str(), property)));
        }
        match schema {
            Value::Object(map) => map.values().for_each(|value| properties(value, found)),
            Value::Array(list) => list.iter().for_each(|value| properties(value, found)),
            _ => {}
        }
    }
    let schema: Value = serde_json::from_str(BUILT_IN).unwrap();
    let mut found = Vec::new();
    properties(&schema, &mut found);
    assert!(found.len() > 80);
    for (name, property) in found {
        assert!(property["description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        for secret in ["key", "token", "ip", "agent", "hash", "meta", "transaction"] {
            assert!(!name.split('_').any(|part| part == secret), "{name}");
        }
    }
}
