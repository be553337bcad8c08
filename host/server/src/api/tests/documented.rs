//! The table of routes in `docs/operate/api.md` is that of the router.

use crate::api::routes::{ROUTES, Route};
use crate::api::tests::HOLDERS;

/// A row names routes with or without their method, which goes on until another one is named; `…` stands for the
/// beginning of a path.
#[test]
fn each_route_is_in_the_document_with_those_who_may_call_it() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/api.md");
    let document = std::fs::read_to_string(file).unwrap();
    let rows = document.lines().skip_while(|line| !line.starts_with("| route |")).skip(2);
    let mut left: Vec<&Route> = ROUTES.iter().collect();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (names, holders) = (cells[1], &cells[2..6]);
        let mut method = "";
        for name in names.split('`').skip(1).step_by(2) {
            let path = name.split_once(' ').map_or(name, |(word, path)| {
                method = word;
                path
            });
            let at = left.iter().position(|route| {
                route.method.word().eq_ignore_ascii_case(method)
                    && path.strip_prefix('…').map_or(route.path == path, |end| route.path.ends_with(end))
            });
            let route = left.remove(at.unwrap_or_else(|| panic!("{method} {path} is no route, or is named twice")));
            assert_eq!(route.holders.is_none(), holders[0] == "without a token", "{method} {path}");
            for (cell, (holder, ..)) in holders.iter().zip(HOLDERS) {
                let may = route.holders.is_some_and(|holders| holders.contains(&holder));
                assert_eq!(*cell == "yes", may, "{method} {path} for {holder:?}");
            }
        }
    }
    let missing: Vec<&str> = left.iter().map(|route| route.path).collect();
    assert!(missing.is_empty(), "docs/operate/api.md lacks {missing:?}");
}
