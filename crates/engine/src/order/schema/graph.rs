//! A schema's subschemas and how they lead to each other. Knows what names properties and items, not what is valid.

use std::{fmt::Write as _, sync::Arc};

use referencing::{Draft, Registry, Resolver};
use regex::Regex;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use validator::Validator;

use super::{
    DOCUMENT, SchemaFault,
    check::{Checks, Types},
    pattern, reference_fault,
};
use crate::order::pointer::escaped;

/// A subschema, by its number.
pub(super) type NodeId = usize;

/// All subschemas that an order can come to.
pub(super) struct Graph {
    nodes: Vec<Node>,
    pub(super) root: NodeId,
    /// Those that apply if they match, and where they are in the document.
    branches: Vec<(NodeId, String)>,
}

/// One subschema.
#[expect(clippy::struct_excessive_bools, reason = "each tells of keywords of its own")]
#[derive(Default)]
pub(super) struct Node {
    /// Those that apply to the same value in any case: `$ref`, `$dynamicRef`, `allOf`.
    pub(super) always: Vec<NodeId>,
    /// There are such, and it says nothing else.
    pub(super) only_refers: bool,
    /// Those that apply if they match: `anyOf`, `oneOf`.
    pub(super) matching: Vec<NodeId>,
    /// `if`, `then`, `else`.
    pub(super) condition: Option<(NodeId, Option<NodeId>, Option<NodeId>)>,
    /// `dependentSchemas`.
    pub(super) dependent: Vec<(String, NodeId)>,
    /// `properties`, in their sequence.
    pub(super) properties: Vec<(String, NodeId)>,
    /// `patternProperties`.
    pub(super) patterns: Vec<(Regex, NodeId)>,
    /// `additionalProperties`, unless it is false.
    pub(super) additional: Option<NodeId>,
    /// `additionalProperties` is false.
    pub(super) closed: bool,
    /// `unevaluatedProperties`, unless it is false.
    pub(super) unevaluated: Option<NodeId>,
    /// `prefixItems`.
    pub(super) prefix: Vec<NodeId>,
    /// `items`.
    pub(super) items: Option<NodeId>,
    /// `unevaluatedItems`, unless it is false.
    pub(super) unevaluated_items: Option<NodeId>,
    /// The schema `false`.
    pub(super) never: bool,
    /// `x-multiline`.
    pub(super) multiline: bool,
    /// What it asserts, if that can be asked in one pass.
    pub(super) checks: Option<Arc<Checks>>,
    /// `type`.
    pub(super) types: Option<Types>,
    /// For those that apply if they match.
    pub(super) validator: Option<Validator>,
}

impl Node {
    /// Those that apply to the same value, or may.
    pub(super) fn may_apply(&self) -> Vec<NodeId> {
        let mut nodes = [self.always.as_slice(), self.matching.as_slice()].concat();
        nodes.extend(self.dependent.iter().map(|(_, node)| node));
        if let Some((condition, then, otherwise)) = self.condition {
            nodes.extend([Some(condition), then, otherwise].into_iter().flatten());
        }
        nodes
    }
}

/// A schema of more subschemas is no schema of an order.
const MAX_NODES: usize = 20_000;

impl Graph {
    pub(super) fn compile(registry: &Registry<'_>) -> Result<Self, SchemaFault> {
        let base = referencing::uri::from_str(DOCUMENT).map_err(|error| reference_fault("", &error))?;
        let resolved = registry.resolver(base).lookup("").map_err(|error| reference_fault("", &error))?;
        let (document, at, _) = resolved.into_inner();
        let mut compiler = Compiler {
            places: Places::of(document),
            known: FxHashMap::default(),
            nodes: Vec::new(),
            branches: Vec::new(),
            depth: 0,
        };
        let root = compiler.node(document, &at)?;
        let graph = Self { nodes: compiler.nodes, root, branches: compiler.branches };
        graph.refuse_circles()?;
        Ok(graph)
    }

    /// Gives each branch a validator. For a document that is known to be a schema.
    pub(super) fn prepare(&mut self, registry: &Registry<'_>) -> Result<(), SchemaFault> {
        for (id, pointer) in std::mem::take(&mut self.branches) {
            let reference: String = pointer.bytes().fold(format!("{DOCUMENT}#"), |mut reference, byte| {
                // RFC 3986, section 3.5: what a fragment may have in it, less what is rarely needed.
                if byte.is_ascii_alphanumeric() || b"/-_.~$".contains(&byte) {
                    reference.push(char::from(byte));
                } else {
                    let _ = write!(reference, "%{byte:02X}");
                }
                reference
            });
            let validator =
                Validator::of_reference(&reference, registry).map_err(|error| super::fault(&error))?;
            if let Some(node) = self.nodes.get_mut(id) {
                node.validator = Some(validator);
            }
        }
        Ok(())
    }

