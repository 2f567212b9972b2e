//! SendGrid: `GET /v3/scopes`.

use super::super::verification::{Verdict, Verification};
use super::reply::{Reply, raw, scopes, texts};
use super::{Aftercare, Ask, Credential, Kind, Provider, get};

const WORDS: &[(&str, &str)] = &[
    ("mail.send", "send mail"),
    ("api_keys.create", "make more keys"),
    ("api_keys.read", "list keys"),
    ("api_keys.update", "change keys"),
    ("api_keys.delete", "delete keys"),
    ("teammates.create", "invite teammates"),
    ("marketing.read", "read contacts and campaigns"),
    ("subusers.create", "make subusers"),
    ("templates.read", "read templates"),
    ("templates.update", "change templates"),
];

pub(super) struct SendGrid;

impl Provider for SendGrid {
    fn id(&self) -> &'static str {
        "sendgrid"
    }

    fn name(&self) -> &'static str {
        "SendGrid"
    }

    fn base(&self) -> &'static str {
        "https://api.sendgrid.com"
    }

    fn kind(&self, pattern: &str, _: &str) -> Option<Kind> {
        (pattern == "sendgrid.api-key").then(|| get("/v3/scopes"))
    }

    fn headers(&self, _: &Ask, credential: &Credential) -> Vec<(&'static str, String)> {
        vec![
            ("authorization", format!("Bearer {}", credential.secret)),
            ("accept", "application/json".into()),
        ]
    }

    fn judge(&self, reply: &Reply<'_>) -> Result<Verification, String> {
        let json = reply.json()?;
        match reply.status() {
            200 => {
                let list =
                    texts(&json, "/scopes").filter(|s| !s.is_empty()).ok_or_else(|| reply.strange())?;
                let mut live = reply.live(None);
                scopes(&mut live, &list, WORDS);
                Ok(live)
            }
            401 if ["authorization required", "invalid, expired, or revoked"]
                .iter()
                .any(|says| raw(&json, "/errors/0/message").contains(says)) =>
            {
                Ok(reply.dead(Verdict::Revoked, "authorization required: no such key, or it is revoked"))
            }
            _ => Err(reply.strange()),
        }
    }

    fn aftercare(&self) -> Aftercare {
        Aftercare {
            revoke: &["curl -X DELETE -H \"Authorization: Bearer $ADMIN_KEY\" {base}/v3/api_keys/$KEY_ID  \
                 # KEY_ID: between the first and the second dot of the key"],
            misuse: "Look at Activity and Statistics in SendGrid: mail that you did not send, new keys, new \
                     senders and teammates.",
        }
    }
}
