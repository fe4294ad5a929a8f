//! The places of an order, as far as they can be told before its values are known: which keys may be named there, and what must hold
//! of a value.
//!
//! A place is a set of subschemas that apply to it in any case. What neither they nor any branch of theirs names can be dropped on sight.
//! Where every keyword of every place is a common one, nothing depends on a branch, and an order can be decided as it goes by: it is
//! planned.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed},
    },
};

use regex::Regex;
use rustc_hash::FxHashMap;

use super::{
    SchemaFault,
    check::{Between, Checks, Types},
    graph::{Graph, Node, NodeId},
};
use crate::order::{card, sanitise::Lines};

/// A place, by its number.
pub(in crate::order) type ShapeId = u32;

/// All places.
#[derive(Default)]
pub(in crate::order) struct Shapes {
    all: Vec<Shape>,
    planned: bool,
    /// How long the JSON of the last order was.
    last_bytes: AtomicUsize,
}

/// One place.
pub(in crate::order) struct Shape {
    names: Vec<Named>,
    by_name: FxHashMap<Box<[u8]>, u16>,
    /// Which name an object began with the last time.
    first: AtomicU16,
    others: Option<Others>,
    prefix: Vec<ShapeId>,
    items: ShapeId,
    /// Of a text here.
    pub(in crate::order) lines: Lines,
    /// An object may be here, and no array.
    pub(in crate::order) wants_object: bool,
    /// An array may be here, and no object.
    pub(in crate::order) wants_array: bool,
    /// A number may not be here, at most an integer.
    pub(in crate::order) refuses_floats: bool,
    checks: Vec<Arc<Checks>>,
    /// What they ask of a text, where that is its length alone, as it is of most.
    text: Option<Between>,
    required: u128,
    any_required: Vec<Vec<u128>>,
}

/// A key that is named.
pub(in crate::order) struct Named {
    pub(in crate::order) key: Box<[u8]>,
    /// Which name came after it the last time: the objects of a list have their keys in the same sequence.
    next: AtomicU16,
    /// Its bit among those that were seen.
    pub(in crate::order) bit: u128,
    /// The place of its value.
    pub(in crate::order) shape: ShapeId,
    /// As it stands in JSON, with a comma before it and its colon.
    pub(in crate::order) json: Box<[u8]>,
    /// It says that it holds a card's number or code.
    pub(in crate::order) is_card: bool,
    /// Named by `false` alone, which is to say that it may not be sent.
    pub(in crate::order) is_dropped: bool,
}

/// Keys that a pattern or `additionalProperties` names.
struct Others {
    patterns: Vec<Regex>,
    any: bool,
    shape: ShapeId,
}

/// The order itself.
pub(in crate::order) const ROOT: ShapeId = 1;

/// Where nothing is named.
const NOWHERE: ShapeId = 0;

/// A schema of more places is one whose branches multiply.
const MAX_SHAPES: usize = 20_000;

impl Shapes {
    pub(super) fn compile(graph: &Graph) -> Result<Self, SchemaFault> {
        let mut compiler = Compiler { graph, known: FxHashMap::default(), places: Vec::new() };
        compiler.place(&BTreeSet::new())?;
        compiler.place(&[graph.root].into())?;
        let (mut shapes, mut planned) = (Vec::new(), true);
        // Places lead to places, which are put at the list's end.
        while let Some(nodes) = compiler.places.get(shapes.len()).cloned() {
            let (shape, is_planned) = compiler.shape(&nodes)?;
            shapes.push(shape);
            planned &= is_planned;
        }
        Ok(Self { all: shapes, planned, last_bytes: AtomicUsize::new(0) })
    }

    pub(super) fn planned(&self) -> bool {
        self.planned
    }

    /// How much room the next order's JSON will want: as the last one's, and some more.
    pub(in crate::order) fn room(&self) -> usize {
        let last = self.last_bytes.load(Relaxed);
        last + last / 8 + 32
    }

    pub(in crate::order) fn remember(&self, bytes: usize) {
        self.last_bytes.store(bytes, Relaxed);
    }

    pub(in crate::order) fn get(&self, id: ShapeId) -> &Shape {
        // Every number is one that `Compiler::place` gave out, and all of those were compiled.
        #[expect(clippy::indexing_slicing, reason = "see above")]
        &self.all[id as usize]
    }
}

impl Shape {
    /// A key that the schema names by itself, and its number. `after`: the one that came before it in the same object.
    #[expect(clippy::inline_always, reason = "once for each key of an order")]
    #[inline(always)]
    pub(in crate::order) fn find(&self, key: &[u8], after: Option<u16>) -> Option<(u16, &Named)> {
        let next = after.map_or(Some(&self.first), |after| Some(&self.name(after)?.next))?;
        let guess = next.load(Relaxed);
        if let Some(named) = self.name(guess).filter(|named| *named.key == *key) {
            return Some((guess, named));
        }
        self.look_up(key, next)
    }

