//! JSON and JSON lines: the machine contract, described in `docs/output.md` and, for machines, in
//! `docs/schema/keysift-report.schema.json`.
//!
//! Both formats write the same objects; JSON puts them in one document, with one finding a line so
//! that `grep` and `diff` work on it as well. Findings keep the order of the report, by address and
//! offset: who wants the worst first sorts by `severity`.

use super::common::{self, Escaped, List, Object, Shown};
use super::{Options, Report, Reporter, verification};
use crate::allow::{self, Allowed, Grant};
use crate::finding::{Candidate, Finding, History, Layer, Location, Pair, Revision};
use crate::ledger::{Entry, Objects};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::io::{self, Write};

/// The version of the contract; it changes when a reader of the old one would break.
const CONTRACT: &str = "1";

/// Writes one document.
pub(super) struct Json;

/// Writes one object a line.
pub(super) struct Jsonl;

impl Reporter for Json {
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        write!(out, "{{\"version\":\"{CONTRACT}\",\"tool\":")?;
        serde_json::to_writer(&mut out, &Tool { patterns: report.pattern_count })?;
        out.write_all(b",\"findings\":[")?;
        for (i, finding) in report.findings.iter().enumerate() {
            out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut out, &FindingObject { finding, grant: None, options })?;
        }
        if !report.allowed.is_empty() {
            out.write_all(b"\n],\"allowed\":[")?;
            for (i, Allowed { finding, grant }) in report.allowed.iter().enumerate() {
                out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
                serde_json::to_writer(&mut out, &FindingObject { finding, grant: Some(grant), options })?;
            }
        }
        out.write_all(b"\n],\"ledger\":")?;
        serde_json::to_writer(&mut out, &LedgerObject { report })?;
        out.write_all(b"}\n")?;
        out.flush()
    }
}

impl Reporter for Jsonl {
    fn write(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, out);
        for finding in &report.findings {
            serde_json::to_writer(&mut out, &FindingObject { finding, grant: None, options })?;
            out.write_all(b"\n")?;
        }
        for Allowed { finding, grant } in &report.allowed {
            serde_json::to_writer(&mut out, &FindingObject { finding, grant: Some(grant), options })?;
            out.write_all(b"\n")?;
        }
        serde_json::to_writer(&mut out, &LedgerObject { report })?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

struct Tool {
    patterns: usize,
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("tool", 3)?;
        s.serialize_field("name", "keysift")?;
        s.serialize_field("version", common::VERSION)?;
        s.serialize_field("patterns", &self.patterns)?;
        s.end()
    }
}

struct FindingObject<'a> {
    finding: &'a Finding,
    /// What let it through, where something did.
    grant: Option<&'a Grant>,
    options: &'a Options,
}

impl Serialize for FindingObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let f = self.finding;
        let full = common::in_full(f, self.options);
        let mut s = serializer.serialize_struct("finding", 17)?;
        s.serialize_field("type", if self.grant.is_some() { "allowed" } else { "finding" })?;
        s.serialize_field("pattern", &f.pattern)?;
        s.serialize_field("name", &f.name)?;
        s.serialize_field("class", f.class.name())?;
        s.serialize_field("severity", f.severity.name())?;
        s.serialize_field("confidence", &(f64::from(f.confidence.min(100)) / 100.0))?;
        s.serialize_field("fingerprint", &f.fingerprint)?;
        let parts =
            || f.parts.iter().map(|(role, secret)| (role.name(), common::machine_value(secret, full)));
        s.serialize_field("parts", &Object(parts))?;
        s.serialize_field("sites", &List(|| f.sites.iter().map(SiteObject)))?;
        s.serialize_field("pair", &f.pair.as_ref().map(|pair| PairObject { pair, full }))?;
        let details = || f.details.iter().map(|(key, value)| (Shown(Escaped(key)), Shown(Escaped(value))));
        s.serialize_field("details", &Object(details))?;
        s.serialize_field("why", &f.why)?;
        s.serialize_field("fix", &f.fix)?;
        s.serialize_field("reference", &f.reference)?;
        if f.history.is_empty() {
            s.skip_field("history")?;
        } else {
            s.serialize_field("history", &List(|| f.history.iter().map(HistoryObject)))?;
        }
        match &f.verification {
            Some(verification) => s.serialize_field("verification", &verification::object(verification))?,
            None => s.skip_field("verification")?,
        }
        match self.grant {
            Some(grant) => s.serialize_field("allowed", &GrantObject(grant))?,
            None => s.skip_field("allowed")?,
        }
        s.end()
    }
}

struct GrantObject<'a>(&'a Grant);

impl Serialize for GrantObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let g = self.0;
        let mut s = serializer.serialize_struct("allowed", 4)?;
        s.serialize_field("by", g.by.name())?;
        // Escaped when it was made.
        s.serialize_field("rule", &g.rule)?;
        s.serialize_field("reason", &g.reason.as_deref().map(|reason| Shown(Escaped(reason))))?;
        s.serialize_field("expires", &g.expires)?;
        s.end()
    }
}

struct SiteObject<'a>(&'a Location);

impl Serialize for SiteObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let l = self.0;
        let mut s = serializer.serialize_struct("site", 8)?;
        s.serialize_field("address", &Shown(&l.address))?;
        s.serialize_field("offset", &l.offset)?;
        s.serialize_field("line", &l.line)?;
        s.serialize_field("column", &l.column)?;
        s.serialize_field("site", &l.site.as_deref().map(|site| Shown(Escaped(site))))?;
        s.serialize_field("role", l.role.name())?;
        s.serialize_field("decoded", &List(|| l.decoded.iter().map(|e| e.name())))?;
        match &l.layer {
            Some(layer) => s.serialize_field("layer", &LayerObject(layer))?,
            None => s.skip_field("layer")?,
        }
        s.end()
    }
}

