//! What both ways to write an order make of a value, and what must be true of it.

use std::sync::Arc;

use engine::order::{CardNumbers, Order, OrderWriter, Outcome, Policy, Schema, Stopped, UnknownFields, Violation, card};
use serde_json::Value;

/// A value as a source may have it: strings and keys are bytes, and some values have no JSON.
pub enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Vec<u8>),
    List(Vec<Raw>),
    Map(Vec<(Vec<u8>, Raw)>),
    Nothing,
}

pub fn policy(schema: Schema) -> Arc<Policy> {
    Arc::new(Policy {
        schema: Arc::new(schema),
        unknown_fields: UnknownFields::Drop,
        card_numbers: CardNumbers::Mask,
        max_bytes: 4096,
    })
}

/// Writes a value both ways, and compares.
pub fn check(policy: &Arc<Policy>, value: &Raw) {
    let tree = match finished(OrderWriter::tree(policy), value) {
        Some(tree) => tree,
        None => panic!("a tree is never walked again"),
    };
    if let Ok(order) = &tree {
        check_order(order);
    }
    if policy.schema.is_planned() {
        match (finished(OrderWriter::new(policy), value), &tree) {
            (Some(Ok(plan)), Ok(tree)) => {
                assert_eq!((plan.json(), plan.dropped(), plan.changes()), (tree.json(), tree.dropped(), tree.changes()));
            }
            (Some(plan), tree) => panic!("the plan: {plan:?}, the tree: {tree:?}"),
            (None, _) => {}
        }
    }
}

fn check_order(order: &Order) {
    let json = order.json();
    assert!(json.len() <= 4096);
    let value: Value = serde_json::from_slice(&json).expect("valid JSON");
    check_texts(&value);
    for pointer in order.dropped().iter().map(String::as_str).chain(order.changes().iter().map(|change| change.pointer())) {
        assert!((pointer.is_empty() || pointer.starts_with('/')) && pointer.len() < 600 && !pointer.contains(char::is_control), "{pointer:?}");
    }
}

fn check_texts(value: &Value) {
    match value {
        Value::String(text) => {
            assert!(!card::is_in(text), "{text:?}");
            assert!(!text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')), "{text:?}");
            assert_eq!(text.trim(), text);
        }
        Value::Number(number) => assert!(!card::is_in(&number.to_string()) || number.is_f64(), "{number}"),
        Value::Array(elements) => elements.iter().for_each(check_texts),
        Value::Object(members) => members.values().for_each(check_texts),
        _ => {}
    }
}

fn finished(mut writer: OrderWriter, value: &Raw) -> Option<Result<Order, Vec<Violation>>> {
    let whole = write(&mut writer, value);
    match writer.finish(whole) {
        Outcome::Order(order) => Some(Ok(order)),
        Outcome::Invalid(violations) => {
            assert!(!violations.is_empty());
            Some(Err(violations))
        }
        Outcome::Again => None,
    }
}

fn write(writer: &mut OrderWriter, value: &Raw) -> Result<(), Stopped> {
    match value {
        Raw::Null => writer.null(),
        Raw::Bool(value) => writer.bool(*value),
        Raw::Int(value) => writer.int(*value),
        Raw::Float(value) => writer.float(*value),
        Raw::String(bytes) => writer.string(bytes),
        Raw::Nothing => writer.invalid(engine::order::Rule::Type),
        Raw::List(elements) => {
            writer.begin_array()?;
            for element in elements {
                writer.element()?;
                write(writer, element)?;
            }
            writer.end_array()
        }
        Raw::Map(members) => {
            writer.begin_object()?;
            for (key, member) in members {
                if writer.key(key)? {
                    write(writer, member)?;
                }
            }
            writer.end_object()
        }
    }
}