    #[cold]
    fn look_up(&self, key: &[u8], next: &AtomicU16) -> Option<(u16, &Named)> {
        let number = *self.by_name.get(key)?;
        next.store(number, Relaxed);
        Some((number, self.name(number)?))
    }

    /// A name by its number.
    pub(in crate::order) fn name(&self, number: u16) -> Option<&Named> {
        self.names.get(usize::from(number))
    }

    /// Whether there are keys that are named by what they look like, or as any others.
    pub(in crate::order) fn names_others(&self) -> bool {
        self.others.is_some()
    }

    /// The place of the value of any other key, if it may be named.
    pub(in crate::order) fn other(&self, key: &str) -> Option<ShapeId> {
        let others = self.others.as_ref()?;
        (others.any || others.patterns.iter().any(|pattern| pattern.is_match(key))).then_some(others.shape)
    }

    /// The place of an element.
    pub(in crate::order) fn element(&self, i: usize) -> ShapeId {
        self.prefix.get(i).copied().unwrap_or(self.items)
    }

    pub(in crate::order) fn allows_null(&self) -> bool {
        self.checks.iter().all(|checks| checks.null())
    }

    pub(in crate::order) fn allows_bool(&self, value: bool) -> bool {
        self.checks.iter().all(|checks| checks.bool(value))
    }

    pub(in crate::order) fn allows_int(&self, value: i64) -> bool {
        self.checks.iter().all(|checks| checks.int(value))
    }

    pub(in crate::order) fn allows_float(&self, value: f64) -> bool {
        self.checks.iter().all(|checks| checks.float(value))
    }

    pub(in crate::order) fn allows_string(&self, text: &str) -> bool {
        match &self.text {
            Some(length) => length.has_chars(text),
            None => self.checks.iter().all(|checks| checks.string(text)),
        }
    }

    pub(in crate::order) fn allows_array(&self) -> bool {
        self.checks.iter().all(|checks| checks.array())
    }

    pub(in crate::order) fn allows_items(&self, count: u64) -> bool {
        self.checks.iter().all(|checks| checks.items(count))
    }

    pub(in crate::order) fn allows_object(&self) -> bool {
        self.checks.iter().all(|checks| checks.object())
    }

    /// Of an object with these keys, and so many of them.
    pub(in crate::order) fn allows_keys(&self, seen: u128, count: u64) -> bool {
        let has = |names: u128| seen & names == names;
        has(self.required)
            && self.any_required.iter().all(|sets| sets.iter().any(|names| has(*names)))
            && self.checks.iter().all(|checks| checks.properties(count))
    }
}

struct Compiler<'a> {
    graph: &'a Graph,
    known: FxHashMap<BTreeSet<NodeId>, ShapeId>,
    places: Vec<BTreeSet<NodeId>>,
}

