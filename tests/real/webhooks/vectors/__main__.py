"""Writes the vectors as JSON lines: `python3 vectors [--now SECONDS] > vectors.jsonl`."""

import argparse
import json

import body
import certified
import inside
import keys
import kit
import parsing
import pitfalls
import published
import signatures
import standard
import stamped
import tickets
import tokens
import urls

FAMILIES = (published, body, stamped, standard, urls, keys, inside, tokens, tickets, certified, signatures, parsing, pitfalls)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--now", type=int, default=1767225600, help="the moment the vectors are made for, in seconds")
    book = kit.Book(options.parse_args().now)
    for family in FAMILIES:
        family.family(book)
    for line in book.lines:
        print(json.dumps(line))


main()