    /// A subschema that applies to a value because it applies to that value says nothing, or has no end.
    fn refuse_circles(&self) -> Result<(), SchemaFault> {
        // Depth first: 1 is open, 2 is done.
        let mut seen = vec![0; self.nodes.len()];
        let mut next: Vec<(NodeId, bool)> = (0..self.nodes.len()).map(|id| (id, false)).collect();
        while let Some((id, is_done)) = next.pop() {
            let Some(state) = seen.get_mut(id) else { continue };
            match (*state, is_done) {
                (_, true) => *state = 2,
                (0, false) => {
                    *state = 1;
                    next.push((id, true));
                    for follower in self.node(id).may_apply() {
                        if seen.get(follower) == Some(&1) {
                            return Err(SchemaFault("has a subschema that leads back to itself for the same value, by $ref or a branch".to_owned()));
                        }
                        next.push((follower, false));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The subschemas of a key in one that applies, and those among them that are `false`, which name nothing.
    pub(super) fn children(&self, node: &Node, key: &str) -> (Vec<NodeId>, Vec<NodeId>) {
        let by_name = node.properties.iter().filter(|(name, _)| name == key).map(|(_, child)| *child);
        let by_pattern =
            node.patterns.iter().filter(|(pattern, _)| pattern.is_match(key)).map(|(_, child)| *child);
        let mut children: Vec<_> = by_name.chain(by_pattern).collect();
        // additionalProperties is for what neither of the two is for, in the same schema (Core, 10.3.2.3).
        if children.is_empty() {
            children.extend(node.additional);
        }
        children.into_iter().partition(|child| !self.node(*child).never)
    }

    /// A graph that names nothing.
    pub(super) fn nothing() -> Self {
        let checks = Checks::of(&Value::Bool(false)).map(Arc::new);
        Self { nodes: vec![Node { checks, never: true, ..Node::default() }], root: 0, branches: Vec::new() }
    }

    /// Whether what applies depends on values anywhere.
    pub(super) fn has_branches(&self) -> bool {
        self.nodes.iter().any(|node| node.validator.is_some() || !node.dependent.is_empty())
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        // Every number is one that `Compiler::node` gave out.
        #[expect(clippy::indexing_slicing, reason = "see above")]
        &self.nodes[id]
    }
}

/// By each value's address, what it is in, and where there. Pointers are made of these when one is asked for, which is rare.
struct Places<'d>(FxHashMap<*const Value, Option<(&'d Value, Step<'d>)>>);

#[derive(Clone, Copy)]
enum Step<'d> {
    Key(&'d str),
    Index(usize),
}

impl<'d> Places<'d> {
    fn of(document: &'d Value) -> Self {
        let mut places = Self(FxHashMap::default());
        places.add(document, None);
        places
    }

    fn add(&mut self, value: &'d Value, place: Option<(&'d Value, Step<'d>)>) {
        self.0.insert(value, place);
        match value {
            Value::Object(map) => {
                for (key, member) in map {
                    self.add(member, Some((value, Step::Key(key))));
                }
            }
            Value::Array(list) => {
                for (i, element) in list.iter().enumerate() {
                    self.add(element, Some((value, Step::Index(i))));
                }
            }
            _ => {}
        }
    }

    /// Whether a value is the document's.
    fn has(&self, value: &Value) -> bool {
        self.0.contains_key(&std::ptr::from_ref(value))
    }

    /// Where a value is in the document.
    fn pointer(&self, value: &Value) -> String {
        match self.0.get(&std::ptr::from_ref(value)) {
            Some(Some((parent, Step::Key(key)))) => format!("{}/{}", self.pointer(parent), escaped(key)),
            Some(Some((parent, Step::Index(i)))) => format!("{}/{i}", self.pointer(parent)),
            _ => String::new(),
        }
    }
}

/// Whether a keyword leads to others for the same value, or is for people.
fn only_refers(keyword: &str) -> bool {
    matches!(keyword, "$ref" | "$dynamicRef" | "allOf" | "title" | "description" | "$comment")
}

/// Deeper, and a hostile schema takes more stack than there is.
const MAX_DEPTH: usize = 128;

struct Compiler<'d> {
    places: Places<'d>,
    known: FxHashMap<*const Value, NodeId>,
    nodes: Vec<Node>,
    branches: Vec<(NodeId, String)>,
    /// How many subschemas are being compiled, each because of the one before.
    depth: usize,
}

impl Compiler<'_> {
    /// The number of a subschema of what `resolver` is at.
    fn node<'r>(&mut self, value: &'r Value, resolver: &Resolver<'r>) -> Result<NodeId, SchemaFault> {
        // An `$id` of its own is what references inside of it are resolved against.
        let resource = Draft::Draft202012.create_resource_ref(value);
        let resolver = resolver.in_subresource(resource).map_err(|error| self.fault(value, &error))?;
        self.entered(value, &resolver)
    }

    /// The number of a subschema that `resolver` is at; compiled when first met, so that schemas that refer to themselves end.
    fn entered<'r>(&mut self, value: &'r Value, resolver: &Resolver<'r>) -> Result<NodeId, SchemaFault> {
        if let Some(id) = self.known.get(&std::ptr::from_ref(value)) {
            return Ok(*id);
        }
        let id = self.nodes.len();
        if id == MAX_NODES {
            return Err(SchemaFault(format!("has more than {MAX_NODES} subschemas")));
        }
        if self.depth == MAX_DEPTH {
            return Err(SchemaFault(format!(
                "is nested deeper than {MAX_DEPTH} subschemas, references included"
            )));
        }
        self.depth += 1;
        self.known.insert(value, id);
        self.nodes.push(Node::default());
        let node = match value {
            Value::Object(map) => self.compile(map, Checks::of(value), resolver)?,
            _ => Node {
                checks: Checks::of(value).map(Arc::new),
                never: *value == Value::Bool(false),
                ..Node::default()
            },
        };
        self.depth -= 1;
        if let Some(slot) = self.nodes.get_mut(id) {
            *slot = node;
        }
        Ok(id)
    }

    fn compile<'r>(
        &mut self,
        map: &'r Map<String, Value>,
        checks: Option<Checks>,
        resolver: &Resolver<'r>,
    ) -> Result<Node, SchemaFault> {
        let mut node = Node { checks: checks.map(Arc::new), ..Node::default() };
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(reference) = map.get(keyword) {
                node.always.push(self.referred(reference, resolver)?);
            }
        }
        if let Some(list) = map.get("allOf") {
            node.always.extend(self.list(list, resolver)?);
        }
        node.only_refers = !node.always.is_empty() && map.keys().all(|keyword| only_refers(keyword));
        // Branches that cannot name anything are for the validator, or the checks, alone.
        let has_branches = node.checks.is_none();
        for (keyword, value) in map {
            match keyword.as_str() {
                "anyOf" | "oneOf" if has_branches => node.matching.extend(self.branches(value, resolver)?),
                "if" if has_branches => {
                    let condition = self.branch(value, resolver)?;
                    let mut one =
                        |keyword| map.get(keyword).map(|schema| self.node(schema, resolver)).transpose();
                    node.condition = Some((condition, one("then")?, one("else")?));
                }
                "dependentSchemas" => node.dependent = self.named(value, resolver)?,
                "properties" => node.properties = self.named(value, resolver)?,
                "patternProperties" => {
                    for (text, child) in self.named(value, resolver)? {
                        let regex = pattern::compile(&text).ok_or_else(|| {
                            SchemaFault(format!(
                                "patternProperties has a pattern that is not supported: {text}"
                            ))
                        })?;
                        node.patterns.push((regex, child));
                    }
                }
                "additionalProperties" => {
                    node.additional = self.unless_false(value, resolver)?;
                    node.closed = node.additional.is_none();
                }
                "unevaluatedProperties" => node.unevaluated = self.unless_false(value, resolver)?,
                "prefixItems" => node.prefix = self.list(value, resolver)?,
                "items" => node.items = Some(self.node(value, resolver)?),
                "unevaluatedItems" => node.unevaluated_items = self.unless_false(value, resolver)?,
                "type" => node.types = Some(Types::of(value)),
                "x-multiline" => node.multiline = *value == Value::Bool(true),
                _ => {}
            }
        }
        Ok(node)
    }

    fn referred<'r>(&mut self, reference: &'r Value, resolver: &Resolver<'r>) -> Result<NodeId, SchemaFault> {
        let target = resolver
            .lookup(reference.as_str().unwrap_or_default())
            .map_err(|error| self.fault(reference, &error))?;
        let (target, resolver, _) = target.into_inner();
        if !self.places.has(target) {
            return Err(self.fault(reference, &"it leads to another document"));
        }
        self.entered(target, &resolver)
    }

    fn unless_false<'r>(
        &mut self,
        schema: &'r Value,
        resolver: &Resolver<'r>,
    ) -> Result<Option<NodeId>, SchemaFault> {
        if *schema == Value::Bool(false) { Ok(None) } else { self.node(schema, resolver).map(Some) }
    }

    fn list<'r>(&mut self, list: &'r Value, resolver: &Resolver<'r>) -> Result<Vec<NodeId>, SchemaFault> {
        list.as_array().into_iter().flatten().map(|schema| self.node(schema, resolver)).collect()
    }

    fn named<'r>(
        &mut self,
        named: &'r Value,
        resolver: &Resolver<'r>,
    ) -> Result<Vec<(String, NodeId)>, SchemaFault> {
        let named = named.as_object().into_iter().flatten();
        named.map(|(name, schema)| Ok((name.clone(), self.node(schema, resolver)?))).collect()
    }

    fn branches<'r>(&mut self, list: &'r Value, resolver: &Resolver<'r>) -> Result<Vec<NodeId>, SchemaFault> {
        list.as_array().into_iter().flatten().map(|schema| self.branch(schema, resolver)).collect()
    }

    /// A subschema that applies if it matches.
    fn branch<'r>(&mut self, schema: &'r Value, resolver: &Resolver<'r>) -> Result<NodeId, SchemaFault> {
        let id = self.node(schema, resolver)?;
        self.branches.push((id, self.places.pointer(schema)));
        Ok(id)
    }

    fn fault(&self, at: &Value, error: &dyn std::fmt::Display) -> SchemaFault {
        reference_fault(&self.places.pointer(at), error)
    }
}
