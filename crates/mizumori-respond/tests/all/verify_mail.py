"""Verifies the signatures of a mail on standard input with dkimpy; the records are given as NAME RECORD pairs."""

import sys

import dkim

records = dict(zip(sys.argv[1::2], sys.argv[2::2]))


def record(name, timeout=5):
    return records[name.decode().rstrip(".")].encode()


mail = sys.stdin.buffer.read()
count = sum(1 for line in mail.split(b"\r\n\r\n")[0].split(b"\r\n") if line.lower().startswith(b"dkim-signature:"))
for index in range(count):
    verifier = dkim.DKIM(mail)
    try:
        print("good" if verifier.verify(idx=index, dnsfunc=record) else "bad")
    except dkim.DKIMException as error:
        print("bad", error)
