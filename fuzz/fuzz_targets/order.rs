//! Whatever values: the plan and the tree make the same order of them, or none; what leaves is clean, valid, bounded and without cards.
#![no_main]

mod walk;

use std::sync::Arc;

use engine::order::{Policy, Schema};
use libfuzzer_sys::fuzz_target;
use walk::Raw;

/// Names that the schemas know, and some that become one of them.
const NAMES: [&str; 16] = [
    "order_id", "id", "total", "currency", "billing", "email", "country", "line_items", "name", "quantity", "note", "customer_note", "na\u{200b}me",
    "cvc", " id", "date_created",
];

const ANYTHING: &str = r##"{"$ref": "#/$defs/a", "$defs": {"a": {"additionalProperties": {"$ref": "#/$defs/a"}, "items": {"$ref": "#/$defs/a"}}}}"##;
const BRANCHES: &str = r##"{
    "properties": {"id": {"type": "integer"}, "line_items": {"items": {"$ref": "#"}}},
    "anyOf": [{"properties": {"name": {"type": "string"}}, "required": ["name"]}, {"properties": {"note": {"x-multiline": true}}}],
    "if": {"required": ["email"]}, "then": {"properties": {"email": {"format": "email"}}}, "patternProperties": {"^c": true}
}"##;

thread_local!(static POLICIES: Vec<Arc<Policy>> = vec![
    walk::policy(Schema::built_in()),
    walk::policy(Schema::parse(ANYTHING.as_bytes()).expect("a schema")),
    walk::policy(Schema::parse(BRANCHES.as_bytes()).expect("a schema")),
]);

fuzz_target!(|input: &[u8]| {
    let mut input = Input(input);
    let value = input.value(0);
    POLICIES.with(|policies| policies.iter().for_each(|policy| walk::check(policy, &value)));
});

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes.to_vec()
    }

    fn eight(&mut self) -> [u8; 8] {
        std::array::from_fn(|_| self.byte())
    }

    fn key(&mut self) -> Vec<u8> {
        match usize::from(self.byte()) {
            number if number < NAMES.len() => NAMES[number].as_bytes().to_vec(),
            _ => self.bytes(),
        }
    }

    fn value(&mut self, depth: usize) -> Raw {
        match self.byte() % 10 {
            0 => Raw::Null,
            1 => Raw::Bool(true),
            2 => Raw::Int(i64::from_le_bytes(self.eight())),
            3 => Raw::Float(f64::from_le_bytes(self.eight())),
            4 | 5 => Raw::String(self.bytes()),
            6 => Raw::Nothing,
            7 if depth < 16 => Raw::List((0..self.byte() % 8).map(|_| self.value(depth + 1)).collect()),
            8 | 9 if depth < 16 => Raw::Map((0..self.byte() % 16).map(|_| (self.key(), self.value(depth + 1))).collect()),
            _ => Raw::Int(i64::from(self.byte())),
        }
    }
}
