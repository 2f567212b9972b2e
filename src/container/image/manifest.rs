//! Manifests: which blobs are the settings and the layers of which image.
//!
//! `manifest.json` of `docker save` (a list), `index.json` of an OCI layout (descriptors, nested for several
//! platforms), `manifest.json` of a folder that `skopeo copy dir:` writes (one manifest).

use super::super::budget::Budget;
use super::super::{Member, Problem};
use super::distinct;
use crate::ledger::Reason;
use crate::limits::Limits;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// An image: its settings and its layers, the lowest first.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// Its name, or its platform, or both.
    pub label: Option<String>,
    /// The member that holds its settings.
    pub config: Option<usize>,
    pub layers: Vec<Part>,
}

/// A layer of an image.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub digest: String,
    /// The member that holds it.
    pub member: Option<usize>,
    /// The command that made it, with what could be secret masked.
    pub created_by: Option<String>,
}

/// The images of a container, and what is missing of them.
#[derive(Default)]
pub(super) struct Images {
    pub images: Vec<Image>,
    pub problems: Vec<Problem>,
}

/// Members that may be the table of an image, of one container.
pub(super) const MOST_ROOTS: usize = 256;
/// Registries take no larger manifest; settings are read by the same measure.
const MOST_BYTES: u64 = 4 << 20;
/// Images, and layers of all of them.
const MOST_IMAGES: usize = 4096;
const MOST_LAYERS: usize = 1 << 16;
/// Indexes in indexes.
const MOST_NESTED: u32 = 8;
/// Missing blobs that are told one by one.
const MOST_TOLD: usize = 1000;

/// Whether a member may be the table of an image, by its name.
pub(super) fn is_named(name: &[u8]) -> bool {
    // Most names end otherwise.
    name.ends_with(b".json") && {
        let last = memchr::memrchr(b'/', name).map_or(name, |slash| &name[slash + 1..]);
        matches!(last, b"manifest.json" | b"index.json")
    }
}

/// Reads the tables among the members.
pub(super) fn read<'m, 'b>(
    members: &'m [Box<dyn Member + 'b>],
    links: &'m [(Vec<u8>, Vec<u8>)],
    tables: &[usize],
    limits: &Limits,
) -> Images {
    let mut reader = Reader {
        members,
        links,
        paths: None,
        // What is read here is read again as a member, and charged there.
        budget: Budget::new(limits, 0),
        seen: HashSet::new(),
        layers: 0,
        found: Images::default(),
    };
    for &table in tables {
        let Some(name) = members.get(table).map(|m| m.name()) else { continue };
        let slash = memchr::memrchr(b'/', name).map_or(0, |at| at + 1);
        let (root, last) = name.split_at(slash);
        let Some(value) = reader.json(table) else { continue };
        match (last, &value) {
            (b"index.json", Value::Object(_)) => reader.index(root, &value, None, 0),
            (_, Value::Array(images)) => images.iter().for_each(|image| reader.saved(root, image)),
            // As `dir:` has it, and nobody else: manifests of other things have no layers with digests.
            (_, Value::Object(_)) => reader.manifest(root, &value, None),
            _ => {}
        }
    }
    let Images { images, problems } = reader.found;
    Images { images: distinct(images), problems }
}

struct Reader<'m, 'b> {
    members: &'m [Box<dyn Member + 'b>],
    links: &'m [(Vec<u8>, Vec<u8>)],
    /// Members and links by their paths; made when the first blob is looked for.
    paths: Option<Paths<'m>>,
    budget: Budget,
    /// Digests of indexes and manifests that were read, by the folder they were found from.
    seen: HashSet<(Vec<u8>, String)>,
    layers: usize,
    found: Images,
}

struct Paths<'m> {
    members: HashMap<Vec<u8>, usize>,
    links: HashMap<Vec<u8>, &'m [u8]>,
}

