// The issuer's domain: the part of its identity that DNS vouches for. Lower-case ASCII, so no look-alike letter is shown.

const DID_WEB = "did:web:";
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

export function isDomain(text) {
  const labels = text.split(".");
  return (
    text.length <= 253 && labels.length >= 2 && labels.every((label) => LABEL.test(label)) &&
    /[a-z]/.test(labels.at(-1))
  );
}

/** The domain of `did:web:DOMAIN`; null for another identifier. */
export function fromDidWeb(did) {
  const domain = typeof did === "string" && did.startsWith(DID_WEB) ? did.slice(DID_WEB.length) : "";
  return isDomain(domain) ? domain : null;
}

export const didWeb = (domain) => DID_WEB + domain;

/** The other name of the same site: with `www.` before it, or without it. */
export const sibling = (domain) => (domain.startsWith("www.") ? domain.slice("www.".length) : `www.${domain}`);

/** Whether what a host serves is what the issuer's domain serves: its own site, with or without `www.`. */
export const isSiteOf = (domain, host) => host !== null && (host === domain || host === sibling(domain));
