//! The checks behind the table of escalations: which row asks what, and the principal's own rights.

use super::account::{Role, User};
use super::actor::{Actor, Boundary, Credential, Origin, PrincipalKind, Source};
use super::engine::View;
use super::escalation::{self, Found, Row};
use super::keys::Request;
use super::level::{self, Level};
use super::managed;
use super::passing;
use super::policy::Effect;
use super::requirement::Needs;
use std::sync::Arc;

pub(super) const SHOWN: usize = 10;
pub(super) const LOOKED_INTO: usize = 300;

/// Checks one row for a principal; `None`: not a way up.
pub fn check(view: &View<'_, '_>, row: &Row, met: Needs, depth: usize) -> Option<Found> {
    if view.actor.kind == PrincipalKind::Root {
        return None;
    }
    let actions: Vec<&str> = row.actions.split('+').collect();
    if !names(view, row) {
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
            let both = ["iam:CreateAccessKey", "iam:DeleteAccessKey"];
            check.other_user(&both, &|u| active_slots(u) == Some(0)).or_else(|| {
                check.other_user(&both, &|u| active_slots(u).is_none()).map(|found| Found {
                    potential: Some("how many keys the user has is not known".to_owned()),
                    ..found
                })
            })
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

/// Whether Allows name the actions of a row. A trust that names the caller needs no identity right, and a
/// session token needs none at all.
pub fn names(view: &View<'_, '_>, row: &Row) -> bool {
    let free = |a: &&str| !matches!(*a, "sts:AssumeRole" | "sts:GetSessionToken");
    row.actions.split('+').filter(free).all(|action| view.may_name(action))
}

/// Free key slots of a user, where its keys are known.
fn active_slots(user: &User) -> Option<usize> {
    user.keys.as_ref().map(|keys| 2usize.saturating_sub(keys.len()))
}

/// Whether a role, as a session in a service or entered by AssumeRole, is strong.
pub fn strong_role(view: &View<'_, '_>, arn: &str, depth: usize) -> bool {
    strong(view, Actor::of_reached_role(view.engine.account, arn, &super::actor::Context::default()), depth)
}

pub(super) fn strong(view: &View<'_, '_>, actor: Actor, depth: usize) -> bool {
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
pub fn climbs(actor: &Actor) -> bool {
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

/// The roles worth asking about: of a target only those that are admin, where strong ones are wanted.
pub fn candidates<'a>(view: &View<'_, 'a>, depth: usize, strong: bool) -> Vec<&'a Role> {
    let account = view.engine.account;
    if strong && depth < escalation::DEPTH {
        view.engine.admin_roles().iter().filter_map(|arn| account.roles.get(arn)).collect()
    } else {
        account.roles.values().collect()
    }
}

/// One principal's ways up in one world.
pub(super) struct Check<'v, 'e, 'a> {
    pub(super) view: &'v View<'e, 'a>,
    pub(super) met: Needs,
    pub(super) depth: usize,
}

impl Check<'_, '_, '_> {
    pub(super) fn on(&self, action: &str, resource: &str) -> bool {
        self.on_with(action, resource, &[])
    }

    pub(super) fn on_with(&self, action: &str, resource: &str, extra: &[(&str, Option<&str>)]) -> bool {
        self.view.on(action, resource, extra, self.met)
    }

    /// Whether a policy that gives everything can be attached there: the administrator's, or a strong one
    /// of the account's own, where a condition names it.
    pub(super) fn attaches(&self, action: &str, resource: &str) -> bool {
        let everything = level::administrator(&self.view.actor);
        if self.on_with(action, resource, &[("iam:policyarn", Some(everything.as_str()))]) {
            return true;
        }
        if !action.contains(":Attach") {
            return false;
        }
        let others = [everything.replace("AdministratorAccess", "IAMFullAccess")];
        let own = self
            .view
            .engine
            .account
            .policies
            .values()
            .filter(|p| p.document().is_some_and(|d| gives_everything(d)));
        own.map(|p| p.arn.as_str())
            .chain(others.iter().map(String::as_str))
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
        let before = self.view.basic(self.met);
        // Who makes itself admin anyhow gains nothing by a change that only leaves it so.
        let better = if gained == Level::Escalation && self.climbs_anyhow() {
            changed.basic(self.met) > before
        } else {
            gained > before
        };
        (better || self.destroys_more(&changed)).then(|| Found {
            targets: vec![target.to_owned()],
            gained,
            potential: None,
        })
    }

    /// Whether another way, that changes none of its groups, Denies and boundaries, makes it admin.
    fn climbs_anyhow(&self) -> bool {
        let plain = ["iam-attach-", "iam-put-", "iam-create-", "iam-update-trust", "sts-assume", "pass-"];
        escalation::table().filter(|row| plain.iter().any(|p| row.id.starts_with(p))).any(|row| {
            check(self.view, &row, self.met, 0)
                .is_some_and(|f| f.potential.is_none() && f.gained >= Level::Escalation)
        })
    }

    /// Whether it allows something dangerous that was not allowed.
    fn destroys_more(&self, changed: &View<'_, '_>) -> bool {
        self.depth == escalation::DEPTH
            && super::dangerous::actions().any(|row| {
                changed.may_name(row.action)
                    && changed.ways(row.action).at(self.met).is_some()
                    && self.view.ways(row.action).at(self.met).is_none()
            })
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

    pub(super) fn rewrites(&self, arn: &str) -> bool {
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
        match best {
            Some(found) if found.gained >= Level::Escalation => Some(found),
            other => self.entered_role_default().or(other),
        }
    }

    /// A role the caller enters whose policy has an older version that makes it strong.
    fn entered_role_default(&self) -> Option<Found> {
        let account = self.view.engine.account;
        for role in account.roles.values() {
            let arn = &role.entity.arn;
            let attached = role.entity.attached.iter().filter_map(|policy| account.policies.get(policy));
            for policy in attached.filter(|p| p.versions.len() > 1 && !managed::is_aws(&p.arn)) {
                if !self.on("iam:SetDefaultPolicyVersion", &policy.arn)
                    || !self.may_enter(role)
                    || strong_role(self.view, arn, 0)
                {
                    continue;
                }
                for version in policy.versions.iter().filter(|v| v.id != policy.default) {
                    let mut actor = Actor::of_reached_role(account, arn, &self.view.actor.context);
                    for source in actor.sources.iter_mut().filter(|s| hangs_by(&s.origin, &policy.arn)) {
                        source.document = Arc::clone(&version.document);
                    }
                    let changed = View::new(self.view.engine, actor);
                    if escalation::is_strong(&changed, Needs::COUNTED, self.depth.min(1)) {
                        return Some(Found::strong(&format!("{} {}", policy.arn, version.id)));
                    }
                }
            }
        }
        None
    }

    fn may_enter(&self, role: &Role) -> bool {
        let Some(trust) = &role.trust else { return false };
        if role.entity.arn == self.view.actor.arn || role.service_linked() {
            return false;
        }
        // Of the caller itself the chains were searched: any hop on the way counts.
        if let Some(reached) = self.view.reached(self.met) {
            return reached.contains(&role.entity.arn);
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

    pub(super) fn role_ceiling(&self, arn: &str) -> bool {
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
        let everything = level::administrator(&self.view.actor);
        let extra: &[(&str, Option<&str>)] = if action.contains(":Put") {
            &[("iam:permissionsboundary", Some(everything.as_str()))]
        } else {
            &[]
        };
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
        let reached = self.view.reached(then).unwrap_or_default();
        let by_role = reached.iter().any(|arn| strong_role(self.view, arn, self.depth.min(1)));
        let gained = if by_role { gained.max(Level::Escalation) } else { gained };
        (gained > self.view.basic(self.met)).then(|| Found {
            targets: vec![actor.arn.clone()],
            gained,
            potential: None,
        })
    }

    fn assume(&self) -> Option<Found> {
        let engine = self.view.engine;
        let mut found = Found::default();
        // Of a target only the next step is asked; the caller's chains were searched before.
        let Some(reached) = self.view.reached(self.met) else {
            let roles = engine.admin_roles().iter().filter_map(|arn| engine.account.roles.get(arn));
            return roles.into_iter().find(|role| self.may_enter(role)).map(|r| Found::strong(&r.entity.arn));
        };
        for arn in &reached {
            let admin = strong_role(self.view, arn, 0);
            if found.targets.len() < SHOWN && (admin || strong_role(self.view, arn, self.depth.min(1))) {
                found.targets.push(arn.clone());
                found.gained = found.gained.max(if admin { Level::Admin } else { Level::Escalation });
            }
        }
        (!found.targets.is_empty()).then_some(found)
    }

    fn member_accounts(&self) -> Option<Found> {
        let organization = self.view.engine.account.organization.as_ref();
        let managing = organization.is_some_and(|o| o.management);
        // Where nobody says which account manages, a policy that names the role of the members hints at it.
        let hinted = organization.is_none_or(|o| !o.member);
        let named = self.view.actor.sources.iter().flat_map(|s| &s.document.statements).any(|s| {
            s.effect == Effect::Allow
                && s.actions.has_action("sts:AssumeRole")
                && s.resources.as_ref().is_some_and(|list| {
                    !list.not
                        && list.patterns.iter().any(|p| {
                            (managing || hinted && p.ends_with(":role/OrganizationAccountAccessRole"))
                                && super::matching::meet_arn(
                                    p.as_bytes(),
                                    b"arn:*:iam::*:role/OrganizationAccountAccessRole",
                                )
                                .is_some()
                        })
                })
        });
        named.then(|| Found::potential("the member accounts are not in view"))
    }

    /// A confirmed path, or a potential one where the account's contents are not in view.
    pub(super) fn or_out_of_view(&self, found: Found, actions: &[&str]) -> Option<Found> {
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
