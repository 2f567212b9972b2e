//! Ways up through other principals: users in scope, roles that can be made to trust, new ones.

use super::account::{Role, User};
use super::actor::{Actor, PrincipalKind};
use super::engine::View;
use super::escalation::{self, Found};
use super::level::{self, Level};
use super::policy::Effect;
use super::requirement::Needs;
use super::somewhere::FRESH;
use super::targets::{Check, LOOKED_INTO, SHOWN, candidates, climbs, strong, strong_role};

/// Other users whose plain level is compared with the caller's.
const WEIGHED: usize = 100;

impl Check<'_, '_, '_> {
    pub(super) fn remove_mfa(&self) -> Option<Found> {
        let login = |u: &User| {
            let arn = &u.entity.arn;
            self.on("iam:UpdateLoginProfile", arn) || self.on("iam:CreateLoginProfile", arn)
        };
        let found = self.other_user(&["iam:DeactivateMFADevice"], &|u| {
            u.mfa_devices.as_ref().is_none_or(|d| !d.is_empty()) && login(u)
        })?;
        let known = found.targets.iter().any(|arn| {
            self.view
                .engine
                .account
                .user(arn)
                .and_then(|u| u.mfa_devices.as_ref())
                .is_some_and(|d| !d.is_empty())
        });
        Some(Found {
            potential: if known {
                found.potential
            } else {
                Some("whether the user has MFA is not known".to_owned())
            },
            ..found
        })
    }

    /// Other users in the scope of all `actions` that are stronger than the caller.
    pub(super) fn other_user(&self, actions: &[&str], fits: &dyn Fn(&User) -> bool) -> Option<Found> {
        let account = self.view.engine.account;
        let own = self.view.actor.arn.as_str();
        let in_scope =
            |u: &&User| u.entity.arn != own && actions.iter().all(|a| self.on(a, &u.entity.arn)) && fits(u);
        let mut found = Found::default();
        let admins = self.view.engine.admin_users().iter().filter_map(|arn| account.users.get(arn));
        for user in admins.filter(in_scope).take(SHOWN) {
            found.targets.push(user.entity.arn.clone());
            found.gained = Level::Admin;
        }
        // What a target could reach is asked of admins only: the search would grow with its square.
        if !found.targets.is_empty() || self.depth < escalation::DEPTH {
            return self.or_out_of_view(found, actions);
        }
        let users: Vec<&User> = account.users.values().filter(in_scope).collect();
        if found.targets.is_empty() {
            let climbing = users.iter().filter(|u| climbs(&Actor::of_user(account, &u.entity.arn)));
            for user in climbing.take(LOOKED_INTO) {
                if strong(self.view, Actor::of_user(account, &user.entity.arn), self.depth)
                    && found.targets.len() < SHOWN
                {
                    found.targets.push(user.entity.arn.clone());
                    found.gained = Level::Escalation;
                }
            }
        }
        if found.targets.is_empty() {
            let own = self.view.basic(self.met);
            for user in users.iter().take(WEIGHED) {
                let other = View::new(self.view.engine, Actor::of_user(account, &user.entity.arn));
                let level = other.basic(Needs::COUNTED);
                if level > own && level > Level::None && found.targets.len() < SHOWN {
                    found.targets.push(user.entity.arn.clone());
                    found.gained = found.gained.max(level);
                }
            }
        }
        self.or_out_of_view(found, actions)
    }

    /// Any other user that can be given everything and then used.
    pub(super) fn strengthened_user(&self, actions: &[&str]) -> Option<Found> {
        let account = self.view.engine.account;
        let mut found = Found { gained: Level::Admin, ..Found::default() };
        for user in account.users.values().filter(|u| u.entity.arn != self.view.actor.arn) {
            let arn = &user.entity.arn;
            if found.targets.len() < SHOWN && actions.iter().all(|action| self.attaches(action, arn)) {
                let mut actor = Actor::of_user(account, arn);
                actor.give_everything();
                if level::is_admin(&View::new(self.view.engine, actor), Needs::COUNTED) {
                    found.targets.push(arn.clone());
                }
            }
        }
        self.or_out_of_view(found, actions)
    }

    /// Roles whose trust can be rewritten to name the caller.
    pub(super) fn retrusted_role(&self, actions: &[&str], strong: bool) -> Option<Found> {
        let enters = |arn: &str| level::may_enter_if_named(self.view, arn, self.met);
        self.roles(actions, strong, &|role| enters(&role.entity.arn))
    }

    pub(super) fn roles(
        &self,
        actions: &[&str],
        strong: bool,
        fits: &dyn Fn(&Role) -> bool,
    ) -> Option<Found> {
        let mut found = Found { gained: Level::Admin, ..Found::default() };
        for role in candidates(self.view, self.depth, strong) {
            let arn = &role.entity.arn;
            if role.service_linked() || *arn == self.view.actor.arn || found.targets.len() >= SHOWN {
                continue;
            }
            if actions.iter().all(|action| self.attaches(action, arn))
                && fits(role)
                && (if strong { strong_role(self.view, arn, self.depth) } else { self.role_ceiling(arn) })
            {
                found.targets.push(arn.clone());
            }
        }
        self.or_out_of_view(found, actions)
    }

    pub(super) fn retrusted_role_version(&self) -> Option<Found> {
        let fits = |role: &Role| {
            role.entity.attached.iter().any(|policy| self.rewrites(policy))
                && level::may_enter_if_named(self.view, &role.entity.arn, self.met)
        };
        self.roles(&["iam:UpdateAssumeRolePolicy"], false, &fits).filter(|f| f.potential.is_none())
    }

    pub(super) fn new_principal(&self, what: &str, actions: &[&str]) -> Option<Found> {
        let everything = level::administrator(&self.view.actor);
        let bare = [("iam:permissionsboundary", None), ("iam:policyarn", Some(everything.as_str()))];
        let actor = &self.view.actor;
        let account = self.view.engine.account;
        let now = self.view.engine.options.now;
        let mut names: Vec<String> =
            vec![format!("arn:{}:iam::{}:{what}/{FRESH}", actor.partition, actor.account)];
        let witnesses: Vec<_> =
            actions.iter().flat_map(|a| super::somewhere::witnesses(account, now, actor, a)).collect();
        names.extend(witnesses.iter().map(|w| w.resource.clone()));
        names.extend(super::somewhere::joint(actor, &witnesses, actions));
        let arn = names.iter().find(|arn| {
            actions.iter().all(|a| self.on_with(a, arn, &bare))
                && (what == "user" || level::may_enter_if_named(self.view, arn, self.met))
        })?;
        let kind = if what == "user" { PrincipalKind::User } else { PrincipalKind::Role };
        let fresh = View::new(self.view.engine, Actor::fresh(kind, actor));
        level::is_admin(&fresh, Needs::COUNTED).then(|| Found::strong(arn))
    }

    pub(super) fn provider(&self) -> Option<Found> {
        let federated = |role: &Role| {
            role.trust.iter().flat_map(|t| &t.statements).any(|s| {
                s.effect == Effect::Allow
                    && s.actions.has_action("sts:AssumeRoleWithSAML")
                    && s.principals
                        .iter()
                        .flat_map(|p| &p.federated)
                        .any(|p| p.contains(":saml-provider/") && self.on("iam:UpdateSAMLProvider", p))
            })
        };
        let role = self
            .view
            .engine
            .account
            .roles
            .values()
            .find(|r| federated(r) && strong_role(self.view, &r.entity.arn, self.depth));
        match role {
            Some(role) => Some(Found::strong(&role.entity.arn)),
            None => self.or_out_of_view(Found::default(), &["iam:UpdateSAMLProvider"]),
        }
    }
}