impl<'m> Reader<'m, '_> {
    /// A member that is JSON, and small.
    fn json(&self, member: usize) -> Option<Value> {
        let member = self.members.get(member)?;
        if member.size_hint() > MOST_BYTES {
            return None;
        }
        let mut buffer = Vec::new();
        let contents = member.read(&mut buffer, &self.budget);
        let bytes = contents.bytes.get(..).filter(|bytes| bytes.len() as u64 <= MOST_BYTES)?;
        matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')).then_some(())?;
        serde_json::from_slice(bytes).ok()
    }

    /// The member at a path.
    fn member(&mut self, path: &[u8]) -> Option<usize> {
        let paths = self.paths.get_or_insert_with(|| Paths {
            members: self.members.iter().enumerate().map(|(i, m)| (plain(m.name()), i)).collect(),
            links: self.links.iter().map(|(name, target)| (plain(name), target.as_slice())).collect(),
        });
        let mut path = plain(path);
        for _ in 0..MOST_NESTED {
            if let Some(member) = paths.members.get(&path) {
                return Some(*member);
            }
            let target = *paths.links.get(&path)?;
            let slash = memchr::memrchr(b'/', &path).map_or(0, |at| at + 1);
            path = match paths.members.contains_key(&plain(target)) {
                // Hard links are named from the root.
                true => plain(target),
                false => plain(&[&path[..slash], target].concat()),
            };
        }
        None
    }

    /// The member with this digest.
    fn blob(&mut self, root: &[u8], digest: &str) -> Option<usize> {
        let (kind, hex) = digest.split_once(':')?;
        let is_plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_plain(kind) && is_plain(hex)).then_some(())?;
        self.member(&[root, format!("blobs/{kind}/{hex}").as_bytes()].concat())
            .or_else(|| self.member(&[root, hex.as_bytes()].concat()))
    }

    fn problem(&mut self, reason: Reason, bytes: Option<u64>, detail: String) {
        if self.found.problems.len() < MOST_TOLD {
            self.found.problems.push(Problem { reason, bytes, detail });
        }
    }

    /// Whether there is room for one image more.
    fn has_room(&mut self) -> bool {
        let has_room = self.found.images.len() < MOST_IMAGES && self.layers < MOST_LAYERS;
        let is_told = self.found.problems.iter().any(|p| p.reason == Reason::Limit);
        if !has_room && !is_told {
            let detail = format!(
                "more than {MOST_IMAGES} images or {MOST_LAYERS} layers in one; the others are searched as files"
            );
            self.found.problems.push(Problem::new(Reason::Limit, detail).of_bytes(0));
        }
        has_room
    }

    /// The descriptors of an index.
    fn index(&mut self, root: &[u8], index: &Value, name: Option<&str>, depth: u32) {
        for descriptor in list(index, "manifests") {
            let Some(digest) = text(descriptor, "digest") else { continue };
            if !self.seen.insert((root.to_vec(), digest.to_owned())) {
                continue;
            }
            let name = name_of(descriptor).or(name);
            let label = label(name, descriptor.get("platform"));
            let Some(value) = self.blob(root, digest).and_then(|member| self.json(member)) else {
                // Tools save one platform of many and the whole index.
                let of = label.map_or(String::new(), |label| format!(" ({})", bounded(&label)));
                self.problem(
                    Reason::Ignored,
                    None,
                    format!("{}{of} is listed and is not in the image", short(digest)),
                );
                continue;
            };
            if value.get("manifests").is_some() && depth < MOST_NESTED {
                self.index(root, &value, name, depth + 1);
            } else {
                self.manifest(root, &value, label);
            }
        }
    }

    /// A manifest: settings and layers by digest.
    fn manifest(&mut self, root: &[u8], manifest: &Value, label: Option<String>) {
        let layers = list(manifest, "layers");
        if layers.is_empty() || !layers.iter().all(|l| text(l, "digest").is_some()) || !self.has_room() {
            return;
        }
        let config = manifest.get("config").and_then(|c| text(c, "digest")).and_then(|d| self.blob(root, d));
        let settings = config.and_then(|config| self.json(config)).unwrap_or_default();
        let commands = commands(&settings, layers.len());
        let mut image = Image { label, config, layers: Vec::new() };
        for ((number, layer), created_by) in layers.iter().enumerate().zip(commands) {
            let digest = text(layer, "digest").unwrap_or_default().to_owned();
            let member = self.blob(root, &digest);
            let media = text(layer, "mediaType").unwrap_or_default();
            let size = layer.get("size").and_then(Value::as_u64);
            let what = format!("layer {} {}", number + 1, short(&digest));
            let is_encrypted = media.ends_with("+encrypted");
            if is_encrypted && member.is_some() {
                self.problem(Reason::Encrypted, size, format!("{what} is encrypted"));
            } else if member.is_none() {
                let is_foreign = media.contains("foreign")
                    || media.contains("nondistributable")
                    || !list(layer, "urls").is_empty();
                // Layers of others are left out by rule, and fetched from where the manifest says.
                let (reason, why) = match is_foreign {
                    true => (Reason::Ignored, format!("foreign ({})", bounded(media))),
                    false => (Reason::Unreadable, "missing".to_owned()),
                };
                self.problem(reason, size, format!("{what} is {why}: it is not in the image"));
            }
            image.layers.push(Part { digest, member: member.filter(|_| !is_encrypted), created_by });
        }
        self.enter(image);
    }

    /// An image of `docker save`: settings and layers by path.
    fn saved(&mut self, root: &[u8], saved: &Value) {
        let Some(path) = text(saved, "Config").filter(|_| saved.get("Layers").is_some()) else { return };
        if !self.has_room() {
            return;
        }
        let layers: Vec<&str> = list(saved, "Layers").iter().filter_map(Value::as_str).collect();
        let config = self.member(&[root, path.as_bytes()].concat());
        let settings = config.and_then(|config| self.json(config)).unwrap_or_default();
        let digests: Vec<&str> = settings
            .get("rootfs")
            .map(|rootfs| list(rootfs, "diff_ids").iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let label =
            list(saved, "RepoTags").first().and_then(Value::as_str).map(|tag| bounded(tag).to_owned());
        let commands = commands(&settings, layers.len());
        let mut image = Image { label, config, layers: Vec::new() };
        for ((number, path), created_by) in layers.iter().enumerate().zip(commands) {
            let member = self.member(&[root, path.as_bytes()].concat());
            let stored = path.strip_prefix("blobs/sha256/").map(|hex| format!("sha256:{hex}"));
            let digest = stored.or_else(|| digests.get(number).map(|d| (*d).to_owned()));
            let digest = digest.unwrap_or_else(|| bounded(path).to_owned());
            if member.is_none() {
                // As a descriptor of it may say, it can be foreign.
                let foreign = saved.get("LayerSources").and_then(|sources| {
                    let media = text(sources.get(&digest)?, "mediaType")?;
                    (media.contains("foreign") || media.contains("nondistributable")).then_some(media)
                });
                let (reason, why) = match foreign {
                    Some(media) => (Reason::Ignored, format!("foreign ({})", bounded(media))),
                    None => (Reason::Unreadable, "missing".to_owned()),
                };
                let what =
                    format!("layer {} {} is {why}: it is not in the image", number + 1, short(&digest));
                self.problem(reason, None, what);
            }
            image.layers.push(Part { digest, member, created_by });
        }
        self.enter(image);
    }

    fn enter(&mut self, image: Image) {
        self.layers += image.layers.len();
        self.found.images.push(image);
    }
}

