//! Puts drafts into an order in which they can be applied, and cuts circles of managers.

use super::draft::{Draft, ManagerChange, Part};
use crate::change::ChangeKind;

/// Orders `drafts` so that what a change waits for comes before it; within that, by employee.
///
/// Managers may go in a circle, also together with user names that are freed. Whoever in such a circle has the lowest
/// id is written without the manager, and the manager is set by a second write at the end.
pub(super) fn order(drafts: &mut Vec<Draft>, people: usize) {
    let mut by_person: Vec<Option<usize>> = vec![None; people];
    for (position, draft) in drafts.iter().enumerate() {
        if let Some(slot) = by_person.get_mut(draft.person as usize) {
            *slot = Some(position);
        }
    }
    let draft_of = |person: Option<u32>| by_person.get(person? as usize).copied().flatten();
    let mut levels: Vec<Option<usize>> = vec![None; drafts.len()];
    let mut second_writes = Vec::new();
    for start in 0..drafts.len() {
        level(start, drafts, &draft_of, &mut levels, &mut second_writes);
    }
    for position in 0..drafts.len() {
        let holder = drafts.get(position).and_then(|draft| draft_of(draft.after_rename_of));
        let kind = holder.and_then(|holder| drafts.get(holder)).map(|holder| holder.kind);
        if let Some(draft) = drafts.get_mut(position) {
            draft.rename_kind = kind;
        }
    }
    for draft in drafts.iter().filter(|draft| draft.part == Part::Aside) {
        second_writes.push(Draft {
            kind: ChangeKind::Update,
            part: Part::UserName,
            manager: ManagerChange::Untouched,
            approver: None,
            after_manager: None,
            first_write: Some(draft.kind),
            ..draft.clone()
        });
    }
    // A second write comes after everything, since the circle's last member may have any level.
    let last = levels.iter().flatten().max().map_or(0, |level| level + 1);
    levels.extend(std::iter::repeat_n(Some(last), second_writes.len()));
    drafts.extend(second_writes);
    let mut keyed: Vec<(usize, Draft)> =
        levels.into_iter().map(Option::unwrap_or_default).zip(std::mem::take(drafts)).collect();
    keyed.sort_by_key(|(level, draft)| (*level, draft.person, draft.part));
    drafts.extend(keyed.into_iter().map(|(_, draft)| draft));
}

/// Works out the level of `start` and of all that it waits for: one more than the highest of those.
#[expect(clippy::indexing_slicing, reason = "positions come from `drafts` itself")]
fn level(
    start: usize,
    drafts: &mut [Draft],
    draft_of: &impl Fn(Option<u32>) -> Option<usize>,
    levels: &mut [Option<usize>],
    second_writes: &mut Vec<Draft>,
) {
    let mut path = vec![start];
    let mut on_path = std::collections::BTreeSet::from([start]);
    while let Some(&at) = path.last() {
        let aside = drafts[at].part == Part::Aside;
        let holder = drafts[at].after_rename_of.filter(|_| !aside);
        let waits_for = [draft_of(drafts[at].after_manager), draft_of(holder)];
        match waits_for.into_iter().flatten().find(|next| levels[*next].is_none()) {
            Some(next) if on_path.contains(&next) => {
                // What came after the cut member on the path no longer holds it up: go on from there.
                let keep = cut(next, &path, drafts, draft_of, second_writes).map_or(0, |position| position + 1);
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

/// Cuts the circle that closes at `first`, at the manager of its member with the lowest id. Returns where on the path
/// that member is.
#[expect(clippy::indexing_slicing, reason = "positions come from `drafts` itself")]
fn cut(
    first: usize,
    path: &[usize],
    drafts: &mut [Draft],
    draft_of: &impl Fn(Option<u32>) -> Option<usize>,
    second_writes: &mut Vec<Draft>,
) -> Option<usize> {
    let from = path.iter().position(|at| *at == first).unwrap_or_default();
    let circle = &path[from..];
    let next_of = |index: usize| circle.get(index + 1).copied().unwrap_or(first);
    let by_manager =
        circle.iter().enumerate().filter(|&(index, &at)| draft_of(drafts[at].after_manager) == Some(next_of(index)));
    // Circles of user names alone were refused by matching, so there is a manager in every circle.
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
    second_writes.push(second);
    draft.manager = ManagerChange::Untouched;
    draft.approver = None;
    draft.after_manager = None;
    Some(from + index)
}
