//! `GET /Users`: filters and pages (RFC 7644 section 3.4.2).

use serde_json::json;

use super::{OtherFilters, TravelPerk, User, odd::Window, refusal::Refusal};
use crate::message::{Request, Response};

impl TravelPerk {
    pub(super) fn list(&self, request: &Request) -> Result<Response, Refusal> {
        // A start below 1 means 1, and a negative count means 0 (section 3.4.2.4).
        let start = whole(request, "startIndex")?.map_or(1, |start| usize::try_from(start).unwrap_or(1).max(1));
        let count = whole(request, "count")?
            .map_or(self.switches.page_size_default, |count| usize::try_from(count).unwrap_or(0))
            .min(self.switches.page_max);
        let visible =
            |user: &&User| (self.switches.archived_in_list || user.active) && !self.unlisted.contains(&user.id);
        let (window, page): (Window, Vec<&User>) = match self.selection(request)? {
            Selection::Everybody => {
                let all = if self.switches.archived_in_list && self.unlisted.is_empty() {
                    self.users.len()
                } else {
                    self.users.iter().filter(visible).count()
                };
                let window = self.switches.window(start, count, all).ok_or_else(beyond)?;
                (window, self.users.iter().filter(visible).skip(window.skipped).take(window.taken).collect())
            }
            Selection::Only(found) => {
                let found: Vec<&User> = found.into_iter().filter(visible).collect();
                let window = Window { skipped: start - 1, taken: count, total: Some(found.len()), has_list: true };
                (window, found.into_iter().skip(window.skipped).take(window.taken).collect())
            }
        };
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "itemsPerPage": page.len(), "startIndex": start,
        });
        if let (Some(body), Some(total)) = (body.as_object_mut(), window.total) {
            body.insert("totalResults".to_owned(), json!(total));
        }
        if let Some(body) = body.as_object_mut()
            && window.has_list
            && !(page.is_empty() && window.total.is_some() && self.switches.empty_list_without_resources)
        {
            let user = |user: &User| self.projected(request, self.as_sent(self.scim(user), true));
            body.insert("Resources".to_owned(), page.into_iter().map(user).collect());
        }
        Ok(Response::json(200, &body))
    }

    fn selection(&self, request: &Request) -> Result<Selection<'_>, Refusal> {
        let Some(filter) = request.parameter("filter") else {
            return Ok(Selection::Everybody);
        };
        let mut words = filter.trim().splitn(3, ' ');
        let (Some(attribute), Some(operator), Some(literal)) = (words.next(), words.next(), words.next()) else {
            return Err(invalid_filter());
        };
        // The value is a JSON string with its quotes.
        let value: String = serde_json::from_str(literal.trim()).map_err(|_| invalid_filter())?;
        let equals = operator.eq_ignore_ascii_case("eq");
        if equals && attribute.eq_ignore_ascii_case("userName") {
            return Ok(Selection::Only(self.user_by_name(&value).into_iter().collect()));
        }
        match self.switches.other_filters {
            OtherFilters::Supported if equals && attribute.eq_ignore_ascii_case("externalId") => {
                // Unlike userName, externalId is case-exact (RFC 7643 section 3.1).
                let found = self.users.iter().filter(|user| user.external_id.as_ref() == Some(&value));
                Ok(Selection::Only(found.collect()))
            }
            OtherFilters::Ignored => Ok(Selection::Everybody),
            _ => Err(invalid_filter()),
        }
    }
}

fn beyond() -> Refusal {
    Refusal::value("startIndex", "is behind the last result")
}

enum Selection<'a> {
    Everybody,
    Only(Vec<&'a User>),
}

fn invalid_filter() -> Refusal {
    Refusal::bad("invalidFilter", "The filter is not valid or not supported.")
}

fn whole(request: &Request, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = request.parameter(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| Refusal::value(name, "must be a whole number"))
}
