//! Whatever schema: it is refused with a reason, or decides about any value, both ways alike.
#![no_main]

mod walk;

use engine::order::Schema;
use libfuzzer_sys::fuzz_target;
use walk::Raw;

fn text(text: &str) -> Raw {
    Raw::String(text.as_bytes().to_vec())
}

fn map(members: Vec<(&str, Raw)>) -> Raw {
    Raw::Map(members.into_iter().map(|(key, member)| (key.as_bytes().to_vec(), member)).collect())
}

fuzz_target!(|schema: &[u8]| {
    match Schema::parse(schema) {
        Ok(schema) => {
            let policy = walk::policy(schema);
            let items = || Raw::List(vec![map(vec![("a", Raw::Int(1)), ("b", text(" x\u{200b}<b>y</b>"))]), Raw::Null, Raw::Float(1.5)]);
            let order = map(vec![
                ("a", Raw::Int(7)),
                ("b", text("4111 1111 1111 1111")),
                ("c", items()),
                ("id", map(vec![("a", text("ada@example.com")), ("id", Raw::Float(2.0)), ("x", Raw::Bool(true))])),
                ("type", text("2026-11-24T00:00:00Z")),
                ("a\u{200b}", Raw::Null),
            ]);
            for value in [order, items(), map(vec![]), Raw::List(vec![]), map(vec![("a", Raw::Int(7)), ("b", text("x"))]), text("x"), Raw::Int(3), Raw::Null, Raw::Nothing] {
                walk::check(&policy, &value);
            }
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
});