struct LayerObject<'a>(&'a Layer);

impl Serialize for LayerObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let l = self.0;
        fn shown(text: Option<&str>) -> Option<Shown<Escaped<'_>>> {
            text.map(|text| Shown(Escaped(text)))
        }
        let mut s = serializer.serialize_struct("layer", 6)?;
        s.serialize_field("digest", &Shown(Escaped(&l.digest)))?;
        s.serialize_field("number", &l.number)?;
        s.serialize_field("image", &shown(l.image.as_deref()))?;
        s.serialize_field("created_by", &shown(l.created_by.as_deref()))?;
        s.serialize_field("deleted_in_layer", &shown(l.deleted_in_layer.as_deref()))?;
        s.serialize_field("overwritten_in_layer", &shown(l.overwritten_in_layer.as_deref()))?;
        s.end()
    }
}

struct HistoryObject<'a>(&'a History);

impl Serialize for HistoryObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let h = self.0;
        let mut s = serializer.serialize_struct("history", 6)?;
        // Escaped when it was told.
        s.serialize_field("repository", &h.repository)?;
        s.serialize_field("first", &h.first.as_ref().map(RevisionObject))?;
        s.serialize_field("last", &h.last.as_ref().map(RevisionObject))?;
        s.serialize_field("at_head", &h.at_head)?;
        s.serialize_field("objects", &h.objects)?;
        s.serialize_field("paths", &h.paths)?;
        s.end()
    }
}

struct RevisionObject<'a>(&'a Revision);

impl Serialize for RevisionObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let r = self.0;
        let mut s = serializer.serialize_struct("revision", 3)?;
        s.serialize_field("commit", &r.commit)?;
        s.serialize_field("date", &r.date)?;
        match &r.author {
            Some(author) => s.serialize_field("author", author)?,
            None => s.skip_field("author")?,
        }
        s.end()
    }
}

struct PairObject<'a> {
    pair: &'a Pair,
    full: bool,
}

impl Serialize for PairObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let full = self.full;
        let mut s = serializer.serialize_struct("pair", 2)?;
        s.serialize_field("evidence", &Shown(Escaped(&self.pair.evidence)))?;
        let candidates = || self.pair.candidates.iter().map(|candidate| CandidateObject { candidate, full });
        s.serialize_field("candidates", &List(candidates))?;
        s.end()
    }
}

struct CandidateObject<'a> {
    candidate: &'a Candidate,
    full: bool,
}

impl Serialize for CandidateObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let c = self.candidate;
        let mut s = serializer.serialize_struct("candidate", 3)?;
        s.serialize_field("secret", &common::machine_value(&c.secret, self.full))?;
        s.serialize_field("evidence", &Shown(Escaped(&c.evidence)))?;
        s.serialize_field("site", &SiteObject(&c.location))?;
        s.end()
    }
}

struct LedgerObject<'a> {
    report: &'a Report,
}

impl Serialize for LedgerObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Report { ledger, artifacts, .. } = self.report;
        let mut s = serializer.serialize_struct("ledger", 9)?;
        s.serialize_field("type", "ledger")?;
        s.serialize_field("complete", &!ledger.is_incomplete())?;
        s.serialize_field("bytes", &Outcomes(ledger.searched_bytes, ledger.skipped_bytes()))?;
        s.serialize_field("count", &Outcomes(ledger.searched_count, ledger.entries.len() as u64))?;
        s.serialize_field("entries", &List(|| ledger.entries.iter().map(EntryObject)))?;
        s.serialize_field("artifacts", &List(|| artifacts.iter().map(|a| Shown(Escaped(a)))))?;
        match &ledger.history {
            Some(objects) => s.serialize_field("history", &ObjectsObject(objects))?,
            None => s.skip_field("history")?,
        }
        let allowed = allow::counts(&self.report.allowed);
        if allowed.is_empty() {
            s.skip_field("allowed")?;
        } else {
            s.serialize_field("allowed", &Object(|| allowed.iter().map(|(by, count)| (by.name(), count))))?;
        }
        let timings = common::timings(self.report);
        let timings = || timings.iter().map(|(step, time)| (step, time.as_micros() as f64 / 1000.0));
        s.serialize_field("timings", &Object(timings))?;
        s.end()
    }
}

struct ObjectsObject<'a>(&'a Objects);

impl Serialize for ObjectsObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("objects", 3)?;
        s.serialize_field("objects", &self.0.count)?;
        s.serialize_field("bytes", &self.0.bytes)?;
        s.serialize_field("new_bytes", &self.0.new)?;
        s.end()
    }
}

struct Outcomes(u64, u64);

impl Serialize for Outcomes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("outcomes", 2)?;
        s.serialize_field("searched", &self.0)?;
        s.serialize_field("skipped", &self.1)?;
        s.end()
    }
}

struct EntryObject<'a>(&'a Entry);

impl Serialize for EntryObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let e = self.0;
        let mut s = serializer.serialize_struct("entry", 4)?;
        s.serialize_field("address", &Shown(&e.address))?;
        s.serialize_field("bytes", &e.bytes)?;
        s.serialize_field("reason", e.reason.name())?;
        s.serialize_field("detail", &Shown(Escaped(&e.detail)))?;
        s.end()
    }
}
