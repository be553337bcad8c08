//! Showing again who one is, before what takes effect at once and cannot be taken back: a decision, a secret, a setting.

use crate::answers::Token;
use crate::ask::{Failure, read};
use crate::form::Form;
use crate::session::{digest, now};
use crate::visit::Signed;
use axum::http::Method;
use hibob_base::error::HostError;
use hibob_server::api::{Asker, Sent};

/// Whether a form comes from somebody who has shown the token, or a link, not long ago, or who shows it with the form: the
/// token of the session, or a link of its person with the same rights, which is used up by that. It counts from now on.
pub(crate) async fn proved(signed: &Signed, form: &Form) -> Result<bool, Failure> {
    if !signed.session.needs_proof() {
        return Ok(true);
    }
    let proof = form.get("proof");
    let code = proof.rsplit_once("code=").map_or(proof, |(_, code)| code);
    let is_right = match digest(code) {
        Some(digest) => is_own_link(signed, &digest).await?,
        None => is_own_token(signed, proof).await?,
    };
    if is_right {
        let now = now();
        signed.console.data.control().note_console_session(&signed.session.digest, now, now).await?;
    }
    Ok(is_right)
}

/// The gate counts and records wrong tokens, as it does everywhere.
async fn is_own_token(signed: &Signed, token: &str) -> Result<bool, Failure> {
    let asker = Asker::Token(token);
    let answer = signed.console.caller.ask(asker, signed.from, Method::GET, "/v1/token", Sent::Nothing).await;
    match read::<Token>(answer).await {
        Ok(token) => Ok(token.token == signed.session.token.id),
        Err(Failure::SignIn) => Ok(false),
        Err(Failure::Problem(problem)) if problem.status < 500 => Ok(false),
        Err(failure) => Err(failure),
    }
}

async fn is_own_link(signed: &Signed, digest: &[u8; 32]) -> Result<bool, HostError> {
    let control = signed.console.data.control();
    let Some((token, person)) = control.take_console_link(digest, now()).await? else { return Ok(false) };
    let own = &signed.session.token;
    let is_same = |token: &hibob_store::token::StoredToken| {
        token.is_valid(now()) && (token.role, &token.tenant) == (own.role, &own.tenant)
    };
    let token = control.token(&token).await?;
    Ok(person == signed.session.row.person && token.as_ref().is_some_and(is_same))
}
