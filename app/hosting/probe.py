"""`python -m app.hosting.probe [liveness|readiness]`: ends with 0 where the server in this container answers so.

For health checks of an image, in which there is no curl.
"""

import os
import sys
import urllib.error
import urllib.request


def url(what: str) -> str:
    port, prefix = os.environ.get("PORT") or "5006", os.environ.get("UNROLLED_PREFIX", "").strip("/")
    return f"http://127.0.0.1:{port}/{prefix}{'/' if prefix else ''}{what}"


def main(what: str) -> int:
    try:
        with urllib.request.urlopen(url(what), timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except urllib.error.HTTPError as refusal:
        print(refusal.read().decode("utf-8", "replace"))
        return 1
    except OSError as problem:
        print(problem)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "liveness"))