/// A path without what does not tell it from others.
fn plain(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

/// What an index calls an image.
fn name_of(descriptor: &Value) -> Option<&str> {
    let annotations = descriptor.get("annotations")?;
    ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
        .into_iter()
        .find_map(|key| text(annotations, key))
        .map(bounded)
}

fn label(name: Option<&str>, platform: Option<&Value>) -> Option<String> {
    let platform = platform.map(|platform| {
        let parts = ["os", "architecture", "variant"].map(|key| text(platform, key).unwrap_or_default());
        parts.into_iter().filter(|part| !part.is_empty()).map(bounded).collect::<Vec<_>>().join("/")
    });
    let parts: Vec<&str> = name.into_iter().chain(platform.as_deref()).filter(|p| !p.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The commands that made the layers, the lowest first; those that made none are left out.
fn commands(settings: &Value, layers: usize) -> Vec<Option<String>> {
    let makes_layer = |step: &&Value| step.get("empty_layer").and_then(Value::as_bool) != Some(true);
    let steps: Vec<&Value> = list(settings, "history").iter().filter(makes_layer).collect();
    // A history that does not fit tells nothing.
    if steps.len() != layers {
        return vec![None; layers];
    }
    steps.into_iter().map(|step| text(step, "created_by").map(super::command::shown)).collect()
}

/// A digest as people write it.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

/// A name out of a manifest, bounded.
fn bounded(name: &str) -> &str {
    let end = name.char_indices().nth(120).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member)?.as_str()
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
