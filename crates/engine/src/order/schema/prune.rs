//! What a schema names of a value: the rest is dropped, at every depth.
//!
//! A property is named if `properties`, `patternProperties`, `additionalProperties` or `unevaluatedProperties` of a subschema that
//! applies has a schema for it (other than false). Of `anyOf`, `oneOf`, `if` and `dependentSchemas` those branches apply that match the value,
//! pruned by the branch itself. Elements of arrays are values, not properties: they stay, pruned.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::graph::{Graph, NodeId};

/// The value without what is not named, and where that was.
pub(super) fn prune(graph: &Graph, value: &Value) -> (Value, Vec<Vec<String>>) {
    let mut pruner = Pruner { graph, matches: HashMap::new() };
    let mut dropped = Vec::new();
    let kept = pruner.keep(&[graph.root].into(), value, &mut Some((&mut dropped, Vec::new())));
    (kept, dropped)
}

struct Pruner<'a> {
    graph: &'a Graph,
    /// Whether a branch matches a value, by its address. Without it a schema of nested branches costs more with every depth.
    matches: HashMap<(NodeId, *const Value), bool>,
}

/// Where pointers to what is dropped go, and where we are.
type Trace<'t> = Option<(&'t mut Vec<Vec<String>>, Vec<String>)>;

impl Pruner<'_> {
    fn keep(&mut self, nodes: &BTreeSet<NodeId>, value: &Value, trace: &mut Trace<'_>) -> Value {
        match value {
            Value::Object(members) => {
                let applying = self.applying(nodes, value);
                let mut kept = Map::new();
                for (key, member) in members {
                    if let Some((_, at)) = trace {
                        at.push(key.clone());
                    }
                    let named = self.property(&applying, key);
                    if named.is_empty() {
                        if let Some((dropped, at)) = trace {
                            dropped.push(at.clone());
                        }
                    } else {
                        kept.insert(key.clone(), self.keep(&named, member, trace));
                    }
                    if let Some((_, at)) = trace {
                        at.pop();
                    }
                }
                Value::Object(kept)
            }
            Value::Array(elements) => {
                let applying = self.applying(nodes, value);
                let mut kept = Vec::with_capacity(elements.len());
                for (i, element) in elements.iter().enumerate() {
                    if let Some((_, at)) = trace {
                        at.push(i.to_string());
                    }
                    kept.push(self.keep(&self.element(&applying, i), element, trace));
                    if let Some((_, at)) = trace {
                        at.pop();
                    }
                }
                Value::Array(kept)
            }
            scalar => scalar.clone(),
        }
    }

    /// All subschemas that apply to a value, of those that are asked to and of those that they lead to.
    fn applying(&mut self, nodes: &BTreeSet<NodeId>, value: &Value) -> BTreeSet<NodeId> {
        let graph = self.graph;
        let mut applying = BTreeSet::new();
        let mut next: Vec<NodeId> = nodes.iter().copied().collect();
        while let Some(id) = next.pop() {
            if !applying.insert(id) {
                continue;
            }
            let node = graph.node(id);
            next.extend(&node.always);
            next.extend(node.matching.iter().filter(|branch| self.matches(**branch, value)));
            if let Some((condition, then, otherwise)) = node.condition {
                if self.matches(condition, value) {
                    next.push(condition);
                    next.extend(then);
                } else {
                    next.extend(otherwise);
                }
            }
            next.extend(
                node.dependent.iter().filter(|(key, _)| value.get(key).is_some()).map(|(_, node)| node),
            );
        }
        applying
    }

    fn matches(&mut self, branch: NodeId, value: &Value) -> bool {
        let known = (branch, std::ptr::from_ref(value));
        if let Some(matches) = self.matches.get(&known) {
            return *matches;
        }
        let kept = self.keep(&[branch].into(), value, &mut None);
        let validator = self.graph.node(branch).validator.as_ref();
        let matches = validator.is_some_and(|validator| validator.is_valid(&kept));
        self.matches.insert(known, matches);
        matches
    }

    fn property(&self, applying: &BTreeSet<NodeId>, key: &str) -> BTreeSet<NodeId> {
        let nodes = || applying.iter().map(|id| self.graph.node(*id));
        let mut named = BTreeSet::new();
        for node in nodes() {
            let by_name = node.properties.iter().filter(|(name, _)| name == key).map(|(_, child)| *child);
            let by_pattern =
                node.patterns.iter().filter(|(pattern, _)| pattern.is_match(key)).map(|(_, child)| *child);
            let mut children = by_name.chain(by_pattern).peekable();
            // additionalProperties is for what neither of the two is for, in the same schema (Core, 10.3.2.3).
            if children.peek().is_none() {
                named.extend(node.additional);
            }
            named.extend(children);
        }
        if named.is_empty() {
            named.extend(nodes().filter_map(|node| node.unevaluated));
        }
        named
    }

    fn element(&self, applying: &BTreeSet<NodeId>, i: usize) -> BTreeSet<NodeId> {
        let nodes = || applying.iter().map(|id| self.graph.node(*id));
        let mut named: BTreeSet<_> =
            nodes().filter_map(|node| node.prefix.get(i).copied().or(node.items)).collect();
        if named.is_empty() {
            named.extend(nodes().filter_map(|node| node.unevaluated_items));
        }
        named
    }
}
