//! The texts of a page, for those who compare a page that was saved anew with what is signed.

use super::page::{HOW_TO_CHECK, long_date};
use crate::claims::Employment;
use crate::credential::Credential;
use crate::qr::VERIFY_PATH;

/// The texts of the page of a reference, in no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageTexts {
    /// What the issuer has signed, as the page writes it.
    pub signed: Vec<String>,
    /// The words that every page has: headings, labels and notes. All versions of this library have written them.
    pub fixed: Vec<String>,
}

/// The texts of the page of a reference. The number of its entry in the log, which follows the word "entry", and the
/// name of the key are not among them.
pub fn texts(credential: &Credential) -> PageTexts {
    let issuer = credential.claims.issuer();
    let Employment { name, job_title, department, start, end } = credential.claims.employment();
    let optional = [job_title, department].into_iter().flatten();
    let signed = [issuer.name.as_str(), issuer.domain.as_str(), name.as_str()].into_iter();
    let signed = signed.chain(optional.map(|text| text.as_str())).map(str::to_owned);
    let days = [*start, *end, credential.issued.date_naive()].map(long_date);
    let domain = issuer.domain.as_str();
    let fixed = [
        "EMPLOYMENT REFERENCE".to_owned(),
        "This confirms the employment of".to_owned(),
        "Position".to_owned(),
        "Department".to_owned(),
        "Employed".to_owned(),
        "Date of issue".to_owned(),
        "–".to_owned(),
        HOW_TO_CHECK.to_owned(),
        format!("1. Scan or click the code, or open {} and drop this PDF file there.", issuer.domain.url(VERIFY_PATH)),
        format!("2. Look at the address bar: it has to show {domain}, the company’s own domain."),
        "3. The strongest check asks the company’s DNS for the key, too: hibob verify FILE.".to_owned(),
        "On paper the code is the proof; in the PDF file it is the attached, signed data.".to_owned(),
        "The proof is the signed data attached to the PDF file; the code has only its hash.".to_owned(),
        format!("Reference {} · signed with key", credential.id.uuid()),
        "· entry".to_owned(),
        "in the company’s public log".to_owned(),
        "Facts of employment, signed electronically by the company. It assesses neither conduct nor performance, and \
         bears no qualified electronic signature."
            .to_owned(),
    ];
    PageTexts { signed: signed.chain(days).collect(), fixed: fixed.into() }
}
