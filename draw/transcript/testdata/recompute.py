#!/usr/bin/env python3
"""Recomputes a draw from its bundle, after docs/algorithms/draw.md, with nothing
but Python's standard library. Prints the cutoff and result lines as they must
stand in the bundle. Signatures (Ed25519, BLS) are left to other programs.

usage: recompute.py BUNDLE [ROOT]
"""
import base64
import hashlib
import hmac
import json
import struct
import sys


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def framed(*parts):
    return sha256(*(struct.pack(">I", len(p)) + p for p in parts))


def merkle(leaves):
    """RFC 6962: complete subtrees from the left, joined from the right."""
    stack = []  # (height, hash)
    for leaf in leaves:
        height, node = 0, sha256(b"\x00", leaf)
        while stack and stack[-1][0] == height:
            height, node = height + 1, sha256(b"\x01", stack.pop()[1], node)
        stack.append((height, node))
    node = stack.pop()[1]
    while stack:
        node = sha256(b"\x01", stack.pop()[1], node)
    return node


def seed_of(root, word, value):
    if word == b"beacon":
        randomness = bytes.fromhex(value["randomness"])
        if sha256(bytes.fromhex(value["signature"])) != randomness:
            sys.exit("the randomness is not the hash of the signature")
        return framed(b"gelombang/seed/v1", root, randomness)
    if word == b"fallback":
        return framed(b"gelombang/seed-fallback/v1", root, *map(bytes.fromhex, value["values"]))
    sys.exit("there is nothing to draw with: " + word.decode())


def draw(header, households, entries, seed):
    cap, strata = header["household_cap"], {s["id"]: s for s in header["strata"]}
    left, ranked = dict(households), {s: [] for s in strata}
    walk = []
    for commitment, household, stratum, state in entries:
        if state == "in":
            key = hmac.new(seed, bytes.fromhex(commitment), hashlib.sha256).digest()
            walk.append({"key": key, "commitment": commitment, "household": household, "stratum": stratum, "outcome": None})
    walk.sort(key=lambda e: (e["key"], e["commitment"]))
    for e in walk:
        ranked[e["stratum"]].append(e)
        e["rank"] = len(ranked[e["stratum"]])

    def fill(outcome, size, leftover):
        taken = dict.fromkeys(strata, 0)
        for e in walk:
            if e["outcome"]:
                continue
            if taken[e["stratum"]] == strata[e["stratum"]][size]:
                e["outcome"] = leftover
            elif cap and left.get(e["household"], cap) == 0:
                e["outcome"] = "household_full"
            else:
                left[e["household"]] = left.get(e["household"], cap) - 1
                taken[e["stratum"]] += 1
                e["outcome"] = outcome

    fill("selected", "quota", None)
    fill("reserve", "reserve", "not_selected")
    for s in sorted(ranked):
        ranks = {o: [e["rank"] for e in ranked[s] if e["outcome"] == o] for o in ("selected", "reserve")}
        print("cutoff", s, len(ranked[s]), len(ranks["selected"]), len(ranks["reserve"]),
              max(ranks["selected"], default=0), max(ranks["reserve"], default=0))
    for s in sorted(ranked):
        for e in ranked[s]:
            print("result", s, e["rank"], e["commitment"], e["outcome"])


def main():
    with open(sys.argv[1], "rb") as f:
        lines = f.read().split(b"\n")
    end = next(i for i, line in enumerate(lines) if line.startswith(b"checkpoint "))
    root = merkle(lines[:end])
    if base64.b64decode(json.loads(lines[end][11:]).split("\n")[2]) != root:
        sys.exit("the list does not give the root in the checkpoint")
    if len(sys.argv) > 2 and sys.argv[2] != root.hex():
        sys.exit("the list is not the one that was announced")
    rows = [line.decode().split(" ") for line in lines[1:end]]
    word, _, value = lines[end + 1].partition(b" ")
    draw(json.loads(lines[0][7:]),
         [(r[1], int(r[2])) for r in rows if r[0] == "household"],
         [r[1:] for r in rows if r[0] == "entry"],
         seed_of(root, word, json.loads(value)))


main()
