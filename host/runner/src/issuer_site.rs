//! What is wrong with an issuer's site, seen from outside: redirects that no verifier follows, and lists that have ended.

use chrono::Utc;
use hibob_base::error::HostError;
use hibob_config::references::issuing;
use hibob_config::tenant::TenantConfig;
use hibob_contract::types::{Finding, Severity};
use hibob_reference_format::keys::Selector;
use hibob_reference_format::status_list::{Purpose, StatusList};
use hibob_reference_format::verify::{Answer, Lookups};
use hibob_store::data_dir::DataDir;
use hibob_verification::{Answers, Inquiry, NameServers, Published, is_redirect};
use std::time::Duration;

/// How long a look at the site after a publication may take.
const LOOK_TIME_MAX: Duration = Duration::from_secs(3);

/// The number of the first pair of lists, which every issuer with a reference has.
const FIRST_LIST: u32 = 1;

/// What is wrong with the site by these answers. What could not be asked for is no finding.
pub(crate) fn findings(tenant: &str, answers: &Answers) -> Vec<Finding> {
    let files =
        [("key file", &answers.key_file), ("log", &answers.head), ("list of revoked references", &answers.revoked)];
    let redirects = files.into_iter().find_map(|(name, answer)| {
        match answer {
        Answer::Unreachable(why) if is_redirect(why) => Some(finding(
            "ISSUER_SITE_REDIRECTS",
            format!("no reader of a reference gets the issuer's {name}: {why}"),
            "serve the public folder at the issuer's domain itself. Followed is one redirect to the same path, with or \
             without www. before the domain, over https and without a port"
                .to_owned(),
        )),
        _ => None,
    }
    });
    let ended = match &answers.revoked {
        Answer::Found(bytes) => ended(tenant, bytes, answers),
        _ => None,
    };
    redirects.into_iter().chain(ended).collect()
}

fn ended(tenant: &str, bytes: &[u8], answers: &Answers) -> Option<Finding> {
    let remedy = format!(
        "publish anew, at least every week: hibob references publish {tenant} DIR; or let the runs do it: \
         references.publish in the tenant's file"
    );
    let domain = answers.domain.as_ref()?;
    let Ok((list, _)) = StatusList::parse(bytes, domain, FIRST_LIST, Purpose::Revocation) else {
        let message = "the issuer's site has something else in the place of its list of revoked references, so that \
                       nobody's reference is accepted";
        return Some(finding("ISSUER_LISTS_BROKEN", message.to_owned(), remedy));
    };
    let end = list.valid_until?;
    (Utc::now() > end).then(|| {
        let message = format!(
            "the issuer's status lists counted until {}: no reference is accepted since",
            end.format("%Y-%m-%d %H:%M UTC")
        );
        finding("ISSUER_LISTS_ENDED", message, remedy)
    })
}

fn finding(code: &str, message: String, remedy: String) -> Finding {
    Finding { severity: Severity::Warning, code: code.to_owned(), employee_id: None, field: None, message, remedy }
}

/// The tenant's own site as the host reads it: with what `[network]` allows and trusts, and through its proxy.
///
/// # Errors
/// The proxy cannot be used.
pub async fn site(data: &DataDir, config: &TenantConfig) -> Result<Published, HostError> {
    Ok(Published::Https {
        allow: config.network.allow_addresses.clone(),
        proxy: data.secrets().proxy(config).await?,
        ca_file: config.network.ca_file.clone(),
    })
}

/// Looks at the site after a publication, and warns of redirects that no verifier follows. A site that does not answer,
/// and one that still has older files, is no finding: the folder may be copied there later.
pub async fn after_publication(data: &DataDir, config: &TenantConfig) -> Vec<Finding> {
    let Ok(issuer) = issuing(config).and_then(|references| references.issuer()) else { return Vec::new() };
    // The selector plays no part, since DNS is not asked for a key.
    let Ok(selector) = Selector::parse("none") else { return Vec::new() };
    let Ok(servers) = NameServers::of_environment() else { return Vec::new() };
    let Ok(published) = site(data, config).await else { return Vec::new() };
    let inquiry = Inquiry { name_servers: servers, published, timeout: LOOK_TIME_MAX };
    let answers = inquiry.ask_site(&Lookups::of(&issuer.domain, &selector, FIRST_LIST)).await;
    let mut found = findings(&config.id, &answers);
    found.retain(|finding| finding.code == "ISSUER_SITE_REDIRECTS");
    found
}
