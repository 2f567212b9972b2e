//! The checks behind the table of escalations: own rights, other users, roles.

use super::account::{Role, User};
use super::actor::{Actor, Boundary, Credential, Origin, PrincipalKind, Source};
use super::engine::View;
use super::escalation::{self, Found, Row};
use super::keys::Request;
use super::level::{self, ADMINISTRATOR, Level};
use super::managed;
use super::passing;
use super::policy::Effect;
use super::requirement::Needs;
use super::somewhere::FRESH;
use std::sync::Arc;

const SHOWN: usize = 10;
const LOOKED_INTO: usize = 300;
const WEIGHED: usize = 100;

/// Checks one row for a principal; `None`: not a way up.
pub fn check(view: &View<'_, '_>, row: &Row, met: Needs, depth: usize) -> Option<Found> {
    if view.actor.kind == PrincipalKind::Root {
        return None;
    }
    let actions: Vec<&str> = row.actions.split('+').collect();
    // A trust that names the caller needs no identity right, and a session token needs none at all.
    let free = |a: &&str| !matches!(*a, "sts:AssumeRole" | "sts:GetSessionToken");
    if !actions.iter().filter(|a| free(a)).all(|action| view.may_name(action)) {
        return None;
    }
    let check = Check { view, met, depth };
    let user = view.actor.kind == PrincipalKind::User;
    let role = view.actor.kind == PrincipalKind::Role;
    match row.id {
        "iam-create-policy-version" => check.create_version(),
        "iam-set-default-version" => check.default_version(),
        "iam-attach-user" if user => check.own_policy("iam:AttachUserPolicy"),
        "iam-put-user" if user => check.own_policy("iam:PutUserPolicy"),
        "iam-attach-role" if role => check.own_policy("iam:AttachRolePolicy"),
        "iam-put-role" if role => check.own_policy("iam:PutRolePolicy"),
        "iam-attach-group" if user => check.own_group("iam:AttachGroupPolicy"),
        "iam-put-group" if user => check.own_group("iam:PutGroupPolicy"),
        "iam-attach-role-assume" => check.entered_role(&["iam:AttachRolePolicy"]),
        "iam-put-role-assume" => check.entered_role(&["iam:PutRolePolicy"]),
        "iam-version-assume" => check.entered_role_version(),
        "iam-add-to-group" if user => check.join_group(),
        "iam-detach-deny-user" if user => check.drop_deny(|o| matches!(o, Origin::Attached(_))),
        "iam-delete-deny-user" if user => check.drop_deny(|o| matches!(o, Origin::Inline)),
        "iam-leave-group" if user => check.leave_group(),
        "iam-drop-boundary-user" if user => check.lift_boundary("iam:DeleteUserPermissionsBoundary"),
        "iam-swap-boundary-user" if user => check.lift_boundary("iam:PutUserPermissionsBoundary"),
        "iam-drop-boundary-role" => check.role_boundary(),
        "iam-mfa-enrol" if user => check.enrol_mfa(),
        "iam-mfa-remove-other" => check.remove_mfa(),
        "iam-create-key" => check.other_user(&["iam:CreateAccessKey"], &|u| active_slots(u) != Some(0)),
        "iam-rotate-key" => {
            check.other_user(&["iam:CreateAccessKey", "iam:DeleteAccessKey"], &|u| active_slots(u) == Some(0))
        }
        "iam-reactivate-key" => {
            let inactive =
                |u: &User| u.keys.as_ref().is_none_or(|k| k.iter().any(|k| k.active == Some(false)));
            check.other_user(&["iam:UpdateAccessKey"], &inactive).map(|found| Found {
                potential: Some("the secret of an inactive key must be known".to_owned()),
                ..found
            })
        }
        "iam-create-login" => check.other_user(&["iam:CreateLoginProfile"], &|u| u.password != Some(true)),
        "iam-update-login" => check.other_user(&["iam:UpdateLoginProfile"], &|u| u.password != Some(false)),
        "iam-attach-other-key" => check.strengthened_user(&["iam:AttachUserPolicy", "iam:CreateAccessKey"]),
        "iam-put-other-key" => check.strengthened_user(&["iam:PutUserPolicy", "iam:CreateAccessKey"]),
        "iam-update-trust" => check.retrusted_role(&["iam:UpdateAssumeRolePolicy"], true),
        "iam-update-trust-attach" => {
            check.retrusted_role(&["iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy"], false)
        }
        "iam-update-trust-put" => {
            check.retrusted_role(&["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"], false)
        }
        "iam-update-trust-version" => check.retrusted_role_version(),
        "iam-create-role" => check.new_principal("role", &["iam:CreateRole", "iam:AttachRolePolicy"]),
        "iam-create-role-put" => check.new_principal("role", &["iam:CreateRole", "iam:PutRolePolicy"]),
        "iam-create-user" => {
            check.new_principal("user", &["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"])
        }
        "iam-saml-update" => check.provider(),
        "iam-oidc-create" => {
            if !view.somewhere("iam:CreateOpenIDConnectProvider", met) {
                return None;
            }
            check.roles(&["iam:UpdateAssumeRolePolicy"], true, &|_| true)
        }
        "sts-assume" => check.assume(),
        "org-member" => check.member_accounts(),
        id if id.starts_with("pass-") => passing::check(view, row, &actions, met, depth),
        id if id.starts_with("use-") && view.together(&actions, met) => {
            Some(Found::potential(&format!("not seen: {}", row.condition)))
        }
        id if (id.starts_with("sso-")) && view.together(&actions, met) => {
            Some(Found::potential(&format!("Identity Center is not in view: {}", row.condition)))
        }
        _ => None,
    }
}

