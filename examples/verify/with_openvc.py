#!/usr/bin/env python3
"""Verifies an employment reference with openvc-core, a verifier of others. Arguments and exit code as `verify.py`."""

import json, sys
from pathlib import Path

from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy, verify_credential


def main(reference, folder):
    def published(url, *_, **__):
        return json.loads((folder / url.split("/", 3)[3]).read_bytes())

    resolver = DidWebResolver(fetch=published)

    def status_list(url):
        """A list counts only if its issuer signed it, and until its end: both are checked here."""
        found = published(url)
        verify_credential(found, resolver=resolver)
        return found

    signed = json.loads(Path(reference).read_bytes())
    policy = VerificationPolicy(expected_types=["EmploymentReferenceCredential"])
    result = verify_credential(signed, policy=policy, resolver=resolver, resolve_status_list=status_list)
    # The library fails for the purpose "revocation" only; the other list says which references were replaced.
    for status in result.status.entries:
        if status.is_set:
            raise ValueError(f"replaced by a newer one, by {status.entry.status_list_credential}")
    print(f"genuine: {result.issuer} says that {result.credential['credentialSubject']['name']} worked there")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except (OpenvcError, ValueError, OSError) as error:
        sys.exit(f"not accepted: {type(error).__name__}: {error}")
