"""Check Senti's proof of funds without Senti: that a signed file is whole, and that one's own amount is in its sum.

    python verify_funds.py DAY.json [PROOF.json] [--key HEX]

DAY.json is a day's file and PROOF.json what a code fetches, both from the page /funds. --key is the public key of an
earlier day, or one that you got elsewhere: without it the file is checked against the key that stands in it. Needs
Python 3.9 and the package `cryptography`. Exit status 0 if all is well; 1, and the reason, if anything is not.

A leaf is SHA-256(00 | nonce | amount), a node SHA-256(01 | digest and sum on the left | the same on the right);
amounts and sums are 8 octets, the greatest first, in the smallest unit of the currency.
"""

import argparse
import json
import sys
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LARGEST = 2**63


def number(value):
    """Return a sum that is a whole number from 0 on, and fits in 8 octets."""
    if type(value) is not int or not 0 <= value < LARGEST:
        sys.exit(f"WRONG: {value} is no sum: it is below zero, too large, or no whole number")
    return value


def octets(value):
    """Return a sum as it is digested."""
    return number(value).to_bytes(8, "big")


def check_file(file, key):
    """Check the signature, and that customers and house together are what was issued; return what was signed."""
    said, stated = file["statement"], file["public_key"]
    if key and key.lower() != stated:
        sys.exit("WRONG: the file is signed with another key than yours")
    signed = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(stated)).verify(bytes.fromhex(file["signature"]), signed)
    except (InvalidSignature, ValueError):
        sys.exit("WRONG: the signature is not of this file")
    if number(said["total"]) + sum(said["house"].values()) != said["issued"]:
        sys.exit("WRONG: customers and house together are not what was issued")
    return said


def check_proof(proof, said):
    """Climb from one's own amount to the root: both its digest and its sum must be those that were signed."""
    total, nonce = number(proof["amount"]), bytes.fromhex(proof["nonce"])
    if len(nonce) != 16:
        sys.exit("WRONG: a nonce has 16 octets")
    digest = sha256(b"\0" + nonce + octets(total)).digest()
    for step in proof["path"]:
        near, far = digest + octets(total), bytes.fromhex(step["digest"]) + octets(step["total"])
        if len(far) != 40 or step["side"] not in ("left", "right"):
            sys.exit("WRONG: a step of the proof is no step")
        digest = sha256(b"\1" + (far + near if step["side"] == "left" else near + far)).digest()
        total += step["total"]
    if digest.hex() != said["root"] or total != said["total"]:
        sys.exit("WRONG: this amount is not in the sum that was published")


def main():
    """Say what was checked, or what is wrong."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("file", metavar="DAY.json")
    reader.add_argument("proof", metavar="PROOF.json", nargs="?")
    reader.add_argument("--key", metavar="HEX", help="the public key that you know")
    asked = reader.parse_args()
    try:
        with open(asked.file, encoding="utf-8") as text:
            file = json.load(text)
        said = check_file(file, asked.key)
        print(f"The file of {said['day']} is signed: {said['total']} {said['currency']} (smallest units) are owed.")
        if asked.proof:
            with open(asked.proof, encoding="utf-8") as text:
                proof = json.load(text)
            check_proof(proof, said)
            print(f"Your {proof['amount']} is in it. Is that what you had at {said['as_of']}?")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.exit(f"WRONG: cannot be read: {error!r}")


if __name__ == "__main__":
    main()
