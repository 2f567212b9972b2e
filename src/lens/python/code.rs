//! What bytecode does with constants: a sweep over each code object, with the stack as far as it is known.

use super::marshal::{Code, Marshal, Node};
use super::opcodes::Opcodes;
use super::run::{Record, Run};
use super::scope;
use crate::address::escape;
use crate::blob::{ScopeClass, Site};
use std::collections::{HashMap, HashSet};

/// Code objects inside code objects.
const MAX_DEPTH: usize = 64;
const MAX_PLACES: usize = 64;

/// Collects places.
pub(super) struct Finder<'m, 'a> {
    pub(super) marshal: &'m Marshal<'a>,
    ops: Option<Opcodes>,
    wanted: HashSet<u64>,
    seen: HashSet<u32>,
    pub(super) sites: HashMap<u64, Vec<Site>>,
}

impl<'m, 'a> Finder<'m, 'a> {
    pub(super) fn new(marshal: &'m Marshal<'a>, ops: Option<Opcodes>, tags: &[u64]) -> Self {
        let wanted = tags.iter().copied().collect();
        Finder { marshal, ops, wanted, seen: HashSet::new(), sites: HashMap::new() }
    }

    pub(super) fn module(&mut self, root: u32) {
        let Some(Node::Code(code)) = self.marshal.get(root) else { return };
        let file = String::from_utf8_lossy(self.marshal.text(code.filename).unwrap_or_default()).into_owned();
        let module = module_name(&file);
        self.code(root, &module, "", false, 0);
    }

    fn code(&mut self, node: u32, module: &str, outer: &str, is_class: bool, depth: usize) {
        let Some(Node::Code(code)) = self.marshal.get(node) else { return };
        if depth > MAX_DEPTH || !self.seen.insert(node) {
            return;
        }
        let name = escape(self.marshal.text(code.name).unwrap_or_default());
        let is_lambda = name.starts_with('<');
        let is_module = depth == 0;
        let qualified = match self.marshal.text(code.qualname) {
            _ if is_module => String::new(),
            Some(name) => escape(name).replace(".<locals>", ""),
            None if outer.is_empty() => name,
            None => format!("{outer}.{name}"),
        };
        let records = self.run(code);
        let full = if is_module { module.to_owned() } else { format!("{module}.{qualified}") };
        let mut classes = HashSet::new();
        self.class_bodies(code, &mut classes);
        let documentation = self.documentation(code, is_module || is_class || is_lambda);
        for record in records {
            let mut site = Site { name: full.clone(), key: record.key, role: record.role, ..Site::default() };
            if documentation == Some(record.tag) {
                site.name = format!("{full}.__doc__");
            }
            if record.is_member
                && let Some(key) = &site.key
            {
                site.name = format!("{full}.{key}");
            }
            let order = record.at as u64;
            if let Some((group, what)) = record.group {
                site.scopes.push(scope(
                    ScopeClass::Call,
                    format!("py {full}#{node}@{group}"),
                    order,
                    format!("{what} in {full}"),
                ));
            }
            if is_module {
                site.scopes.push(scope(
                    ScopeClass::Type,
                    format!("py {module}"),
                    order,
                    format!("module {module}"),
                ));
            } else if is_class {
                site.scopes.push(scope(
                    ScopeClass::Type,
                    format!("py {full}"),
                    order,
                    format!("class {full}"),
                ));
            } else {
                site.scopes.push(scope(
                    ScopeClass::Method,
                    format!("py {full}#{node}"),
                    order,
                    format!("function {full}()"),
                ));
                if let Some((class, _)) = qualified.rsplit_once('.') {
                    let class = format!("{module}.{class}");
                    let mut of = scope(ScopeClass::Type, format!("py {class}"), 0, format!("class {class}"));
                    of.order = None;
                    site.scopes.push(of);
                }
            }
            let mut package =
                scope(ScopeClass::Package, format!("py {module}"), 0, format!("module {module}"));
            package.order = None;
            site.scopes.push(package);
            let sites = self.sites.entry(record.tag).or_default();
            if sites.len() < MAX_PLACES {
                sites.push(site);
            }
        }
        for &inner in self.marshal.seq(code.consts) {
            self.code(inner, module, &qualified, classes.contains(&inner), depth + 1);
        }
    }

    /// The text that documents a function: the first of its constants, where that has lines. Modules and classes
    /// store theirs under its name.
    fn documentation(&self, code: &Code, is_no_function: bool) -> Option<u64> {
        let first = *self.marshal.seq(code.consts).first().filter(|_| !is_no_function)?;
        self.marshal.text(first)?.contains(&b'\n').then_some(u64::from(first))
    }

    /// Class bodies among the constants: code that names its own module and qualified name first.
    fn class_bodies(&self, code: &Code, out: &mut HashSet<u32>) {
        for &inner in self.marshal.seq(code.consts) {
            let Some(Node::Code(body)) = self.marshal.get(inner) else { continue };
            let names = self.marshal.seq(body.names);
            let is_module =
                |n: usize| names.get(n).and_then(|n| self.marshal.text(*n)) == Some(b"__module__");
            if is_module(0) || is_module(1) {
                out.insert(inner);
            }
        }
    }

    pub(super) fn text(&self, node: u32) -> Option<String> {
        let text = self.marshal.text(node)?;
        (text.len() <= 128).then(|| escape(text))
    }

    /// The hits in a constant: itself, or the elements of a tuple.
    pub(super) fn hits(&self, node: u32) -> Vec<u64> {
        let direct = std::iter::once(u64::from(node));
        direct
            .chain(self.marshal.seq(node).iter().map(|n| u64::from(*n)))
            .filter(|t| self.wanted.contains(t))
            .collect()
    }

    fn run(&self, code: &Code) -> Vec<Record> {
        let consts = self.marshal.seq(code.consts);
        let mut run = Run::of(self, code);
        if consts.iter().all(|c| self.hits(*c).is_empty()) {
            return Vec::new();
        }
        if let Some(ops) = &self.ops {
            run.sweep(ops, consts);
        }
        let Run { mut records, used, .. } = run;
        // Constants that nothing is known of keep their place among their neighbours.
        for (n, &node) in consts.iter().enumerate() {
            let is_tuple = !self.marshal.seq(node).is_empty();
            for (i, tag) in self.hits(node).into_iter().enumerate() {
                if !used.contains(&tag) {
                    let group = is_tuple.then_some((usize::MAX - n, "tuple"));
                    records.push(Record { tag, at: n + i, key: None, group, is_member: false, role: None });
                }
            }
        }
        records
    }
}

/// `shop.aws` of `shop/aws.py`; of an absolute path only the last part, or the folder of a package.
fn module_name(file: &str) -> String {
    let path = file.trim_start_matches("./").replace('\\', "/");
    let stem = path.strip_suffix(".py").unwrap_or(&path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let name = match stem.strip_prefix('/') {
        None if !stem.contains(':') && !stem.starts_with("..") => stem.replace('/', "."),
        _ => stem.rsplit('/').next().unwrap_or(stem).to_owned(),
    };
    escape(if name.is_empty() { "module".into() } else { name }.as_bytes())
}