impl Compiler<'_> {
    /// The number of a place.
    fn place(&mut self, nodes: &BTreeSet<NodeId>) -> Result<ShapeId, SchemaFault> {
        let mut nodes = self.closure(nodes, |node| node.always.clone());
        // Properties that refer to one subschema are one place.
        nodes.retain(|id| !self.graph.node(*id).only_refers);
        if let Some(id) = self.known.get(&nodes) {
            return Ok(*id);
        }
        if self.places.len() == MAX_SHAPES {
            return Err(SchemaFault(format!("has branches that combine in more than {MAX_SHAPES} ways")));
        }
        let id = ShapeId::try_from(self.places.len()).unwrap_or(NOWHERE);
        self.known.insert(nodes.clone(), id);
        self.places.push(nodes);
        Ok(id)
    }

    /// These subschemas and all that they lead to.
    fn closure(&self, nodes: &BTreeSet<NodeId>, leads_to: impl Fn(&Node) -> Vec<NodeId>) -> BTreeSet<NodeId> {
        let mut next: Vec<NodeId> = nodes.iter().copied().collect();
        let mut closure = BTreeSet::new();
        while let Some(id) = next.pop() {
            if closure.insert(id) {
                next.extend(leads_to(self.graph.node(id)));
            }
        }
        closure
    }

    /// The keys that some of these subschemas name, and each one's bit.
    fn names<'n>(
        &mut self,
        nodes: &[&'n Node],
    ) -> Result<(Vec<Named>, FxHashMap<&'n str, u128>), SchemaFault> {
        let mut names = Vec::new();
        let mut bits = FxHashMap::default();
        for name in nodes.iter().flat_map(|node| &node.properties).map(|(name, _)| name.as_str()) {
            if bits.contains_key(name) {
                continue;
            }
            // More of them than bits: such a place is not planned.
            let bit = 1_u128.checked_shl(u32::try_from(bits.len()).unwrap_or(u32::MAX)).unwrap_or(0);
            bits.insert(name, bit);
            let (mut children, mut forbidden) = (BTreeSet::new(), Vec::new());
            for node in nodes {
                let (here, never) = self.graph.children(node, name);
                children.extend(here);
                forbidden.extend(never);
                // Only if nothing else names it, which depends on the branches.
                children.extend(node.unevaluated);
            }
            let is_dropped = children.is_empty();
            children.extend(forbidden);
            let json = format!(",{}:", serde_json::Value::from(name)).into_bytes().into();
            let (key, next, is_card) = (name.as_bytes().into(), AtomicU16::new(0), card::is_named(name));
            names.push(Named { key, next, bit, shape: self.place(&children)?, json, is_card, is_dropped });
        }
        Ok((names, bits))
    }

    /// The place where these subschemas apply in any case, and whether it is planned.
    fn shape(&mut self, certain: &BTreeSet<NodeId>) -> Result<(Shape, bool), SchemaFault> {
        let graph = self.graph;
        let may_apply = self.closure(certain, Node::may_apply);
        let nodes: Vec<&Node> = may_apply.iter().map(|id| graph.node(*id)).collect();
        let (names, bits) = self.names(&nodes)?;
        let patterns: Vec<Regex> =
            nodes.iter().flat_map(|node| &node.patterns).map(|(pattern, _)| pattern.clone()).collect();
        let unnamed =
            |node: &&Node| [node.additional, node.unevaluated].into_iter().flatten().collect::<Vec<_>>();
        let any: BTreeSet<NodeId> = nodes.iter().flat_map(unnamed).collect();
        let others = if any.is_empty() && patterns.is_empty() {
            None
        } else {
            let by_pattern = nodes.iter().flat_map(|node| &node.patterns).map(|(_, child)| *child);
            let is_any = !any.is_empty();
            Some(Others {
                patterns,
                any: is_any,
                shape: self.place(&any.into_iter().chain(by_pattern).collect())?,
            })
        };
        let longest = nodes.iter().map(|node| node.prefix.len()).max().unwrap_or(0);
        let element = |i: usize| {
            nodes
                .iter()
                .flat_map(move |node| {
                    [node.prefix.get(i).copied().or(node.items), node.unevaluated_items].into_iter().flatten()
                })
                .collect::<BTreeSet<_>>()
        };
        let prefix = (0..longest).map(|i| self.place(&element(i))).collect::<Result<_, _>>()?;
        let items = self.place(&element(usize::MAX))?;

        let mask = |wanted: &[String]| {
            wanted
                .iter()
                .map(|name| bits.get(name.as_str()).copied())
                .try_fold(0, |mask, bit| Some(mask | bit?))
        };
        let checks: Option<Vec<Arc<Checks>>> = nodes.iter().map(|node| node.checks.clone()).collect();
        let planned = checks.unwrap_or_default();
        let required: Option<Vec<u128>> = planned.iter().map(|checks| mask(&checks.required)).collect();
        let any_required: Option<Vec<Vec<u128>>> = planned
            .iter()
            .filter(|checks| !checks.any_required.is_empty())
            .map(|checks| checks.any_required.iter().map(|names| mask(names)).collect())
            .collect();
        // A closed one would refuse what another names.
        let naming = nodes
            .iter()
            .filter(|node| node.closed || node.additional.is_some() || !node.properties.is_empty());
        let is_planned = planned.len() == nodes.len()
            && bits.len() <= 128
            && required.is_some()
            && any_required.is_some()
            && (naming.count() <= 1 || !nodes.iter().any(|node| node.closed));
        let allowed = |is: fn(Types) -> bool| nodes.iter().filter_map(|node| node.types).any(is);
        let (has_object, has_array) = (allowed(Types::has_object), allowed(Types::has_array));
        let mut certain_types = certain.iter().filter_map(|id| graph.node(*id).types);
        // Names beyond the numbers are found by none, and such a schema is absurd: they are dropped.
        let by_name =
            (0..).zip(&names).map(|(number, named): (u16, &Named)| (named.key.clone(), number)).collect();
        let shape = Shape {
            names,
            by_name,
            first: AtomicU16::new(0),
            refuses_floats: certain_types.any(Types::wants_decimal_text),
            others,
            prefix,
            items,
            lines: if nodes.iter().any(|node| node.multiline) { Lines::Multiple } else { Lines::Single },
            wants_object: has_object && !has_array,
            wants_array: has_array && !has_object,
            text: planned
                .iter()
                .try_fold(Between::default(), |length, checks| Some(length.and(checks.only_length()?))),
            checks: planned.into_iter().filter(|checks| checks.assert_something()).collect(),
            required: required.unwrap_or_default().into_iter().fold(0, |mask, names| mask | names),
            any_required: any_required.unwrap_or_default(),
        };
        Ok((shape, is_planned))
    }
}
