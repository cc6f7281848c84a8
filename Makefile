# `make test` is what CI runs; `make bench` measures and takes longer.

CARGO ?= cargo
# The OpenCC engine is tested where the library is installed; REQUIRE_OPENCC=1 fails without it.
OPENCC := $(shell pkg-config --exists opencc 2>/dev/null && echo yes)

.PHONY: test bench tables

test: ## format, lints, fresh tables, all tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --package jiaokan --no-default-features --quiet -- -D warnings
	$(CARGO) xtask tables --check
	$(CARGO) xtask ngram check
	$(CARGO) test --workspace
ifeq ($(OPENCC),yes)
	$(CARGO) clippy --package jiaokan --features opencc --all-targets --quiet -- -D warnings
	$(CARGO) test --package jiaokan --features opencc --test opencc --test gold
else ifdef REQUIRE_OPENCC
	$(error libopencc is not installed)
endif

bench: ## harm on clean text, by rule (downloads the text once)
	python3 benches/fetch.py
	$(CARGO) bench --bench harm

tables: ## compiles dictionaries/ into src/lexicon/tables/
	$(CARGO) xtask tables
	$(CARGO) xtask ngram compile