/// Free key slots of a user, where its keys are known.
fn active_slots(user: &User) -> Option<usize> {
    user.keys.as_ref().map(|keys| 2usize.saturating_sub(keys.len()))
}

/// Whether a role, as a session in a service or entered by AssumeRole, is strong.
pub fn strong_role(view: &View<'_, '_>, arn: &str, depth: usize) -> bool {
    strong(view, Actor::of_reached_role(view.engine.account, arn, &super::actor::Context::default()), depth)
}

fn strong(view: &View<'_, '_>, actor: Actor, depth: usize) -> bool {
    let engine = view.engine;
    let met = Needs::COUNTED;
    let key = actor.arn.clone();
    if engine.admin((key.clone(), met), || level::is_admin(&View::new(engine, actor.clone()), met)) {
        return true;
    }
    if depth == 0 || !climbs(&actor) || !engine.spend() {
        return false;
    }
    engine.rank((key, met, depth), || {
        let view = View::new(engine, actor);
        if escalation::is_strong(&view, met, depth) { Level::Escalation } else { Level::None }
    }) >= Level::Escalation
}

/// Whether any of its policies names what every confirmed way up begins with.
fn climbs(actor: &Actor) -> bool {
    let first = [
        "iam:PassRole",
        "sts:AssumeRole",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:AttachUserPolicy",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:PutUserPolicy",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:AddUserToGroup",
        "iam:DetachUserPolicy",
        "iam:DeleteUserPolicy",
        "iam:RemoveUserFromGroup",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutUserPermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:EnableMFADevice",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateSAMLProvider",
    ];
    actor
        .sources
        .iter()
        .flat_map(|s| &s.document.statements)
        .any(|s| s.effect == Effect::Allow && first.iter().any(|action| s.actions.has_action(action)))
}

struct Check<'v, 'e, 'a> {
    view: &'v View<'e, 'a>,
    met: Needs,
    depth: usize,
}

