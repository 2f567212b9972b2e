//! Objects of a bucket: each an artifact of its own, like a file of a folder.
//!
//! A few threads fetch, and each hands what it has to the threads that search: so the next objects come while
//! these are searched, and no more are held than there are threads here.

use super::artifact::Artifact;
use super::remote::tell;
use super::{Collected, Journalled, Progress, Scanner};
use crate::address::Address;
use crate::ledger::Reason;
use crate::source::remote::fetch::Problem;
use crate::source::remote::s3::{Object, Place, Store};
use std::sync::{Mutex, PoisonError};

/// Objects that are fetched at the same time.
const AT_ONCE: usize = 4;

impl Scanner<'_> {
    /// Fetches and searches what the user named.
    pub(super) fn bucket(&self, place: &Place, collected: &Collected, progress: &Progress) {
        let whole = || Address::named(&place.to_string());
        let store = match Store::open(place, &self.options.s3, &self.options.fetch) {
            Ok(store) => store,
            Err(problem) => return tell(whole(), None, problem, collected),
        };
        let objects = Mutex::new(store.objects());
        // A list holds an object once, and a page of it at a time.
        let next = || objects.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || {
            let mut buffer = Vec::new();
            while let Some(object) = next() {
                match object {
                    Ok(object) => self.object(place, &store, &object, &mut buffer, collected, progress),
                    Err(problem) => tell(whole(), None, problem, collected),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..AT_ONCE {
                // Without more threads, this one does all.
                let _ = std::thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
    }

    fn object(
        &self,
        place: &Place,
        store: &Store<'_>,
        object: &Object,
        buffer: &mut Vec<u8>,
        collected: &Collected,
        progress: &Progress,
    ) {
        if object.is_folder() {
            return;
        }
        let name = place.name_of(object);
        let address = Address::named_bytes(&name);
        let exclude = self.options.exclude.as_ref();
        if exclude.is_some_and(|e| e.leaves_out_object(&String::from_utf8_lossy(&object.key))) {
            let detail = "excluded, as asked".to_owned();
            return tell(address, object.size, Problem { reason: Reason::Ignored, detail }, collected);
        }
        let pending = match &self.options.journal {
            // What no list told has nothing to be known by.
            Some(journal) if !object.etag.is_empty() => {
                let size = object.size.unwrap_or_default();
                let identity = format!("{} {} {size} {}", store.host(), object.etag, object.modified);
                match self.known(journal.look_up(&name, identity), address.clone(), collected, progress) {
                    Journalled::Done => return,
                    Journalled::Open(pending) => pending,
                }
            }
            _ => None,
        };
        match store.read(object, buffer) {
            Ok(content) => {
                // What was replaced since is not what the journal would say.
                let pending = pending.filter(|_| content.is_as_listed);
                let root = place.named(object);
                self.pool.install(|| {
                    let bytes = &content.bytes;
                    let artifact = Artifact { address, root, bytes, pending, yields: false };
                    self.bytes(artifact, collected, progress);
                });
            }
            Err(problem) => tell(address, object.size, problem, collected),
        }
        // What a large object needed is not kept for small ones.
        if buffer.capacity() > 8 << 20 {
            *buffer = Vec::new();
        }
    }
}
