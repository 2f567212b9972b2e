//! Container images: what `docker save`, `skopeo`, `buildah`, `podman` and their like write, as a tar, as
//! members of any other container, or as a folder.
//!
//! An image is a list of layers, each a tar of what it adds, and a settings file that says which command
//! made which. What a layer deletes or writes over is still in the layers below it: it is searched, and
//! what is found there says which layer hides it. Blobs are stored by digest; here the layers get names a
//! person can follow, each blob is read once however many images share it, and what a manifest promises and
//! the image does not hold is told.

mod command;
mod fate;
mod layer;
mod manifest;

use super::{Member, Opened};
use crate::finding::Layer;
use crate::limits::Limits;
use fate::Listing;
use layer::LayerMember;
use manifest::{Image, Images, Part};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// Layers of images, by the names of the members that hold them.
pub struct Layers {
    images: Vec<Image>,
    by_name: HashMap<Vec<u8>, usize>,
    blobs: Vec<Stored>,
}

/// The blob of a layer.
struct Stored {
    /// What is in it, known once it was read.
    listing: Arc<OnceLock<Listing>>,
    /// Where it is used: the number of the image, and of the layer in it.
    uses: Vec<(usize, usize)>,
}

/// Puts in order what is an image among the members.
pub fn arrange(opened: &mut Opened<'_>, limits: &Limits) {
    let manifests: Vec<usize> = (0..opened.members.len())
        .filter(|&i| manifest::is_named(opened.members[i].name()))
        .take(manifest::MOST_ROOTS)
        .collect();
    if manifests.is_empty() {
        return;
    }
    let Images { images, problems } = manifest::read(&opened.members, &opened.links, &manifests, limits);
    opened.problems.extend(problems);
    let mut blobs: Vec<Stored> = Vec::new();
    let mut of_member: HashMap<usize, usize> = HashMap::new();
    for (image, number, part) in images
        .iter()
        .enumerate()
        .flat_map(|(i, image)| image.layers.iter().enumerate().map(move |(n, l)| (i, n, l)))
    {
        let Some(member) = part.member else { continue };
        let blob = *of_member.entry(member).or_insert_with(|| {
            blobs.push(Stored { listing: Arc::default(), uses: Vec::new() });
            blobs.len() - 1
        });
        if let Some(blob) = blobs.get_mut(blob) {
            blob.uses.push((image, number));
        }
    }
    if of_member.is_empty() {
        return;
    }
    let mut by_name = HashMap::new();
    let members = std::mem::take(&mut opened.members);
    opened.members = members
        .into_iter()
        .enumerate()
        .map(|(i, inner)| {
            let Some(&blob) = of_member.get(&i) else { return inner };
            let Some(name) = blobs.get(blob).and_then(|blob| name(&images, blob)) else { return inner };
            by_name.insert(name.clone(), blob);
            let listing = blobs.get(blob).map(|blob| blob.listing.clone()).unwrap_or_default();
            Box::new(LayerMember { name, inner, listing }) as Box<dyn Member>
        })
        .collect();
    opened.layers = Some(Layers { images, by_name, blobs });
}

/// `layer 2 sha256:0123456789ab`
fn name(images: &[Image], blob: &Stored) -> Option<Vec<u8>> {
    let &(image, number) = blob.uses.first()?;
    let digest = &images.get(image)?.layers.get(number)?.digest;
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    Some(format!("layer {} {short}", number + 1).into_bytes())
}

impl Layers {
    /// What is to be said of a file, by its path, in the layer that the member of this name holds.
    pub fn of(&self, member: &[u8], path: Option<&[u8]>) -> Option<Layer> {
        let blob = self.blobs.get(*self.by_name.get(member)?)?;
        let &(image, number) = blob.uses.first()?;
        let image = self.images.get(image)?;
        let part = image.layers.get(number)?;
        let mut layer = Layer {
            digest: part.digest.clone(),
            number: u32::try_from(number + 1).unwrap_or(u32::MAX),
            image: image.label.clone(),
            created_by: part.created_by.clone(),
            ..Layer::default()
        };
        // What one image still shows is not hidden.
        let fates: Option<Vec<_>> = path.and_then(|path| {
            blob.uses.iter().map(|&(image, number)| self.fate(image, number, path)).collect()
        });
        match fates.and_then(|fates| fates.into_iter().next()) {
            Some((fate::Fate::Deleted, by)) => layer.deleted_in_layer = Some(by),
            Some((fate::Fate::Overwritten, by)) => layer.overwritten_in_layer = Some(by),
            None => {}
        }
        Some(layer)
    }

    /// Which layer of an image hides a file of one below, and how.
    fn fate(&self, image: usize, number: usize, path: &[u8]) -> Option<(fate::Fate, String)> {
        let layers = &self.images.get(image)?.layers;
        let listing = |part: &Part| {
            let blob = self.by_member(part.member?)?;
            self.blobs.get(blob)?.listing.get()
        };
        let listings: Vec<Option<&Listing>> = layers.iter().skip(number).map(listing).collect();
        let (fate, above) = fate::of(&listings, path)?;
        Some((fate, layers.get(number + above)?.digest.clone()))
    }

    fn by_member(&self, member: usize) -> Option<usize> {
        self.blobs.iter().position(|blob| {
            blob.uses.first().is_some_and(|&(image, number)| {
                self.images
                    .get(image)
                    .and_then(|i| i.layers.get(number))
                    .is_some_and(|p| p.member == Some(member))
            })
        })
    }
}

/// Of images, those that are told once: an image may be listed by both of its tables.
fn distinct(images: Vec<Image>) -> Vec<Image> {
    let mut seen = HashSet::new();
    images
        .into_iter()
        .filter(|image| {
            let layers: Vec<_> = image.layers.iter().map(|l| (l.member, l.digest.clone())).collect();
            let members: Vec<_> = image.layers.iter().map(|l| l.member).collect();
            // By their members where all are there; digests of the two tables may be of different kinds.
            let is_whole = members.iter().all(Option::is_some);
            seen.insert((image.config, members, if is_whole { Vec::new() } else { layers }))
        })
        .collect()
}

#[cfg(test)]
mod tests;
