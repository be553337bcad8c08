//! HiBob's named lists, read once in a run: each call about a leaver needs the same ones.

use bytes::Bytes;
use hibob_net::TransportBody;
use http::{HeaderMap, Method, Response};
use http_body_util::{BodyExt, Full};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The beginning of the path of a named list.
const NAMED_LISTS: &str = "/company/named-lists/";

/// The largest list that is kept, in bytes. A larger one is read by each call.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The lists that a run has read, by path and query. The lock is held while one is read, so that the calls that need it
/// meanwhile wait for that answer.
pub(crate) type ReadLists = Arc<tokio::sync::Mutex<BTreeMap<String, (HeaderMap, Bytes)>>>;

/// The lists of the run that goes on; none outside of a run, where nobody says how long they hold.
#[derive(Default)]
pub(crate) struct Lists(Mutex<Option<ReadLists>>);

impl Lists {
    /// Forgets all lists: a run begins.
    pub(crate) fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::default());
    }

    pub(crate) fn of_run(&self) -> Option<ReadLists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The name under which the answer to a request is kept; none if it is not a list.
pub(crate) fn key(method: &Method, path: &str, query: Option<&str>) -> Option<String> {
    let is_list = *method == Method::GET && path.starts_with(NAMED_LISTS);
    is_list.then(|| format!("{path}?{}", query.unwrap_or_default()))
}

/// Whether a list is kept.
pub(crate) fn fits(body: &Bytes) -> bool {
    body.len() <= LIST_BYTES_MAX
}

/// An answer with a list that was read before.
pub(crate) fn answer((headers, body): &(HeaderMap, Bytes)) -> Response<TransportBody> {
    let body = Full::new(body.clone()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    response.headers_mut().clone_from(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_are_kept_and_each_query_for_itself() {
        let key = |method, path, query| key(&method, path, query);
        let title = key(Method::GET, "/company/named-lists/title", Some("includeArchived=true"));
        assert_eq!(title.as_deref(), Some("/company/named-lists/title?includeArchived=true"));
        assert_ne!(title, key(Method::GET, "/company/named-lists/title", None));
        for (method, path) in [(Method::POST, "/people/search"), (Method::GET, "/bulk/people/lifecycle")] {
            assert_eq!(key(method, path, None), None);
        }
    }

    #[test]
    fn outside_of_a_run_nothing_is_kept_and_each_run_begins_without_lists() {
        let lists = Lists::default();
        assert!(lists.of_run().is_none());
        lists.begin();
        let first = lists.of_run().unwrap();
        first.try_lock().unwrap().insert("a".to_owned(), (HeaderMap::new(), Bytes::new()));
        assert_eq!(lists.of_run().unwrap().try_lock().unwrap().len(), 1);
        lists.begin();
        assert!(lists.of_run().unwrap().try_lock().unwrap().is_empty());
    }
}
