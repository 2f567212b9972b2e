//! Stripe: `GET /v1/account`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, facts, raw, text};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

pub(super) struct Stripe;

impl Provider for Stripe {
    fn id(&self) -> &'static str {
        "stripe"
    }

    fn name(&self) -> &'static str {
        "Stripe"
    }

    fn base(&self) -> &'static str {
        "https://api.stripe.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        Some(match pattern {
            "stripe.keys" | "stripe.secret-key" | "stripe.restricted-key" | "stripe.test-key" => {
                get("/v1/account")
            }
            "stripe.webhook-secret" => Kind::NotAsked("a signing secret is never sent to its provider"),
            _ => return None,
        })
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![("authorization", format!("Bearer {}", credential.secret))]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        if reply.status() == 200 {
            let id = text(&json, "/id").filter(|id| id.starts_with("acct_"));
            let id = id.filter(|_| raw(&json, "/object") == "account").ok_or_else(|| reply.strange())?;
            let name = text(&json, "/settings/dashboard/display_name")
                .or_else(|| text(&json, "/business_profile/name"));
            let mut live = reply.live(Some(match name {
                Some(name) => format!("{name} ({id})"),
                None => id.clone(),
            }));
            facts(
                &mut live,
                [
                    ("account", Some(id)),
                    ("country", text(&json, "/country")),
                    ("charges enabled", text(&json, "/charges_enabled")),
                    ("payouts enabled", text(&json, "/payouts_enabled")),
                ],
            );
            return Ok(live);
        }
        let message = raw(&json, "/error/message");
        if raw(&json, "/error/type").is_empty() {
            return Err(reply.strange());
        }
        match reply.status() {
            401 if raw(&json, "/error/code").ends_with("api_key_expired")
                || message.starts_with("Expired API Key") =>
            {
                Ok(reply.dead(Verdict::Expired, "the key is expired: rolled, deleted or past its time"))
            }
            401 if message.starts_with("Invalid API Key") => {
                Ok(reply.dead(Verdict::Revoked, "invalid API key: no such key"))
            }
            401 | 403 if message.contains("does not have the required permissions") => {
                let mut live = reply.limited("a restricted key that may not read the account");
                let account = message.split(['\'', ' ', '.']).find(|word| is_account(word));
                live.principal = account.map(str::to_string);
                Ok(live)
            }
            401 | 403 if message.contains("does not allow requests from your IP address") => {
                Ok(reply.limited("it may be used from allowed addresses only"))
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &[],
            misuse: "Read the request log of this key, https://dashboard.stripe.com/workbench/logs: refunds, payouts, \
                     new payout accounts, lists of customers since the leak.",
        }
    }
}

fn is_account(word: &str) -> bool {
    word.strip_prefix("acct_")
        .is_some_and(|id| id.len() >= 8 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}
