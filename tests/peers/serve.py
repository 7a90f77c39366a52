"""The openai package against respond --serve: serve.py URL WANT.

WANT: the record that respond wrote for the same prompt over a pipe.
"""

import asyncio
import json
import sys

import openai

url, want = sys.argv[1], json.load(open(sys.argv[2]))
client = openai.OpenAI(base_url=url, api_key="sesame", max_retries=0)
messages = [{"role": "user", "content": want["prompt"]}]
bad = 0


def expect(ok, *what):
    global bad
    if not ok:
        bad += 1
        print("FAIL", *what)


def raises(kind, what, **more):
    try:
        client.chat.completions.create(
            **{"model": "m", "messages": messages, **more})
    except kind as e:
        return e
    except Exception as e:  # what came instead is the finding
        expect(False, what, type(e), e)
    else:
        expect(False, what, "nothing was raised")


expect([m.id for m in client.models.list()] == ["m", "other"], "models")
expect(client.models.retrieve("other").id == "other", "one model")

asked = dict(model="m", messages=messages, n=2, seed=5, max_tokens=30,
             logprobs=True)
got = client.chat.completions.create(**asked)
for c, r in zip(got.choices, want["responses"], strict=True):
    expect(c.message.content == r["content"], "as over a pipe", c)
    expect(c.finish_reason == r["finish"], "finish", c)
    expect([t.logprob for t in c.logprobs.content] == r["logps"], "logprobs")
    expect(all(bytes(t.bytes).decode(errors="replace") is not None
               for t in c.logprobs.content), "bytes")
expect(got.usage.prompt_tokens == len(want["prompt_ids"]), "usage", got.usage)

text, tokens, usage = ["", ""], [0, 0], None
with client.chat.completions.create(
        **asked, stream=True, stream_options={"include_usage": True}) as stream:
    for chunk in stream:
        usage = chunk.usage or usage
        for c in chunk.choices:
            text[c.index] += c.delta.content or ""
            tokens[c.index] += len(c.logprobs.content) if c.logprobs else 0
expect(text == [r["content"] for r in want["responses"]], "a stream", text)
expect(tokens == [r["tokens"] for r in want["responses"]], "its tokens", tokens)
expect(usage == got.usage, "its usage", usage)

# the package's own way to put a stream together
with client.chat.completions.stream(
        model="m", messages=messages, seed=5, max_tokens=30) as stream:
    try:
        last = stream.get_final_completion()
    except openai.LengthFinishReasonError as e:  # which is no fault
        last = e.completion
expect(last.choices[0].message.content == want["responses"][0]["content"],
       "put together by the package")

got = client.completions.create(model="m", prompt=want["prompt_ids"], n=2,
                                seed=5, max_tokens=30, logprobs=0)
for c, r in zip(got.choices, want["responses"], strict=True):
    expect(c.text == r["content"], "by tokens", c)
    expect(c.logprobs.token_logprobs == r["logps"], "logprobs of completions")

more = client.chat.completions.create(
    model="other", messages=messages, max_tokens=5,
    extra_body={"top_k": 5, "min_p": 0.1, "ignore_eos": True})
expect(more.usage.completion_tokens == 5, "fields beyond OpenAI's", more)

e = raises(openai.BadRequestError, "a wrong value", temperature=-1)
expect(e and e.param == "temperature", "its field", e)
e = raises(openai.NotFoundError, "no such model", model="x")
expect(e and e.code == "model_not_found", "its code", e)
raises(openai.BadRequestError, "an unknown field",
       extra_body={"frobnicate": 1})
raises(openai.APIStatusError, "a long body",
       messages=[{"role": "user", "content": "x" * (5 << 20)}])
client.api_key = "open"
raises(openai.AuthenticationError, "a wrong token")


async def many():
    """More at once than --max-requests: those refused are asked again."""
    a = openai.AsyncOpenAI(base_url=url, api_key="sesame", max_retries=20)

    async def one(i):
        r = await a.chat.completions.create(
            model="m", messages=messages, seed=5, max_tokens=30 + i % 3)
        return r.choices[0].message.content

    got = await asyncio.gather(*[one(i) for i in range(40)])
    first = want["responses"][0]["content"].rstrip("\ufffd")
    expect(all(g.startswith(first) for g in got), "40 at once")


asyncio.run(many())
sys.exit(bad != 0)
