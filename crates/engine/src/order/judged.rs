//! A whole tree becomes an order, or the list of everything that is wrong with it: pruned, asked of `jsonschema`, written with its card
//! numbers masked.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Change, Order, Policy, Rule, UnknownFields, Violation, card,
    json::{JsonWriter, Refused, Written},
    pointer::{Path, pointer, segments},
    schema::Shapes,
    writer::{MAX_TOLD, Outcome, Stopped},
};

/// A whole tree, and what is known against it.
pub(super) struct Judged<'p> {
    pub(super) policy: &'p Policy,
    pub(super) dropped: Vec<String>,
    pub(super) changes: Vec<Change>,
    pub(super) violations: Vec<Violation>,
    /// For a path that has no steps but keys as they are.
    pub(super) no_names: Shapes,
}

impl Judged<'_> {
    pub(super) fn judge(mut self, tree: &Value) -> Outcome {
        let (kept, dropped) = self.policy.schema.prune(tree);
        self.dropped.extend(dropped.iter().map(|at| pointer(at.iter().map(String::as_str))));
        self.dropped.truncate(MAX_TOLD);
        // What cannot be sent stands as null in the tree, and what is said of that null is beside the point.
        let stands_as_null = |violation: &&Violation| violation.rule() != Rule::DuplicateKey;
        let invalid: Vec<String> = self
            .violations
            .iter()
            .filter(stands_as_null)
            .map(|violation| violation.pointer().to_owned())
            .collect();
        for (at, rule) in self.policy.schema.violations(&kept).into_iter().take(MAX_TOLD) {
            let at: Vec<String> = segments(&at).collect();
            let at = pointer(at.iter().map(String::as_str));
            let is_inside = |place: &String| {
                at.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if !invalid.iter().any(is_inside) {
                self.violations.push(Violation::new(at, rule));
            }
        }
        if self.policy.unknown_fields == UnknownFields::Reject {
            let unknown = self.dropped.iter().map(|at| Violation::new(at.clone(), Rule::UnknownField));
            self.violations.extend(unknown);
        }
        // What is refused already needs no further look, but at its cards: they are told with all the rest.
        let json = self.encoded(&kept);
        if self.violations.is_empty() {
            return Outcome::Order(Order::new(json.finish(), self.changes, self.dropped));
        }
        self.violations
            .sort_by(|one, other| (&one.pointer, one.rule.name()).cmp(&(&other.pointer, other.rule.name())));
        self.violations.dedup();
        self.violations.truncate(MAX_TOLD);
        Outcome::Invalid(self.violations)
    }

    fn encoded(&mut self, value: &Value) -> JsonWriter {
        let mut json = JsonWriter::new(self.policy.max_bytes, self.policy.card_numbers, 0);
        let mut path = Path::default();
        if self.encode(value, false, &mut json, &mut path).is_err() {
            self.violations.push(Violation::new(String::new(), Rule::Size));
        }
        json
    }

    /// `is_card`: its key says so.
    fn encode(
        &mut self,
        value: &Value,
        is_card: bool,
        json: &mut JsonWriter,
        path: &mut Path,
    ) -> Result<(), Stopped> {
        let written = match value {
            Value::Null => json.null().map(|()| Written::Same),
            Value::Bool(value) => json.bool(*value).map(|()| Written::Same),
            Value::Number(_) if is_card => json.hidden(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => json.int(int),
                (None, float) => json.float(float.unwrap_or_default()),
            },
            Value::String(text) if is_card && !text.is_empty() => json.hidden(),
            Value::String(text) => json.string(text),
            Value::Array(elements) => {
                json.begin_array().map_err(|_| Stopped)?;
                path.open();
                for (i, element) in elements.iter().enumerate() {
                    json.comma(i == 0).map_err(|_| Stopped)?;
                    path.index(i as u64);
                    self.encode(element, is_card, json, path)?;
                }
                path.close();
                json.end_array().map(|()| Written::Same)
            }
            Value::Object(members) => {
                json.begin_object().map_err(|_| Stopped)?;
                path.open();
                let mut masked_keys = HashSet::new();
                for (i, (key, member)) in members.iter().enumerate() {
                    path.key(key.as_bytes());
                    let written = json.key(key, i == 0);
                    if written == Ok(Written::Masked)
                        && let Some(masked) = card::mask(key)
                        && (members.contains_key(&masked) || !masked_keys.insert(masked))
                    {
                        self.violations
                            .push(Violation::new(path.pointer(&self.no_names), Rule::DuplicateKey));
                    }
                    self.note(written, path)?;
                    self.encode(member, is_card || card::is_named(key), json, path)?;
                }
                path.close();
                json.end_object().map(|()| Written::Same)
            }
        };
        self.note(written, path)
    }

    fn note(&mut self, written: Result<Written, Refused>, path: &Path) -> Result<(), Stopped> {
        match written {
            Ok(Written::Masked) if self.changes.len() < MAX_TOLD => {
                self.changes.push(Change::masked(path.pointer(&self.no_names)));
            }
            Err(Refused::CardNumber) if self.violations.len() < MAX_TOLD => {
                self.violations.push(Violation::new(path.pointer(&self.no_names), Rule::CardNumber));
            }
            // The list is long enough; there is a violation in it, so that nothing is sent.
            Ok(_) | Err(Refused::CardNumber) => {}
            Err(Refused::Size) => return Err(Stopped),
        }
        Ok(())
    }
}
