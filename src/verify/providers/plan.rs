//! What to do about a token, in order.

use super::super::verification::{Step, Verdict, Verification};
use super::Provider;
use crate::finding::Finding;

/// Revoke, look for misuse, keep it out. A token that is dead needs only the last.
pub(super) fn steps(
    provider: &dyn Provider,
    finding: &Finding,
    verification: &Verification,
    base: &str,
) -> Vec<Step> {
    let mut steps = Vec::new();
    if matches!(verification.verdict, Verdict::Live | Verdict::Inactive | Verdict::Unknown) {
        let care = provider.aftercare();
        steps.push(Step {
            title: format!("Revoke it at {}", provider.name()),
            why: finding.fix.clone(),
            breaks: "What uses this token stops until it has a new one.".into(),
            commands: care.revoke.iter().map(|c| c.replace("{base}", base)).collect(),
            ..Step::default()
        });
        steps.push(Step {
            title: "Look for misuse".into(),
            why: care.misuse.into(),
            breaks: "Nothing.".into(),
            ..Step::default()
        });
    }
    steps.push(Step {
        title: "Take it out of what is shipped".into(),
        why: "Whoever has an old copy still has it; keep the next one in a secret store or on a server."
            .into(),
        breaks: "Nothing, once the program gets its token elsewhere.".into(),
        ..Step::default()
    });
    steps
}

/// Takes the token out of what a provider said, should it have repeated it.
pub(super) fn scrub(verification: &mut Verification, secret: &str) {
    let clean = |text: &mut String| {
        if text.contains(secret) {
            *text = text.replace(secret, "…");
        }
    };
    clean(&mut verification.reason);
    verification.principal.iter_mut().for_each(clean);
    verification.facts.values_mut().for_each(clean);
}
