//! The official JSON-Schema-Test-Suite, draft 2020-12.

use std::{fs, io::Write, path::Path};

use engine::order::{Order, Schema};
use serde_json::Value;

use crate::{planned, policy, reference};

/// Files of the required part that are left out, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("refRemote.json", "references may not leave the document"),
    ("vocabulary.json", "its schemas have a meta-schema of their own, which would have to be fetched"),
    (
        "format.json",
        "it asks that formats are not asserted; ours are (optional/format is run for those that we promise)",
    ),
];

/// Files of the optional part that are run: the formats that we promise.
const FORMATS: [&str; 4] = ["email", "date-time", "uri", "uuid"];

#[test]
fn the_official_suite_passes() {
    let Some(suite) = std::env::var_os("JSON_SCHEMA_TEST_SUITE") else {
        say(
            "SKIPPED the_official_suite_passes: JSON_SCHEMA_TEST_SUITE does not name the folder of the official test suite",
        );
        return;
    };
    let suite = Path::new(&suite).join("draft2020-12");
    let mut files: Vec<_> = fs::read_dir(&suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| LEFT_OUT.iter().all(|(name, _)| !path.ends_with(name)))
        .collect();
    files.extend(FORMATS.map(|name| suite.join("optional/format").join(name).with_extension("json")));
    files.sort();
    let mut tally = Tally::default();
    for file in &files {
        tally.file(file);
    }
    say(&format!(
        "{} files, {} schemas: {} tests passed; {} tests of {} schemas left out; {} schemas planned, {} of their values decided in one pass",
        files.len(),
        tally.schemas,
        tally.passed,
        tally.left_out,
        tally.outside.len(),
        tally.planned,
        tally.in_one_pass
    ));
    say(&format!("left out, as they refer to another document: {:?}", tally.outside));
    say(&format!("files left out: {LEFT_OUT:?}"));
    assert_eq!(tally.failed, Vec::<String>::new());
    assert!(tally.passed > 1000, "{}", tally.passed);
}

/// Says it whether or not the test passes: what was skipped must be seen.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[derive(Default)]
struct Tally {
    schemas: usize,
    passed: usize,
    left_out: usize,
    planned: usize,
    in_one_pass: usize,
    outside: Vec<String>,
    failed: Vec<String>,
}

impl Tally {
    fn file(&mut self, path: &Path) {
        let groups: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for group in groups {
            let name = format!(
                "{}: {}",
                path.file_name().unwrap().display(),
                group["description"].as_str().unwrap()
            );
            let tests = group["tests"].as_array().unwrap();
            let schema = match Schema::parse(group["schema"].to_string().as_bytes()) {
                Ok(schema) => schema,
                Err(fault) if fault.to_string().contains("within the document") => {
                    self.outside.push(name);
                    self.left_out += tests.len();
                    continue;
                }
                Err(fault) => {
                    self.failed.push(format!("{name}: {fault}"));
                    continue;
                }
            };
            self.schemas += 1;
            self.planned += usize::from(schema.is_planned());
            let policy = policy(&group["schema"]);
            for test in tests {
                let data = &test["data"];
                if schema.is_valid(data) == test["valid"].as_bool().unwrap() {
                    self.passed += 1;
                } else {
                    self.failed.push(format!("{name}: {}", test["description"]));
                }
                // Whatever it says of the value as it stands: plan and tree come to the same.
                let tree = reference(&policy, data);
                if let Some(order) = planned(&policy, data) {
                    self.in_one_pass += 1;
                    if order.as_ref().map(Order::json).ok() != tree.as_ref().map(Order::json).ok() {
                        self.failed.push(format!(
                            "{name}: {}: the plan made {order:?} of it, the tree {tree:?}",
                            test["description"]
                        ));
                    }
                } else if policy.schema.is_planned() && tree.is_ok() {
                    self.failed.push(format!(
                        "{name}: {}: the plan gave up, the tree made {tree:?}",
                        test["description"]
                    ));
                }
            }
        }
    }
}
