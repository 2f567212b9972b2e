//! PyPI: `POST /legacy/` with an empty upload.
//!
//! PyPI has no call that reads with an upload token. Its upload call looks at the token first and then at
//! the form: without name, version and file nothing can be stored, and the refusal says how far it came.

use super::super::verification::{Verdict, Verification};
use super::reply::Reply;
use super::reply::basic;
use super::{Aftercare, Ask, Credential, Kind, Provider, post};

pub(super) struct PyPi {
    is_test: bool,
}

pub(super) static PYPI: PyPi = PyPi { is_test: false };
pub(super) static TEST_PYPI: PyPi = PyPi { is_test: true };

impl Provider for PyPi {
    fn id(&self) -> &'static str {
        if self.is_test { "testpypi" } else { "pypi" }
    }

    fn name(&self) -> &'static str {
        if self.is_test { "TestPyPI" } else { "PyPI" }
    }

    fn base(&self) -> &'static str {
        if self.is_test { "https://test.pypi.org" } else { "https://upload.pypi.org" }
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        let own = if self.is_test { "pypi.test-token" } else { "pypi.token" };
        (pattern == own).then(|| post("/legacy/"))
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", basic("__token__", &credential.secret)),
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("accept", "application/json".into()),
        ]
    }

    fn body(&self) -> &'static str {
        "%3Aaction=file_upload&protocol_version=1"
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        // PyPI's refusals are pages or JSON; what they say is the same.
        let body = String::from_utf8_lossy(&reply.answer.body);
        let says = |words: &[&str]| words.iter().any(|w| body.contains(w));
        match reply.status() {
            403 if says(&["Invalid or non-existent authentication information", "Invalid API Token"]) => {
                Ok(reply.dead(Verdict::Revoked, "invalid or non-existent authentication: no such token"))
            }
            // The words about the form come only after the token was taken.
            400 if says(&[
                "core-metadata",
                "is an invalid value for",
                "Metadata-Version",
                "metadata_version",
            ]) =>
            {
                let mut live = reply.live(None);
                live.reason = format!("{} took it and then refused the empty form", reply.host);
                live.facts.insert("rights".into(), "can upload releases".into());
                live.gaps.push("whose it is and which projects it is for, PyPI does not tell".into());
                Ok(live)
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[],
            misuse: "Read the security history of the account and of its projects on pypi.org, and compare the \
                     releases with your own; yank or delete what you did not make.",
        }
    }
}
