//! What may leave: a JSON Schema (draft 2020-12), compiled once at start.
//!
//! Three things are made of its text:
//! * a [`graph`] of its subschemas, by which [`prune`] decides exactly what is named, through every keyword;
//! * `jsonschema`'s validator, which has the last word on what is valid;
//! * [`shape`]s, one for each place in an order: which keys may be named there, and, where all keywords are common ones, everything
//!   that the validator would ask ([`check`]), so that a valid order is written in one pass without either of the others.

mod check;
mod format;
mod graph;
mod pattern;
mod prune;
mod shape;
mod verdict;

use std::sync::{Arc, OnceLock};

use referencing::{Draft, Registry, RegistryBuilder, Retrieve, Uri};
use serde_json::Value;
use validator::{ValidationError, Validator};

use super::pointer::escaped;
use graph::Graph;
pub(super) use shape::{ROOT, ShapeId, Shapes};

/// The schema that is used where the operator names none.
pub const BUILT_IN: &str = include_str!("../../../../../schemas/order.v1.schema.json");

/// A schema of what may leave.
pub struct Schema {
    compiled: OnceLock<Compiled>,
    /// Its first use reads the meta-schema, for two milliseconds; a valid order of a planned schema never needs it.
    validator: OnceLock<Option<Validator>>,
}

struct Compiled {
    graph: Graph,
    shapes: Arc<Shapes>,
}

/// What is wrong with a schema, and where: a line of its text, or a JSON Pointer into it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaFault(String);

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// [`SchemaFault`] for what is not JSON, not a schema of draft 2020-12, refers to another document, has a regular expression that needs
    /// look-around or back-references, or is too large to compile.
    pub fn parse(text: &[u8]) -> Result<Self, SchemaFault> {
        // A byte order mark is no JSON (RFC 8259, section 8.1), but editors write it.
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        if text.trim_ascii().is_empty() {
            return Err(SchemaFault("is empty".to_owned()));
        }
        let document: Value = serde_json::from_slice(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            SchemaFault(format!("is not JSON: line {line}, column {column}: {}", Reason(&error)))
        })?;
        draft(&document)?;
        let mut validator = None;
        let compiled = Compiled::of(&document, || {
            validator = Some(Validator::of(&document, DOCUMENT).map_err(|error| fault(&error))?);
            Ok(())
        })?;
        Ok(Self { compiled: compiled.into(), validator: validator.into() })
    }

    /// The built-in schema. Compiled when it is first needed, as PHP on the command line may never send an order.
    #[must_use]
    pub fn built_in() -> Self {
        Self { compiled: OnceLock::new(), validator: OnceLock::new() }
    }

    /// Compiles it now: before processes are forked that would all have to.
    pub fn compile(&self) {
        self.compiled();
    }

    fn compiled(&self) -> &Compiled {
        // Only the built-in one is not compiled yet, and a test sees to it that it can be; else nothing would be named and nothing leave.
        self.compiled
            .get_or_init(|| Compiled::of(&built_in(), || Ok(())).unwrap_or_else(|_| Compiled::nothing()))
    }

    fn validator(&self) -> Option<&Validator> {
        self.validator.get_or_init(|| Validator::of(&built_in(), DOCUMENT).ok()).as_ref()
    }

    /// Whether one pass is enough for a valid order.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        self.compiled().shapes.planned()
    }

    /// The places that an order has by it.
    pub(super) fn shapes(&self) -> Arc<Shapes> {
        Arc::clone(&self.compiled().shapes)
    }

    /// Whether a value fits, as it stands: nothing pruned, nothing made clean.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator().is_some_and(|validator| validator.is_valid(value))
    }

    /// What it names of a value, and pointers to the rest.
    pub(super) fn prune(&self, value: &Value) -> (Value, Vec<Vec<String>>) {
        prune::prune(&self.compiled().graph, value)
    }

    /// What is wrong with a pruned value.
    pub(super) fn violations(&self, value: &Value) -> Vec<(String, super::Rule)> {
        match self.validator() {
            Some(validator) => validator.errors(value).iter().map(verdict::of).collect(),
            None => vec![(String::new(), super::Rule::Keyword("false"))],
        }
    }
}

