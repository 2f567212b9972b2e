//! Walks the spans beside a scan: which span a value holds, and the place it gets.

use super::Place;
use std::ops::Range;

/// Bytes of names and labels for one text; past it, places keep their innermost object only.
const SPARE: usize = 32 << 20;

/// The spans of one text and the places found so far.
pub(super) struct Seeker<'s> {
    spans: &'s [Range<usize>],
    next: usize,
    places: Vec<Option<Place>>,
    spare: usize,
}

impl<'s> Seeker<'s> {
    pub(super) fn new(spans: &'s [Range<usize>]) -> Self {
        Seeker { spans, next: 0, places: vec![None; spans.len()], spare: SPARE }
    }

    /// Whether every span has been passed.
    pub(super) fn done(&self) -> bool {
        self.next >= self.spans.len()
    }

    /// Where the next span starts.
    pub(super) fn target(&self) -> usize {
        self.spans.get(self.next).map_or(usize::MAX, |s| s.start)
    }

    /// Whether a span starts in `range`. Spans that start before it are given up: scans move on.
    pub(super) fn wants(&mut self, range: &Range<usize>) -> bool {
        while self.target() < range.start {
            self.next += 1;
        }
        self.target() < range.end
    }

    /// Gives each span that starts in `range` the place that `make` knows for it. Returns the
    /// spans served.
    pub(super) fn put(
        &mut self,
        range: &Range<usize>,
        mut make: impl FnMut(usize) -> Option<Place>,
    ) -> Range<usize> {
        if !self.wants(range) {
            return self.next..self.next;
        }
        let first = self.next;
        while self.target() < range.end {
            let at = self.target();
            if at >= range.start
                && let Some(mut place) = make(at).filter(|place| place.value.contains(&at))
            {
                work(64);
                if self.spare == 0 {
                    place.objects.truncate(1);
                }
                let cost = place.path.len() + place.objects.iter().map(|o| o.label.len() + 32).sum::<usize>();
                self.spare = self.spare.saturating_sub(cost);
                self.places[self.next] = Some(place);
            }
            self.next += 1;
        }
        first..self.next
    }

    /// The next span.
    pub(super) fn next(&self) -> usize {
        self.next
    }

    /// Where a span starts, if it has no place.
    pub(super) fn unplaced(&self, span: usize) -> Option<usize> {
        self.places.get(span)?.is_none().then(|| self.spans[span].start)
    }

    /// Places a span.
    pub(super) fn set(&mut self, span: usize, place: Place) {
        if let (Some(slot), Some(span)) = (self.places.get_mut(span), self.spans.get(span))
            && place.value.contains(&span.start)
        {
            *slot = Some(place);
        }
    }

    /// The place of a span served before.
    pub(super) fn placed(&mut self, span: usize) -> Option<&mut Place> {
        self.places.get_mut(span)?.as_mut()
    }

    pub(super) fn finish(self) -> Vec<Option<Place>> {
        self.places
    }
}

#[cfg(test)]
thread_local! {
    static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts bytes looked at, so that tests can tell a linear scan from a quadratic one.
#[inline(always)]
pub(super) fn work(_bytes: usize) {
    #[cfg(test)]
    WORK.with(|w| w.set(w.get() + _bytes));
}

/// The bytes looked at by `f`.
#[cfg(test)]
pub(super) fn worked(f: impl FnOnce()) -> usize {
    WORK.with(|w| w.set(0));
    f();
    WORK.with(std::cell::Cell::get)
}
