//! Whether a listing that comes in pages is complete.
//!
//! Services have been seen to ignore where a page is to begin, to state totals that do not agree with what they send, to
//! send full pages that nothing follows, and to shift rows from page to page while they are read. So a listing is
//! complete only where it is shown to be:
//!
//! 1. What counts is how many different ids came. Rows that cannot be read and have no id are counted beside them.
//! 2. After a full page the next one is asked for, whatever the total says.
//! 3. A page without rows ends the reading, and so does one that brings nobody new.
//! 4. It is complete if that number is the total, and every page that had rows stated the same total. Where no page
//!    states one, only a page without rows shows that it is.

use crate::lookup::{Hashed, fnv1a};

/// How one reading of a listing goes.
#[derive(Debug)]
pub(crate) struct Listing {
    /// How many rows are asked for on one page.
    page_rows: usize,
    pages: usize,
    rows: usize,
    /// Hashes of the ids that came.
    seen: Hashed<()>,
    distinct: usize,
    /// Rows without an id.
    nameless: usize,
    /// The total that the first page stated.
    total: Option<usize>,
    /// Another total that a later page stated.
    other_total: Option<usize>,
}

/// What one page has, as far as completeness goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<I> {
    /// The ids of the rows that have one.
    pub(crate) ids: I,
    /// How many rows the page has, with and without an id.
    pub(crate) rows: usize,
    /// The total that the page states.
    pub(crate) total: Option<usize>,
}

/// What follows from a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The page after so many rows is to be read.
    GoOn(usize),
    /// The reading has ended, and the listing is complete.
    Complete,
    /// The reading has ended, and the listing is not shown to be complete: what was seen, as the rest of a sentence.
    Incomplete(String),
}

impl Listing {
    /// A reading that begins.
    pub(crate) fn new(page_rows: usize) -> Self {
        Self {
            page_rows,
            pages: 0,
            rows: 0,
            seen: Hashed::default(),
            distinct: 0,
            nameless: 0,
            total: None,
            other_total: None,
        }
    }

    /// How many accounts came so far.
    pub(crate) fn came(&self) -> usize {
        self.distinct + self.nameless
    }

    /// Whether what came so far is all, by the total. A service may then refuse to send a further page.
    pub(crate) fn is_all(&self) -> bool {
        self.pages > 0 && self.other_total.is_none() && self.total == Some(self.came())
    }

    /// Takes in the next page.
    pub(crate) fn page<'i>(&mut self, page: Rows<impl Iterator<Item = &'i str>>) -> Step {
        self.pages += 1;
        let Rows { ids, rows, total } = page;
        if rows == 0 {
            return self.end(total, true);
        }
        match (self.total, total) {
            (None, total) => self.total = total,
            (Some(known), Some(total)) if known != total => self.other_total = Some(total),
            (Some(_), _) => {}
        }
        let (mut with_id, mut new) = (0, 0);
        for id in ids {
            with_id += 1;
            new += usize::from(self.seen.insert(fnv1a(id.bytes()), ()).is_none());
        }
        self.rows += rows;
        self.distinct += new;
        self.nameless += rows.saturating_sub(with_id);
        if new == 0 {
            return self.end(total, false);
        }
        let is_full = rows >= self.page_rows;
        match self.total {
            Some(total) if !is_full && self.came() >= total => self.end(Some(total), false),
            _ => Step::GoOn(self.rows),
        }
    }

    /// The reading ends with a page that is empty, or brings nobody new.
    fn end(&mut self, total: Option<usize>, is_empty: bool) -> Step {
        // The first page may be the empty one; what a page behind the end states does not matter.
        let total = if self.rows == 0 { total } else { self.total };
        let is_complete = match total {
            Some(total) => total == self.came() && self.other_total.is_none(),
            None => is_empty && self.other_total.is_none(),
        };
        if is_complete {
            return Step::Complete;
        }
        let (rows, pages, came) = (self.rows, self.pages, self.came());
        let mut seen = match total {
            Some(total) => {
                format!("its total is {total}, and {came} different ones came in {rows} rows on {pages} pages")
            }
            None => format!("it states no total, and {came} different ones came in {rows} rows on {pages} pages"),
        };
        match self.other_total {
            Some(other) => seen.push_str(&format!("; a later page states the total {other}")),
            None if !is_empty && rows > came => seen.push_str("; the last page brought nobody new"),
            None => {}
        }
        Step::Incomplete(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads pages, each of these ids and with this total, and says how many were asked for.
    fn read(page_rows: usize, pages: &[(&[&str], Option<usize>)]) -> (Step, usize) {
        let mut listing = Listing::new(page_rows);
        for (asked, (ids, total)) in (1..).zip(pages) {
            let rows = Rows { ids: ids.iter().copied().filter(|id| !id.is_empty()), rows: ids.len(), total: *total };
            match listing.page(rows) {
                Step::GoOn(_) => {}
                step => return (step, asked),
            }
        }
        panic!("the reading goes on after {} pages", pages.len());
    }

    #[test]
    fn a_listing_is_complete_where_its_total_came() {
        let complete = |pages: &[(&[&str], Option<usize>)]| assert_eq!(read(2, pages), (Step::Complete, pages.len()));
        complete(&[(&[], Some(0))]);
        complete(&[(&["1"], Some(1))]);
        complete(&[(&["1", "2"], Some(3)), (&["3"], Some(3))]);
        // After a full page the next one is asked for, whatever it states itself.
        complete(&[(&["1", "2"], Some(2)), (&[], Some(0))]);
        complete(&[(&["1", "2"], Some(2)), (&[], None)]);
        complete(&[(&["1", "2"], Some(2)), (&["1", "2"], Some(2))]);
        // A service may send fewer rows than were asked for, and rows without an id.
        complete(&[(&["1"], Some(2)), (&["2"], Some(2))]);
        complete(&[(&["1", ""], Some(3)), (&["3"], Some(3))]);
        // Without a total, an empty page shows the end.
        complete(&[(&["1", "2"], None), (&["3"], None), (&[], None)]);
    }

    #[test]
    fn a_listing_that_does_not_agree_with_itself_is_not_complete() {
        let incomplete = |pages: &[(&[&str], Option<usize>)], part: &str| {
            let (Step::Incomplete(seen), asked) = read(2, pages) else { panic!("{pages:?}") };
            assert!(seen.contains(part), "{seen}");
            assert_eq!(asked, pages.len());
        };
        // Where a page begins is ignored.
        incomplete(
            &[(&["1", "2"], Some(5)), (&["1", "2"], Some(5))],
            "total is 5, and 2 different ones came in 4 rows",
        );
        incomplete(&[(&["1", "2"], None), (&["1", "2"], None)], "no total");
        // A full page that nothing follows, and results that are missing altogether.
        incomplete(&[(&["1", "2"], Some(5)), (&[], Some(5))], "total is 5, and 2 different ones came");
        incomplete(&[(&[], Some(5))], "total is 5, and 0 different ones came");
        // A total that is that of the page.
        incomplete(&[(&["1", "2"], Some(2)), (&["3"], Some(1))], "a later page states the total 1");
        // More came than the total says.
        incomplete(&[(&["1", "2"], Some(2)), (&["3"], Some(2))], "total is 2, and 3 different ones came");
        // Pages that overlap, or shrink while they are read, have skipped somebody.
        incomplete(&[(&["1", "2"], Some(4)), (&["2", "3"], Some(4)), (&[], Some(4))], "3 different ones came");
        incomplete(&[(&["1", "2"], Some(4)), (&["4"], Some(3)), (&[], Some(3))], "a later page states the total 3");
    }
}
