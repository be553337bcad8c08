//! What the target's answers show of a change.

use super::answers::{self, Carries, Progress};
use super::attribute::shows;
use super::{ApplyScope, Planned, Sent};
use crate::request::Role;
use crate::text_form::compared;
use hibob_contract::directory_sync::ChangeKind;
use http::{Method, StatusCode};

/// What the target's answers show of a change that the plugin reports as made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// It was made, apart from these fields of the change, which were not written, or are shown with another value.
    ApartFrom(Vec<String>),
    /// The change archives or reactivates, and no GET that began after the last accepted write shows the account so. It
    /// may be so all the same: the target's reads may lag behind.
    StateUnseen,
    /// No answer shows that anything of it was made.
    Nothing,
}

impl ApplyScope {
    /// Takes in an answer to a request of this call. An answer without success shows nothing.
    pub fn note_answer(&self, sent: &Sent, status: StatusCode, body: &[u8]) {
        if !status.is_success() {
            return;
        }
        if sent.method == Method::GET && matches!(sent.role, Role::Scim | Role::CostCenters) {
            self.answers().is_read = true;
        }
        match sent.role {
            Role::Scim => self.note_accounts(sent, body),
            Role::CostCenters => self.note_cost_centers(sent, body),
            Role::HiBob | Role::Rest => {}
        }
    }

    fn note_accounts(&self, sent: &Sent, body: &[u8]) {
        let named = sent.path.strip_prefix("/Users/");
        let is_whole = sent.method == Method::GET && !sent.has_query && named.is_some();
        let mut answers = self.answers();
        if sent.method != Method::GET {
            answers.accepted(named, &sent.fields, self.moment());
        }
        // An answer to a write may repeat what was asked for, and a read that began before it may show what was before.
        let shows_state = self.state().is_none() || (sent.method == Method::GET && sent.began > answers.accepted_at);
        for (id, user) in answers::objects(body, "Resources", named.is_some()) {
            // An answer about one account shows that account and no other.
            let Some(mut shown) = answers::account(&user, is_whole).filter(|_| named.is_none_or(|named| named == id))
            else {
                continue;
            };
            shown.active = shown.active.filter(|_| shows_state);
            let is_theirs =
                matches!(&shown.carries, Carries::Employee(carried) if Some(carried) == self.employee_id.as_ref());
            if sent.method == Method::POST {
                answers.created = Some(id.clone());
            }
            let is_own = match (&self.target_id, self.kind) {
                (Some(target), _) => *target == id,
                (None, ChangeKind::Create) => is_theirs || answers.created.as_ref() == Some(&id),
                (None, _) => false,
            };
            if is_own {
                for (field, planned) in &self.fields {
                    let Planned::Value(planned) = planned else { continue };
                    if let Some(is_planned) = shows(&user, field, planned, &self.settings.approver_conditions) {
                        answers.shown(field, is_planned);
                    }
                }
            }
            answers.show(id, shown);
        }
    }

    fn note_cost_centers(&self, sent: &Sent, body: &[u8]) {
        let named = sent.path.strip_prefix("/cost_centers/");
        let mut answers = self.answers();
        answers.is_accepted |= sent.method != Method::GET;
        for (id, center) in answers::objects(body, "cost_centers", named.is_some()) {
            let Some(shown) = answers::cost_center(&center).filter(|_| named.is_none_or(|named| named == id)) else {
                continue;
            };
            if sent.method == Method::POST {
                answers.created = Some(id.clone());
            }
            answers.cost_centers.insert(id, shown);
        }
    }

    /// Whether the target has answered a read in this call.
    pub fn is_answered(&self) -> bool {
        self.answers().is_read
    }

    /// The account or cost center that the change is about: the one that it names, the one that this call has created,
    /// or the one that the target has shown with the employee's id. None if no answer says it.
    pub fn own(&self) -> Option<String> {
        let answers = self.answers();
        let is_theirs = |shown: &answers::ShownAccount| matches!(&shown.carries, Carries::Employee(id) if Some(id) == self.employee_id.as_ref());
        let found = || answers.accounts.iter().find(|(_, shown)| is_theirs(shown)).map(|(id, _)| id.clone());
        self.target_id.clone().or_else(|| answers.created.clone()).or_else(found)
    }

    /// What the target's answers show of the change at the account or cost center `written_id`, which the plugin names
    /// as the one that it wrote.
    ///
    /// 1. `written_id` must be the change's own target, if the change names one.
    /// 2. A cost center must be shown with the change's name and in use.
    /// 3. Of an account, the target must have accepted a write, or have shown it as the employee's with a field as
    ///    planned.
    /// 4. A change that archives or reactivates counts only if the last GET that began after the last accepted write
    ///    shows the account so. Another field counts if a write that had it was accepted and no later answer shows
    ///    another value, or if an answer shows the planned value.
    pub fn made(&self, written_id: &str) -> Made {
        if self.target_id.as_deref().is_some_and(|id| id != written_id) {
            return Made::Nothing;
        }
        let answers = self.answers();
        if matches!(self.kind, ChangeKind::CreateCostCenter | ChangeKind::RestoreCostCenter) {
            let shown =
                answers.cost_centers.get(written_id).filter(|shown| compared(&shown.name) == compared(&self.name));
            return match shown {
                Some(shown) if !shown.archived => Made::ApartFrom(Vec::new()),
                Some(_) if answers.is_accepted => Made::ApartFrom(vec!["archived".to_owned()]),
                Some(_) | None => Made::Nothing,
            };
        }
        let shown = answers.accounts.get(written_id);
        let carries_theirs = shown.is_some_and(
            |shown| matches!(&shown.carries, Carries::Employee(id) if Some(id) == self.employee_id.as_ref()),
        );
        let carries_none = shown.is_some_and(|shown| matches!(shown.carries, Carries::Nobody | Carries::Unclear));
        let is_own = self.owner.is_some() && self.owner == self.employee_id;
        let is_theirs = carries_theirs || (carries_none && is_own);
        let is_written = answers.is_accepted
            && match (self.kind, answers.created.as_deref()) {
                (ChangeKind::Create, Some(created)) => created == written_id,
                (ChangeKind::Create, None) => carries_theirs,
                _ => true,
            };
        if !is_written && !is_theirs {
            return Made::Nothing;
        }
        let is_made = |field: &str| matches!(answers.progress(field), Progress::Accepted | Progress::Shown);
        let open = self.fields.keys().filter(|field| *field != "active" && !is_made(field));
        let mut rest: Vec<String> = open.cloned().collect();
        match (self.state(), shown.and_then(|shown| shown.active)) {
            // A new account is active unless it is shown otherwise.
            (None, Some(true) | None) if self.kind == ChangeKind::Create => {}
            (None, _) => rest.extend(self.fields.keys().filter(|field| *field == "active").cloned()),
            (Some(state), Some(active)) if state == active => {}
            // Another field that is shown as planned says that an earlier attempt was carried out.
            (Some(_), _) if is_written || self.fields.keys().any(|field| is_made(field)) => return Made::StateUnseen,
            (Some(_), _) => return Made::Nothing,
        }
        let fields = self.fields.len() + usize::from(self.state().is_some() && !self.fields.contains_key("active"));
        match !is_written && fields > 0 && rest.len() == fields {
            true => Made::Nothing,
            false => Made::ApartFrom(rest),
        }
    }
}
