//! The guard of the target: whether it is the one that the ledger knows.

/// How many known accounts have to be gone at least. Of two, both are enough.
const GONE_MIN: usize = 3;

/// The share of the active accounts of the ledger above which the target is another one, in percent.
const GONE_PERCENT: usize = 20;

/// Whether the target is another one than the ledger knows: of `active` accounts that the ledger has as active, `gone`
/// are not there by id. An account that was deleted is made anew; that a fifth of them were deleted in one night is
/// less likely than that the key is another company's.
pub fn is_another_target(gone: usize, active: usize) -> bool {
    (gone >= GONE_MIN && gone * 100 > active * GONE_PERCENT) || (gone >= 2 && gone == active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_and_a_fifth_or_both_of_two() {
        for (gone, active, is_another) in [
            (0, 0, false),
            (1, 1, false),
            (1, 2, false),
            (2, 2, true),
            (2, 3, false),
            (3, 3, true),
            (3, 15, false),
            (3, 14, true),
            (60, 300, false),
            (61, 300, true),
        ] {
            assert_eq!(is_another_target(gone, active), is_another, "{gone} of {active}");
        }
    }
}
