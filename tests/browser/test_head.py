"""What a monitor or a link checker asks of the site as it is served."""

import urllib.error
import urllib.request

from app.shell.assets import page_stems


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10) as answer:
            assert answer.read() == b""
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code


def test_head_answers_on_every_page(server):
    paths = ["", "liveness", *page_stems(), "lstm?preset=latch"]
    # what is no page is no page; a health check has an address of its own, which Panel answers to GET only
    assert {path: status(f"{server}/{path}") for path in paths} == dict.fromkeys(paths, 200) | {"liveness": 405}
    assert status(f"{server}/nothing") == 404
