//! Settings about whose accounts are synced.

use super::Reader;
use crate::exclusion::Exclusion;
use crate::text_form;
use std::collections::BTreeSet;

impl Reader<'_> {
    pub(super) fn sites(&mut self) -> Option<BTreeSet<String>> {
        let sites: BTreeSet<String> =
            self.texts("sites")?.iter().map(|site| text_form::key(site).into_owned()).collect();
        if sites.is_empty() {
            self.wrong(
                "sites",
                "the list of sites is empty, so nobody would be synced",
                "name the sites, or leave the setting out",
            );
        }
        Some(sites)
    }

    pub(super) fn exclusion(&mut self) -> Exclusion {
        let employees = self.texts("exclude-employees").unwrap_or_default();
        let domains = self.texts("exclude-email-domains").unwrap_or_default();
        let fields = self.table("exclude-fields");
        let ids: Vec<String> = fields.iter().map(|(field, _)| field.clone()).collect();
        self.field_ids("exclude-fields", &ids);
        Exclusion::new(&employees, &domains, &fields)
    }
}
