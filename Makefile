PYTHON ?= python3
PORT ?= 5006
# How many tests run at once. Each worker has a server and a browser of its own.
WORKERS ?= 2
VENV := .venv
IN_VENV := $(VENV)/bin/python
# Python compiles what it imports; to compile all that comes along would take pip twenty seconds.
PIP_INSTALL := $(IN_VENV) -m pip install --no-compile --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help serve test lint lesson screenshots image-check clean

help:
	@echo "make serve [PORT=5006]   set up on first use, then serve the course"
	@echo "make test                set up on first use, then run all tests"
	@echo "make lint                check style, format and types"
	@echo "make lesson NAME=counter   write a small lesson of that name, to start from"
	@echo "make screenshots         take pictures of every page, light, dark, phone and presenter"
	@echo "make image-check         build the image, run it read-only and open every page (needs root, buildah, debootstrap)"
	@echo "make clean               remove the virtual environment and all caches"

serve: $(VENV)/current
	@PORT=$(PORT) $(IN_VENV) -m app

test: $(VENV)/installed-dev $(VENV)/compiled
	@$(IN_VENV) -m pytest -q -n $(WORKERS) --dist worksteal

lint: $(VENV)/installed-dev
	@$(IN_VENV) -m ruff check
	@$(IN_VENV) -m ruff format --check --quiet
	@$(IN_VENV) -m mypy

lesson: $(VENV)/installed
	@$(IN_VENV) -m app.new_lesson $(NAME)

screenshots: $(VENV)/installed-dev $(VENV)/compiled
	@$(IN_VENV) tests/browser/screenshots.py

image-check: $(VENV)/installed-dev
	@$(IN_VENV) tests/deploy/image.py

clean:
	@rm -rf $(VENV) .pytest_cache .hypothesis .ruff_cache .mypy_cache build unrolled.egg-info
	@find app engine lessons tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Two stamps, so that a lecturer who only serves the course does not wait for the test tools.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	  sys.exit(v < (3, 11) and f"Unrolled needs Python 3.11 or newer; $(PYTHON) is {v[0]}.{v[1]}. Try make PYTHON=python3.12")'
	@echo "Setting up $(VENV): a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --editable .
	@touch $@

# Numba does not see that a kernel's helper in another file has changed: a new engine starts with an empty cache.
$(VENV)/current: $(VENV)/installed $(wildcard engine/*.py engine/reservoir/*.py)
	@find engine -path '*/__pycache__/*' \( -name '*.nb[ic]' -o -name 'kernels-*' \) -delete
	@touch $@

# The site compiles by itself, beside pages that open one after the other; tests want everything at once.
$(VENV)/compiled: $(VENV)/current
	@echo "Compiling the kernels"
	@$(IN_VENV) -m engine.kernels
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing the test tools"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@
