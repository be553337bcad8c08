#!/usr/bin/env python3
"""Verifies an employment reference with nothing of this project: 60 lines over the package `cryptography`.

    python3 verify.py REFERENCE.json FOLDER

FOLDER is a copy of what the issuer publishes below https://DOMAIN/. Ends with 0 if the reference is genuine and was neither
taken back nor replaced. The log proof, the page and DNS are not looked at: `hibob verify` does that.
"""

import base64, gzip, hashlib, json, sys
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(text):
    """The bytes of multibase base58btc."""
    number = 0
    for character in text.removeprefix("z"):
        number = number * 58 + BASE58.index(character)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def canonical(value):
    """RFC 8785, for documents of texts, whole numbers, lists and objects. ASCII names sort as the RFC asks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_of(did, method):
    """The issuer's key with this name, from its key file."""
    for entry in did["verificationMethod"]:
        if entry["id"] == method and method in did["assertionMethod"] and "revoked" not in entry:
            return Ed25519PublicKey.from_public_bytes(base58(entry["publicKeyMultibase"])[2:])
    raise ValueError(f"the issuer publishes no key {method}")


def check_signature(signed, did):
    """eddsa-jcs-2022: the hash of the proof without its value, then the hash of the document without its proof."""
    document, options = dict(signed), dict(signed["proof"])
    del document["proof"]
    signature = base58(options.pop("proofValue"))
    if options["cryptosuite"] != "eddsa-jcs-2022" or options["@context"] != document["@context"]:
        raise ValueError("the proof is of another kind")
    hashes = [hashlib.sha256(canonical(part)).digest() for part in (options, document)]
    key_of(did, options["verificationMethod"]).verify(signature.rjust(64, b"\0"), b"".join(hashes))


def check_status(entry, did, folder):
    """Bitstring Status List: the entry's bit in a list that the issuer signed and that has not ended."""
    url = entry["statusListCredential"]
    status_list = json.loads((folder / url.split("/", 3)[3]).read_bytes())
    check_signature(status_list, did)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if status_list["id"] != url or not status_list["validFrom"] <= now <= status_list["validUntil"]:
        raise ValueError(f"the list {url} is another one, or has ended")
    encoded = status_list["credentialSubject"]["encodedList"].removeprefix("u")
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    index = int(entry["statusListIndex"])
    if bits[index // 8] & (0x80 >> index % 8):
        raise ValueError("taken back" if entry["statusPurpose"] == "revocation" else "replaced by a newer one")


def main(reference, folder):
    signed = json.loads(Path(reference).read_bytes())
    did = json.loads((folder / ".well-known/did.json").read_bytes())
    issuer = signed["issuer"]["id"]
    if did["id"] != issuer or not signed["proof"]["verificationMethod"].startswith(f"{issuer}#"):
        raise ValueError("the key is not the issuer's")
    check_signature(signed, did)
    for entry in signed["credentialStatus"]:
        check_status(entry, did, folder)
    subject = signed["credentialSubject"]
    print(f"genuine: {issuer} says that {subject['name']} worked there "
          f"from {subject['employmentStartDate']} to {subject['employmentEndDate']}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"not accepted: {error}")
    except InvalidSignature:
        sys.exit("not accepted: a signature does not fit")
