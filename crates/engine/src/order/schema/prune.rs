//! What a schema names of a value: the rest is dropped, at every depth.
//!
//! A property is named if `properties`, `patternProperties`, `additionalProperties` or `unevaluatedProperties` of a subschema that
//! applies has a schema for it (other than false). Elements of arrays are values, not properties: they stay, pruned.
//!
//! Of `anyOf`, `oneOf`, `if` and `dependentSchemas` those branches apply that match what is left of the value when it is pruned by all that
//! applies in any case and by the branch; and that still match what is left in the end.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::graph::{Graph, NodeId};

/// The value without what is not named, and where that was.
pub(super) fn prune(graph: &Graph, value: &Value) -> (Value, Vec<Vec<String>>) {
    let mut pruner = Pruner {
        graph,
        has_branches: graph.has_branches(),
        sets: HashMap::new(),
        matches: HashMap::new(),
        kept: HashMap::new(),
    };
    let kept = pruner.keep(&[graph.root].into(), value);
    let mut dropped = Vec::new();
    compare(value, &kept, &mut Vec::new(), &mut dropped);
    (kept, dropped)
}

/// Pointers to what is in a value and not in what was kept of it.
fn compare(value: &Value, kept: &Value, at: &mut Vec<String>, dropped: &mut Vec<Vec<String>>) {
    match (value, kept) {
        (Value::Object(members), Value::Object(kept)) => {
            for (key, member) in members {
                at.push(key.clone());
                match kept.get(key) {
                    Some(kept) => compare(member, kept, at, dropped),
                    None => dropped.push(at.clone()),
                }
                at.pop();
            }
        }
        (Value::Array(elements), Value::Array(kept)) => {
            for (i, (element, kept)) in elements.iter().zip(kept).enumerate() {
                at.push(i.to_string());
                compare(element, kept, at, dropped);
                at.pop();
            }
        }
        _ => {}
    }
}

type Nodes = BTreeSet<NodeId>;

struct Pruner<'a> {
    graph: &'a Graph,
    has_branches: bool,
    /// Numbers for sets of subschemas.
    sets: HashMap<Nodes, usize>,
    /// Whether a branch matches a value, by its address, beside a set. Without this and the next a schema of nested branches costs more with
    /// every depth.
    matches: HashMap<(NodeId, usize, *const Value), bool>,
    /// What a set keeps of a value.
    kept: HashMap<(usize, *const Value), Value>,
}

impl Pruner<'_> {
    fn keep(&mut self, nodes: &Nodes, value: &Value) -> Value {
        if !value.is_object() && !value.is_array() {
            return value.clone();
        }
        let certain = self.certain(nodes);
        if !self.has_branches {
            // Every value is looked at once.
            return self.keep_inside(&certain, value);
        }
        let known = (self.number(&certain), std::ptr::from_ref(value));
        if let Some(kept) = self.kept.get(&known) {
            return kept.clone();
        }
        let mut out = Nodes::new();
        let kept = loop {
            let choice = self.choose(&certain, &certain, value, &out);
            let kept = self.keep_inside(&choice.applying, value);
            let wrong: Vec<NodeId> = choice
                .made
                .into_iter()
                .filter(|(branch, was)| self.is_valid(*branch, &kept) != *was)
                .map(|(branch, _)| branch)
                .collect();
            if wrong.is_empty() {
                break kept;
            }
            out.extend(wrong);
        };
        self.kept.insert(known, kept.clone());
        kept
    }

    fn keep_inside(&mut self, applying: &Nodes, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut kept = Map::new();
                for (key, member) in members {
                    let named = self.property(applying, key);
                    if !named.is_empty() {
                        kept.insert(key.clone(), self.keep(&named, member));
                    }
                }
                Value::Object(kept)
            }
            Value::Array(elements) => {
                let keep = |(i, element)| {
                    let named = self.element(applying, i);
                    self.keep(&named, element)
                };
                Value::Array(elements.iter().enumerate().map(keep).collect())
            }
            scalar => scalar.clone(),
        }
    }

    /// These subschemas and those that apply with them in any case.
    fn certain(&self, nodes: &Nodes) -> Nodes {
        let mut certain = Nodes::new();
        let mut next: Vec<NodeId> = nodes.iter().copied().collect();
        while let Some(id) = next.pop() {
            if certain.insert(id) {
                next.extend(&self.graph.node(id).always);
            }
        }
        certain
    }

    fn number(&mut self, nodes: &Nodes) -> usize {
        let next = self.sets.len();
        *self.sets.entry(nodes.clone()).or_insert(next)
    }

    /// All that applies to a value: a set, and those of the branches of `from` that match. `out`: branches that did not hold.
    fn choose(&mut self, base: &Nodes, from: &Nodes, value: &Value, out: &Nodes) -> Choice {
        let graph = self.graph;
        let mut choice = Choice { applying: base | from, made: Vec::new() };
        let mut next: Vec<NodeId> = from.iter().copied().collect();
        while let Some(id) = next.pop() {
            let node = graph.node(id);
            let mut chosen = Vec::new();
            for branch in node.matching.iter().filter(|branch| !out.contains(branch)) {
                if self.matches(*branch, base, value) {
                    choice.made.push((*branch, true));
                    chosen.push(*branch);
                }
            }
            if let Some((condition, then, otherwise)) = node.condition
                && !out.contains(&condition)
            {
                let holds = self.matches(condition, base, value);
                choice.made.push((condition, holds));
                chosen.extend(
                    if holds { [Some(condition), then] } else { [otherwise, None] }.into_iter().flatten(),
                );
            }
            chosen.extend(
                node.dependent.iter().filter(|(key, _)| value.get(key).is_some()).map(|(_, node)| *node),
            );
            let new: Vec<NodeId> =
                self.certain(&chosen.into_iter().collect()).difference(&choice.applying).copied().collect();
            choice.applying.extend(&new);
            next.extend(new);
        }
        choice
    }

    /// Whether a branch matches what is left of a value when a set and the branch say what is named.
    fn matches(&mut self, branch: NodeId, base: &Nodes, value: &Value) -> bool {
        let known = (branch, self.number(base), std::ptr::from_ref(value));
        if let Some(matches) = self.matches.get(&known) {
            return *matches;
        }
        let from = self.certain(&[branch].into());
        let choice = self.choose(&(base | &from), &from, value, &Nodes::new());
        let kept = self.keep_inside(&choice.applying, value);
        let matches = self.is_valid(branch, &kept);
        self.matches.insert(known, matches);
        matches
    }

    fn is_valid(&self, branch: NodeId, value: &Value) -> bool {
        self.graph.node(branch).validator.as_ref().is_some_and(|validator| validator.is_valid(value))
    }

    fn property(&self, applying: &Nodes, key: &str) -> Nodes {
        let nodes = || applying.iter().map(|id| self.graph.node(*id));
        let mut named: Nodes = nodes().flat_map(|node| self.graph.children(node, key).0).collect();
        if named.is_empty() {
            named.extend(nodes().filter_map(|node| node.unevaluated));
        }
        named
    }

    fn element(&self, applying: &Nodes, i: usize) -> Nodes {
        let nodes = || applying.iter().map(|id| self.graph.node(*id));
        let mut named: Nodes =
            nodes().filter_map(|node| node.prefix.get(i).copied().or(node.items)).collect();
        if named.is_empty() {
            named.extend(nodes().filter_map(|node| node.unevaluated_items));
        }
        named
    }
}

/// What applies, and which branches were looked at for it: whether they matched.
struct Choice {
    applying: Nodes,
    made: Vec<(NodeId, bool)>,
}