impl Compiled {
    /// `is_schema`: asked once references are known to lead somewhere, and not too deep: the graph knows where they stand, and what comes
    /// after it takes a document for a schema.
    fn of(
        document: &Value,
        is_schema: impl FnOnce() -> Result<(), SchemaFault>,
    ) -> Result<Self, SchemaFault> {
        let registry = registry(document)?;
        let mut graph = Graph::compile(&registry)?;
        is_schema()?;
        graph.prepare(&registry)?;
        Ok(Self { shapes: Shapes::compile(&graph)?.into(), graph })
    }

    /// What the schema `false` compiles to.
    fn nothing() -> Self {
        let graph = Graph::nothing();
        Self { shapes: Shapes::compile(&graph).unwrap_or_default().into(), graph }
    }
}

/// Read anew when it is needed, which is twice at most: kept, it would be in every worker's memory.
fn built_in() -> Value {
    // build.rs says what it leaves out.
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/order.v1.schema.json"))).unwrap_or_default()
}

/// The document's own address, which relative references in it are resolved against.
const DOCUMENT: &str = "https://secure-dispatch.invalid/schema";

fn draft(document: &Value) -> Result<(), SchemaFault> {
    match document.get("$schema").map(Value::as_str) {
        None => Ok(()),
        Some(Some(uri)) if uri.trim_end_matches('#') == "https://json-schema.org/draft/2020-12/schema" => Ok(()),
        Some(_) => Err(SchemaFault(
            "/$schema is another dialect; schemas of draft 2020-12 (https://json-schema.org/draft/2020-12/schema) are understood"
                .to_owned(),
        )),
    }
}

fn registry(document: &Value) -> Result<Registry<'_>, SchemaFault> {
    Registry::new()
        .draft(Draft::Draft202012)
        .retriever(Nothing)
        .add(DOCUMENT, document)
        .and_then(RegistryBuilder::prepare)
        .map_err(|error| reference_fault(&outside(document, "").unwrap_or_default(), &error))
}

/// Where a reference stands that is none within the document by its looks.
fn outside(schema: &Value, at: &str) -> Option<String> {
    match schema {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let at = format!("{at}/{}", escaped(key));
            let is_outside = matches!(key.as_str(), "$ref" | "$dynamicRef")
                && value.as_str().is_some_and(|reference| !reference.starts_with('#'));
            if is_outside { Some(at) } else { outside(value, &at) }
        }),
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(i, value)| outside(value, &format!("{at}/{i}")))
        }
        _ => None,
    }
}

/// A registry fetches nothing.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, _uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err("references may not leave the document".into())
    }
}

fn fault(error: &ValidationError<'_>) -> SchemaFault {
    let pointer = error.instance_path().as_str();
    let place = if pointer.is_empty() { "the schema".to_owned() } else { pointer.to_owned() };
    match error.kind() {
        validator::error::ValidationErrorKind::Referencing(error) => reference_fault(pointer, error),
        _ if pointer.ends_with("/pattern") || pointer.contains("/patternProperties") => SchemaFault(format!(
            "{place} is not a regular expression that is supported; look-around and back-references are not, since a hostile text can make them endless"
        )),
        kind => {
            SchemaFault(format!("{place} is not what JSON Schema 2020-12 allows there ({})", kind.keyword()))
        }
    }
}

fn reference_fault(pointer: &str, error: &dyn std::fmt::Display) -> SchemaFault {
    let place = if pointer.is_empty() { "the schema" } else { pointer };
    SchemaFault(format!("{place} has a reference that does not lead anywhere within the document: {error}"))
}

/// A JSON error without its position, which comes before it.
struct Reason<'a>(&'a serde_json::Error);

impl std::fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.split(" at line ").next().unwrap_or_default())
    }
}
