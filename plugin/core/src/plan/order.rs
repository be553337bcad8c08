//! Puts drafts into an order in which they can be applied, and breaks circles of line managers.
//!
//! 1. A change waits for the change that creates its line manager's account, and for the change that frees its user
//!    name.
//! 2. The level of a change is 0 if it waits for none, else one more than the highest level of those that it waits for.
//!    Changes are ordered by level, then by employee, then by part.
//! 3. If changes wait for each other in a circle, the one of its members with the lowest employee id that waits for a
//!    line manager is written without the line manager, who is set by a second change. Circles of user names alone do
//!    not reach this point: matching has resolved or refused them.
//! 4. A change to a temporary user name does not wait for the user name; a second change writes the final one.
//! 5. Second changes come after all others.

use super::draft::{Draft, ManagerChange, Part};
use crate::change::ChangeKind;

/// Orders `drafts` by the rules above. `people` is how many employees there are.
pub(super) fn order(drafts: &mut Vec<Draft>, people: usize) {
    let mut by_person: Vec<Option<usize>> = vec![None; people];
    for (position, draft) in drafts.iter().enumerate() {
        if let Some(slot) = by_person.get_mut(draft.person as usize) {
            *slot = Some(position);
        }
    }
    let draft_of = |person: Option<u32>| by_person.get(person? as usize).copied().flatten();
    let mut levels: Vec<Option<usize>> = vec![None; drafts.len()];
    let mut second_changes = Vec::new();
    for start in 0..drafts.len() {
        level(start, drafts, &draft_of, &mut levels, &mut second_changes);
    }
    for position in 0..drafts.len() {
        let owner = drafts.get(position).and_then(|draft| draft_of(draft.after_rename_of));
        let kind = owner.and_then(|owner| drafts.get(owner)).map(|owner| owner.kind);
        if let Some(draft) = drafts.get_mut(position) {
            draft.rename_kind = kind;
        }
    }
    for draft in drafts.iter().filter(|draft| draft.part == Part::Aside) {
        second_changes.push(Draft {
            kind: ChangeKind::Update,
            part: Part::UserName,
            manager: ManagerChange::Untouched,
            approver: None,
            after_manager: None,
            first_write: Some(draft.kind),
            ..draft.clone()
        });
    }
    // Rule 5: the last member of a circle may have any level.
    let last = levels.iter().flatten().max().map_or(0, |level| level + 1);
    levels.extend(std::iter::repeat_n(Some(last), second_changes.len()));
    drafts.extend(second_changes);
    let mut keyed: Vec<(usize, Draft)> =
        levels.into_iter().map(Option::unwrap_or_default).zip(std::mem::take(drafts)).collect();
    keyed.sort_by_key(|(level, draft)| (*level, draft.person, draft.part));
    drafts.extend(keyed.into_iter().map(|(_, draft)| draft));
}

/// Works out the level of `start`, and of all changes that it waits for.
#[expect(clippy::indexing_slicing, reason = "positions come from `drafts` itself")]
fn level(
    start: usize,
    drafts: &mut [Draft],
    draft_of: &impl Fn(Option<u32>) -> Option<usize>,
    levels: &mut [Option<usize>],
    second_changes: &mut Vec<Draft>,
) {
    let mut path = vec![start];
    let mut on_path = std::collections::BTreeSet::from([start]);
    while let Some(&at) = path.last() {
        let aside = drafts[at].part == Part::Aside;
        let owner = drafts[at].after_rename_of.filter(|_| !aside);
        let waits_for = [draft_of(drafts[at].after_manager), draft_of(owner)];
        match waits_for.into_iter().flatten().find(|next| levels[*next].is_none()) {
            Some(next) if on_path.contains(&next) => {
                // That member no longer waits for those after it on the path, so go on from there.
                let keep = cut(next, &path, drafts, draft_of, second_changes).map_or(0, |position| position + 1);
                for dropped in path.drain(keep..) {
                    on_path.remove(&dropped);
                }
            }
            Some(next) => {
                path.push(next);
                on_path.insert(next);
            }
            None => {
                let highest = waits_for.into_iter().flatten().filter_map(|next| levels[next]).max();
                levels[at] = Some(highest.map_or(0, |level| level + 1));
                path.pop();
                on_path.remove(&at);
            }
        }
    }
}

/// Breaks the circle that closes at `first` by rule 3. Returns where on the path the member is that is written without
/// its line manager.
#[expect(clippy::indexing_slicing, reason = "positions come from `drafts` itself")]
fn cut(
    first: usize,
    path: &[usize],
    drafts: &mut [Draft],
    draft_of: &impl Fn(Option<u32>) -> Option<usize>,
    second_changes: &mut Vec<Draft>,
) -> Option<usize> {
    let from = path.iter().position(|at| *at == first).unwrap_or_default();
    let circle = &path[from..];
    let next_of = |index: usize| circle.get(index + 1).copied().unwrap_or(first);
    let by_manager =
        circle.iter().enumerate().filter(|&(index, &at)| draft_of(drafts[at].after_manager) == Some(next_of(index)));
    // Every circle has a line manager in it, since circles of user names alone do not reach this point.
    let (index, at) = by_manager.map(|(index, &at)| (index, at)).min_by_key(|&(_, at)| drafts[at].person)?;
    let draft = &mut drafts[at];
    let second = Draft {
        kind: ChangeKind::Update,
        manager: draft.manager,
        part: Part::Manager,
        first_write: Some(draft.kind),
        after_rename_of: None,
        ..draft.clone()
    };
    second_changes.push(second);
    draft.manager = ManagerChange::Untouched;
    draft.approver = None;
    draft.after_manager = None;
    Some(from + index)
}
