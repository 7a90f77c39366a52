"""Render the cases of a check-templates file with jinja2, set up as
transformers sets it up, and say where it disagrees with the file.

usage: jinja.py CASES.jsonl [DIR]"""
import datetime
import json
import sys

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = jinja2.nodes.CallBlock(self.call_method("_same"), [], [], body)
        return call.set_lineno(line)

    def _same(self, caller):
        return caller()


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent,
                      separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


env = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
env.filters["tojson"] = tojson
env.filters["from_json"] = json.loads
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = datetime.datetime(2026, 11, 23).strftime

bad = 0
context = {}
for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    context = case.get("context", context)
    if "source" in case:
        source = case["source"]
    elif "template" in case:
        source = open(sys.argv[2] + "/" + case["template"]).read()
    else:
        continue
    try:
        text = env.from_string(source).render(**context)
    except Exception as why:
        text = None
    if text != case.get("text"):
        bad += 1
        print("disagrees:", source, repr(text), repr(case.get("text")))
sys.exit(bad != 0)
