# allies-sync. « make demo » montre, « make test » vérifie. Python 3.11 ou plus récent est nécessaire.
#
# Everything happens in .venv, which the targets make and keep up to date by themselves.

VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
EXAMPLE := examples/dynamiques-de-cooperation.toml

.PHONY: help demo test test-all lint types messages wheel clean

help:
	@echo "make demo      ouvre un espace d'exemple dans ./$(DEMO)"
	@echo "make test      lance les tests (moins de 5 minutes)"
	@echo "make test-all  lance aussi les preuves longues"
	@echo "make lint types messages wheel   pour contribuer"

# --- the environment -------------------------------------------------------------------------------------

# The newest Python that works and can make virtual environments; PYTHON=… chooses another.
$(BIN)/python:
	@found=""; \
	for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    found="$$candidate"; break; \
	  fi; \
	  if [ "$$candidate" = "$(PYTHON)" ]; then \
	    echo "PYTHON=$(PYTHON) ne convient pas : il faut Python 3.11 ou plus récent, avec son module venv." >&2; exit 1; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 ou plus récent n'a pas été trouvé (avec son module venv)." >&2; \
	  echo "Debian, Ubuntu : sudo apt install python3-venv   macOS : brew install python" >&2; \
	  echo "S'il est ailleurs : make PYTHON=/chemin/vers/python3.11 $(MAKECMDGOALS)" >&2; exit 1; \
	fi; \
	echo "Environnement : $(VENV) ($$("$$found" --version))"; \
	"$$found" -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.installed

# --- the main job ----------------------------------------------------------------------------------------

demo: $(VENV)/.installed
	@[ -f $(DEMO)/allies-sync.toml ] || \
	  $(BIN)/allies-sync init --config $(DEMO)/allies-sync.toml --name "Collectif de démonstration" --path . --yes
	@$(BIN)/allies-sync new-engagement --config $(DEMO)/allies-sync.toml --from $(EXAMPLE) --yes
	@$(BIN)/python .ci/show_demo.py $(DEMO)

# --- proofs ----------------------------------------------------------------------------------------------

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -n auto -m "slow or not slow"

lint: $(VENV)/.dev
	$(BIN)/python -m ruff check .

types: $(VENV)/.dev
	$(BIN)/python -m mypy

# --- for those who write messages, and those who publish ------------------------------------------------

LOCALE := src/allies_sync/locale
PO := $(LOCALE)/en/LC_MESSAGES/allies_sync.po

messages: $(VENV)/.test
	$(BIN)/pybabel --quiet extract --no-wrap --sort-by-file --add-location=file -k ngettext:1,2 \
	  --project allies-sync -o $(VENV)/allies_sync.pot src plugins
	$(BIN)/pybabel --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	  -i $(VENV)/allies_sync.pot -o $(PO) -l en
	$(BIN)/pybabel --quiet compile -i $(PO) -o $(PO:.po=.mo)
	@echo "Restent à traduire :"; grep -c '^msgstr ""$$' $(PO) || true

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
