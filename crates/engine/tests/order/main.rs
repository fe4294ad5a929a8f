//! What may leave, and in which form.

mod built_in;
mod cards;
mod plan;
mod schema;
mod suite;

use std::sync::Arc;

use engine::order::{
    CardNumbers, Order, OrderWriter, Outcome, Policy, Schema, Stopped, UnknownFields, Violation,
};
use serde_json::Value;

/// A policy with a schema, which drops what it does not name and masks cards.
fn policy(schema: &Value) -> Arc<Policy> {
    let schema = Schema::parse(schema.to_string().as_bytes()).unwrap();
    Arc::new(Policy {
        schema: Arc::new(schema),
        unknown_fields: UnknownFields::Drop,
        card_numbers: CardNumbers::Mask,
        max_bytes: 1 << 18,
    })
}

/// What becomes of a value, by whatever way the writer takes.
fn order(policy: &Arc<Policy>, value: &Value) -> Result<Order, Vec<Violation>> {
    planned(policy, value).unwrap_or_else(|| reference(policy, value))
}

/// What the plan makes of it; None where it has no plan, or the plan gives up.
fn planned(policy: &Arc<Policy>, value: &Value) -> Option<Result<Order, Vec<Violation>>> {
    if !policy.schema.is_planned() {
        return None;
    }
    finished(OrderWriter::new(policy), value)
}

/// What the tree makes of it.
fn reference(policy: &Arc<Policy>, value: &Value) -> Result<Order, Vec<Violation>> {
    finished(OrderWriter::tree(policy), value).expect("a tree is never walked again")
}

fn finished(mut writer: OrderWriter, value: &Value) -> Option<Result<Order, Vec<Violation>>> {
    let whole = write(&mut writer, value);
    match writer.finish(whole) {
        Outcome::Order(order) => Some(Ok(order)),
        Outcome::Invalid(violations) => Some(Err(violations)),
        Outcome::Again => None,
    }
}

fn write(writer: &mut OrderWriter, value: &Value) -> Result<(), Stopped> {
    match value {
        Value::Null => writer.null(),
        Value::Bool(value) => writer.bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(int) => writer.int(int),
            None => writer.float(number.as_f64().unwrap()),
        },
        Value::String(text) => writer.string(text.as_bytes()),
        Value::Array(elements) => {
            writer.begin_array()?;
            for element in elements {
                writer.element()?;
                write(writer, element)?;
            }
            writer.end_array()
        }
        Value::Object(members) => {
            writer.begin_object()?;
            for (key, member) in members {
                if writer.key(key.as_bytes())? {
                    write(writer, member)?;
                }
            }
            writer.end_object()
        }
    }
}

/// An order's JSON, as a value.
fn sent(order: &Order) -> Value {
    serde_json::from_slice(&order.json()).unwrap()
}

/// Violations as PHP code sees them.
fn told(violations: &[Violation]) -> Vec<(String, &'static str)> {
    violations.iter().map(|violation| (violation.pointer().to_owned(), violation.rule().name())).collect()
}
