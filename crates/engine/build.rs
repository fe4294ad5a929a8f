//! The built-in schema without its words for people, which would be read, kept and dropped by every process that compiles it.

use std::{env, fs, io, path::Path};

use serde_json::Value;

const SCHEMA: &str = "../../schemas/order.v1.schema.json";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let mut schema = serde_json::from_slice(&fs::read(SCHEMA)?)?;
    strip(&mut schema);
    let directory = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&directory).join("order.v1.schema.json"), schema.to_string())
}

/// A property of such a name has a schema as its value, and no text.
fn strip(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|keyword, value| {
                !(matches!(&**keyword, "title" | "description") && value.is_string())
            });
            let is_schema = |keyword: &str| !matches!(keyword, "const" | "enum" | "default" | "examples");
            map.iter_mut().filter(|(keyword, _)| is_schema(keyword)).for_each(|(_, value)| strip(value));
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}