impl Check<'_, '_, '_> {
    fn on(&self, action: &str, resource: &str) -> bool {
        self.on_with(action, resource, &[])
    }

    fn on_with(&self, action: &str, resource: &str, extra: &[(&str, Option<&str>)]) -> bool {
        self.view.on(action, resource, extra, self.met)
    }

    /// Whether a policy that gives everything can be attached there: the administrator's, or a strong one
    /// of the account's own, where a condition names it.
    fn attaches(&self, action: &str, resource: &str) -> bool {
        if self.on_with(action, resource, &[("iam:policyarn", Some(ADMINISTRATOR))]) {
            return true;
        }
        if !action.contains(":Attach") {
            return false;
        }
        let others = [
            "arn:aws:iam::aws:policy/IAMFullAccess",
            "arn:aws:iam::aws:policy/job-function/AdministratorAccess",
        ];
        let own = self
            .view
            .engine
            .account
            .policies
            .values()
            .filter(|p| p.document().is_some_and(|d| gives_everything(d)));
        own.map(|p| p.arn.as_str())
            .chain(others)
            .take(LOOKED_INTO)
            .any(|arn| self.on_with(action, resource, &[("iam:policyarn", Some(arn))]))
    }

    /// Whether the principal would be admin if one of its policies gave everything.
    fn ceiling(&self) -> bool {
        level::is_admin(&self.view.changed(Actor::give_everything), self.met)
    }

    /// The level after a change of the principal, where it is higher than now.
    fn after(&self, target: &str, change: impl FnOnce(&mut Actor)) -> Option<Found> {
        let changed = self.view.changed(change);
        let strong = escalation::is_strong(&changed, self.met, self.depth.min(1));
        let gained = if strong {
            if level::is_admin(&changed, self.met) { Level::Admin } else { Level::Escalation }
        } else {
            changed.basic(self.met)
        };
        let better = gained > self.view.basic(self.met);
        better.then(|| Found { targets: vec![target.to_owned()], gained, potential: None })
    }

    fn own_policy(&self, action: &str) -> Option<Found> {
        let arn = &self.view.actor.arn;
        (self.attaches(action, arn) && self.ceiling()).then(|| Found::strong(arn))
    }

    fn own_group(&self, action: &str) -> Option<Found> {
        let arns: Vec<String> =
            self.view.actor.groups.iter().filter_map(|g| level::group_arn(self.view, g)).collect();
        let arn = arns.into_iter().find(|arn| self.attaches(action, arn))?;
        self.ceiling().then(|| Found::strong(&arn))
    }

    fn versions_free(&self, arn: &str) -> bool {
        let full = self.view.engine.account.policies.get(arn).is_some_and(|p| p.versions.len() >= 5);
        !full || self.on("iam:DeletePolicyVersion", arn)
    }

    fn rewrites(&self, arn: &str) -> bool {
        !managed::is_aws(arn) && self.on("iam:CreatePolicyVersion", arn) && self.versions_free(arn)
    }

    fn own_managed(&self) -> impl Iterator<Item = &str> {
        self.view.actor.sources.iter().filter_map(|s| match &s.origin {
            Origin::Attached(arn) | Origin::GroupAttached(_, arn) => Some(arn.as_str()),
            _ => None,
        })
    }

    fn create_version(&self) -> Option<Found> {
        let own: Vec<&str> = self.own_managed().filter(|arn| self.rewrites(arn)).collect();
        for arn in &own {
            // Rewriting a policy also takes its Denies away.
            let changed = self.view.changed(|actor| {
                actor.sources.retain(|s| !hangs_by(&s.origin, arn));
                actor.give_everything();
            });
            if level::is_admin(&changed, self.met) {
                return Some(Found::strong(arn));
            }
        }
        if let Some(arn) = self.view.actor.boundary_arn.as_deref()
            && self.rewrites(arn)
            && let Some(found) = self.after(arn, |actor| actor.boundary = Boundary::None)
        {
            return Some(found);
        }
        self.entered_role_version()
    }

    fn default_version(&self) -> Option<Found> {
        let account = self.view.engine.account;
        let mut best: Option<Found> = None;
        for arn in self.own_managed() {
            let Some(policy) = account.policies.get(arn) else { continue };
            if managed::is_aws(arn) || !self.on("iam:SetDefaultPolicyVersion", arn) {
                continue;
            }
            for version in policy.versions.iter().filter(|v| v.id != policy.default) {
                let found = self.after(&format!("{arn} {}", version.id), |actor| {
                    for source in actor.sources.iter_mut().filter(|s| hangs_by(&s.origin, arn)) {
                        source.document = Arc::clone(&version.document);
                    }
                });
                if let Some(found) = found
                    && best.as_ref().is_none_or(|b| b.gained < found.gained)
                {
                    best = Some(found);
                }
            }
        }
        best
    }

    fn may_enter(&self, role: &Role) -> bool {
        let Some(trust) = &role.trust else { return false };
        if role.entity.arn == self.view.actor.arn || role.service_linked() {
            return false;
        }
        let request = Request { action: "sts:AssumeRole", resource: &role.entity.arn, extra: &[] };
        self.view.engine.case(&self.view.actor, &request, Some(trust)).allowed_at(self.met)
    }

    /// Roles the caller enters today and can make strong.
    fn entered_role(&self, actions: &[&str]) -> Option<Found> {
        let mut found = Found { gained: Level::Admin, ..Found::default() };
        for role in self.view.engine.account.roles.values() {
            let arn = &role.entity.arn;
            let fits = actions.iter().all(|action| self.attaches(action, arn))
                && self.may_enter(role)
                && !strong_role(self.view, arn, 0)
                && self.role_ceiling(arn);
            if fits && found.targets.len() < SHOWN {
                found.targets.push(arn.clone());
            }
        }
        self.or_out_of_view(found, actions)
    }

    fn entered_role_version(&self) -> Option<Found> {
        let mut found = Found { gained: Level::Admin, ..Found::default() };
        for role in self.view.engine.account.roles.values() {
            let arn = &role.entity.arn;
            let fits = role.entity.attached.iter().any(|policy| self.rewrites(policy))
                && self.may_enter(role)
                && !strong_role(self.view, arn, 0)
                && self.role_ceiling(arn);
            if fits && found.targets.len() < SHOWN {
                found.targets.push(arn.clone());
            }
        }
        (!found.targets.is_empty()).then_some(found)
    }

    fn role_ceiling(&self, arn: &str) -> bool {
        let mut actor = Actor::of_reached_role(self.view.engine.account, arn, &self.view.actor.context);
        actor.give_everything();
        level::is_admin(&View::new(self.view.engine, actor), Needs::COUNTED)
    }

    fn join_group(&self) -> Option<Found> {
        let account = self.view.engine.account;
        let mut best = Found::default();
        for group in account.groups.values().filter(|g| !self.view.actor.groups.contains(&g.name)) {
            if !self.on("iam:AddUserToGroup", &group.arn) || !self.view.engine.spend() {
                continue;
            }
            if let Some(found) = self.after(&group.arn, |actor| actor.join(account, &group.name)) {
                if found.gained > best.gained {
                    best.gained = found.gained;
                    best.targets.insert(0, group.arn.clone());
                } else {
                    best.targets.push(group.arn.clone());
                }
                best.targets.truncate(SHOWN);
            }
        }
        self.or_out_of_view(best, &["iam:AddUserToGroup"])
    }

    fn drop_deny(&self, which: impl Fn(&Origin) -> bool) -> Option<Found> {
        let denies: Vec<&Source> = self
            .view
            .actor
            .sources
            .iter()
            .filter(|s| which(&s.origin) && s.document.statements.iter().any(|s| s.effect == Effect::Deny))
            .filter(|s| match &s.origin {
                Origin::Attached(arn) => self.on_with(
                    "iam:DetachUserPolicy",
                    &self.view.actor.arn,
                    &[("iam:policyarn", Some(arn))],
                ),
                _ => self.on("iam:DeleteUserPolicy", &self.view.actor.arn),
            })
            .collect();
        let names: Vec<&str> = denies.iter().map(|s| s.name.as_str()).collect();
        let first = names.first()?;
        self.after(first, |actor| {
            actor.sources.retain(|s| !(which(&s.origin) && names.contains(&s.name.as_str())));
        })
    }

    fn leave_group(&self) -> Option<Found> {
        self.view.actor.groups.iter().filter(|group| level::leaves(self.view, group, self.met)).find_map(
            |group| {
                self.after(group, |actor| {
                    actor.groups.retain(|g| g != group);
                    actor.sources.retain(|s| {
                        !matches!(&s.origin,
                    Origin::GroupInline(g) | Origin::GroupAttached(g, _) if g == group)
                    });
                })
            },
        )
    }

    fn lift_boundary(&self, action: &str) -> Option<Found> {
        let arn = &self.view.actor.arn;
        let extra: &[(&str, Option<&str>)] =
            if action.contains(":Put") { &[("iam:permissionsboundary", Some(ADMINISTRATOR))] } else { &[] };
        if self.view.actor.boundary_arn.is_none() || !self.on_with(action, arn, extra) {
            return None;
        }
        self.after(arn, |actor| {
            actor.boundary = Boundary::None;
            actor.boundary_arn = None;
        })
    }

    fn role_boundary(&self) -> Option<Found> {
        let own = self.view.actor.arn.as_str();
        for role in self.view.engine.account.roles.values().filter(|r| r.entity.boundary.is_some()) {
            let arn = &role.entity.arn;
            if !self.on("iam:DeleteRolePermissionsBoundary", arn) {
                continue;
            }
            if arn == own {
                if let Some(found) = self.after(arn, |actor| actor.boundary = Boundary::None) {
                    return Some(found);
                }
            } else if self.may_enter(role) && !strong_role(self.view, arn, 0) {
                let mut actor =
                    Actor::of_reached_role(self.view.engine.account, arn, &self.view.actor.context);
                actor.boundary = Boundary::None;
                let free = View::new(self.view.engine, actor);
                if escalation::is_strong(&free, Needs::COUNTED, self.depth.min(1)) {
                    return Some(Found::strong(arn));
                }
            }
        }
        None
    }

    fn enrol_mfa(&self) -> Option<Found> {
        let actor = &self.view.actor;
        if actor.credential != Credential::LongTerm || !self.met.common(Needs::MFA).is_none() {
            return None;
        }
        let device = |name: &str| format!("arn:{}:iam::{}:mfa/{name}", actor.partition, actor.account);
        let creates = self.view.somewhere("iam:CreateVirtualMFADevice", self.met)
            || self.on("iam:CreateVirtualMFADevice", &device(&actor.name));
        let full = self
            .view
            .engine
            .account
            .user(&actor.arn)
            .and_then(|u| u.mfa_devices.as_ref())
            .is_some_and(|devices| devices.len() >= 8);
        if !creates || full || !self.on("iam:EnableMFADevice", &actor.arn) {
            return None;
        }
        let then = self.met.with(Needs::MFA);
        let strong = escalation::is_strong(self.view, then, self.depth.min(1));
        let gained = match (strong, level::is_admin(self.view, then)) {
            (true, true) => Level::Admin,
            (true, false) => Level::Escalation,
            _ => self.view.basic(then),
        };
        let reached = super::roles::Chains::new(self.view).reached(then);
        let by_role = reached.keys().any(|arn| strong_role(self.view, arn, self.depth.min(1)));
        let gained = if by_role { gained.max(Level::Escalation) } else { gained };
        (gained > self.view.basic(self.met)).then(|| Found {
            targets: vec![actor.arn.clone()],
            gained,
            potential: None,
        })
    }

    fn remove_mfa(&self) -> Option<Found> {
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
    fn other_user(&self, actions: &[&str], fits: &dyn Fn(&User) -> bool) -> Option<Found> {
        let account = self.view.engine.account;
        let own = self.view.actor.arn.as_str();
        let users: Vec<&User> = account
            .users
            .values()
            .filter(|u| u.entity.arn != own && actions.iter().all(|a| self.on(a, &u.entity.arn)) && fits(u))
            .collect();
        let mut found = Found::default();
        for user in &users {
            let actor = || Actor::of_user(account, &user.entity.arn);
            let admin = self.view.engine.admin((user.entity.arn.clone(), Needs::COUNTED), || {
                level::is_admin(&View::new(self.view.engine, actor()), Needs::COUNTED)
            });
            if admin && found.targets.len() < SHOWN {
                found.targets.push(user.entity.arn.clone());
                found.gained = Level::Admin;
            }
        }
        if found.targets.is_empty() {
            for user in users.iter().take(LOOKED_INTO) {
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
    fn strengthened_user(&self, actions: &[&str]) -> Option<Found> {
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
    fn retrusted_role(&self, actions: &[&str], strong: bool) -> Option<Found> {
        let enters = |arn: &str| level::may_enter_if_named(self.view, arn, self.met);
        self.roles(actions, strong, &|role| enters(&role.entity.arn))
    }

    fn roles(&self, actions: &[&str], strong: bool, fits: &dyn Fn(&Role) -> bool) -> Option<Found> {
        let mut found = Found { gained: Level::Admin, ..Found::default() };
        for role in self.view.engine.account.roles.values() {
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

    fn retrusted_role_version(&self) -> Option<Found> {
        let fits = |role: &Role| {
            role.entity.attached.iter().any(|policy| self.rewrites(policy))
                && level::may_enter_if_named(self.view, &role.entity.arn, self.met)
        };
        self.roles(&["iam:UpdateAssumeRolePolicy"], false, &fits).filter(|f| f.potential.is_none())
    }

    fn new_principal(&self, what: &str, actions: &[&str]) -> Option<Found> {
        let bare = [("iam:permissionsboundary", None), ("iam:policyarn", Some(ADMINISTRATOR))];
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

    fn provider(&self) -> Option<Found> {
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

    fn assume(&self) -> Option<Found> {
        let reached = super::roles::Chains::new(self.view).reached(self.met);
        let mut found = Found::default();
        for arn in reached.keys() {
            let admin = strong_role(self.view, arn, 0);
            if found.targets.len() < SHOWN && (admin || strong_role(self.view, arn, self.depth.min(1))) {
                found.targets.push(arn.clone());
                found.gained = found.gained.max(if admin { Level::Admin } else { Level::Escalation });
            }
        }
        (!found.targets.is_empty()).then_some(found)
    }

    fn member_accounts(&self) -> Option<Found> {
        let managing = self.view.engine.account.organization.as_ref().is_some_and(|o| o.management);
        let named = self.view.actor.sources.iter().flat_map(|s| &s.document.statements).any(|s| {
            s.effect == Effect::Allow
                && s.actions.has_action("sts:AssumeRole")
                && s.resources.as_ref().is_some_and(|list| {
                    !list.not
                        && list.patterns.iter().any(|p| {
                            super::matching::meet_arn(
                                p.as_bytes(),
                                b"arn:*:iam::*:role/OrganizationAccountAccessRole",
                            )
                            .is_some()
                        })
                })
        });
        (managing && named).then(|| Found::potential("the member accounts are not in view"))
    }

    /// A confirmed path, or a potential one where the account's contents are not in view.
    fn or_out_of_view(&self, found: Found, actions: &[&str]) -> Option<Found> {
        if !found.targets.is_empty() {
            return Some(found);
        }
        if self.view.engine.account.complete {
            return None;
        }
        let mut all = actions.iter().filter(|a| **a != "sts:AssumeRole");
        all.all(|action| self.view.somewhere(action, self.met))
            .then(|| Found::potential("the account's contents are not in view"))
    }
}

fn hangs_by(origin: &Origin, arn: &str) -> bool {
    matches!(origin, Origin::Attached(a) | Origin::GroupAttached(_, a) if a == arn)
}

fn gives_everything(document: &super::policy::Document) -> bool {
    document.statements.iter().any(|s| {
        s.effect == Effect::Allow
            && s.conditions.is_empty()
            && s.actions.has_action("iam:PutUserPolicy")
            && s.actions.has_action("iam:PutRolePolicy")
            && s.resources.as_ref().is_some_and(|l| !l.not && l.patterns.iter().any(|p| p == "*"))
    })
}
