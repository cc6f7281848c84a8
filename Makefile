# `make test` is what CI runs; `make bench` measures and takes longer.

CARGO ?= cargo
# The OpenCC engine is tested where the library is installed; REQUIRE_OPENCC=1 fails without it.
OPENCC := $(shell pkg-config --exists opencc 2>/dev/null && echo yes)
CHROMIUM := $(shell command -v chromium || command -v chromium-browser)
# The script bench and the Python package are no members of the workspace, but build into its target.
BENCH_TARGET = $(or $(CARGO_TARGET_DIR),target)

.PHONY: test test-browser test-python test-engines bench bench-corpus bench-detect bench-harm bench-machine bench-python \
	bench-recover bench-reflow bench-report bench-script bench-train deny fuzz screenshots tables

test: test-browser ## format, lints, fresh tables, all tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --package jiaokan --no-default-features --quiet -- -D warnings
	$(CARGO) xtask tables --check
	$(CARGO) xtask ngram check
	$(CARGO) test --workspace
	$(MAKE) test-python
ifeq ($(OPENCC),yes)
	$(CARGO) clippy --package jiaokan --features opencc --all-targets --quiet -- -D warnings
	$(CARGO) test --package jiaokan --features opencc --test opencc --test gold
else ifdef REQUIRE_OPENCC
	$(error libopencc is not installed)
endif

# The page of `clean --report` is tested in a real browser where there is one; REQUIRE_CHROMIUM=1 fails without it.
test-browser: ## the report in headless Chromium
ifneq ($(CHROMIUM),)
	$(CARGO) build --quiet --bin jiaokan
	cd tests/browser && npm ci --silent --no-audit --no-fund && CHROMIUM=$(CHROMIUM) npm test --silent
else ifdef REQUIRE_CHROMIUM
	$(error chromium is not installed)
endif

screenshots: ## docs/images/, of the samples in headless Chromium
	$(CARGO) build --quiet --bin jiaokan
	cd tests/browser && npm ci --silent --no-audit --no-fund && CHROMIUM=$(CHROMIUM) npm run --silent screenshots

# $(call venv,FOLDER,PACKAGES) makes a virtual environment; $(call wheel,FOLDER,FLAGS) puts this package into it.
define venv
	test -x $(1)/bin/python || python3 -m venv $(1)
	$(1)/bin/pip install --quiet --disable-pip-version-check $(2) 'maturin>=1.9,<2' pytest
endef
define wheel
	rm -rf $(1)/wheels
	$(1)/bin/maturin build --quiet --locked $(2) --manifest-path python/Cargo.toml --target-dir $(BENCH_TARGET) --out $(1)/wheels
	$(1)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(1)/wheels/*.whl
endef

test-python: ## the Python package: format, lints, stubs, tests
	cd python && $(CARGO) fmt --check
	$(call venv,target/python,pyarrow mypy)
	$(call wheel,target/python)
	$(CARGO) clippy --manifest-path python/Cargo.toml --target-dir $(BENCH_TARGET) --quiet -- -D warnings
	cd python/tests && $(CURDIR)/target/python/bin/stubtest jiaokan._jiaokan
	target/python/bin/mypy --strict --ignore-missing-imports --no-site-packages python/jiaokan
	target/python/bin/pytest --quiet python/tests
	python3 -B -m unittest discover --quiet benches

# Downloads a gigabyte once; needs Java 17 for Spark. data-juicer asks for much that its operators do without.
test-engines: ## the adapters in their real engines, and every recipe
	$(call venv,target/engines,--requirement python/engines/requirements.txt)
	target/engines/bin/pip install --quiet --disable-pip-version-check --no-deps py-data-juicer
	$(call wheel,target/engines)
	target/engines/bin/pytest --quiet python/engines

# ONLY=recover, ONLY="recover final": the blocks whose command begins so. FULL=1: also those that take an hour, or Java.
bench: ## measures everything beside its peers and writes the figures in docs/BENCHMARKS.md
	python3 benches/fetch.py
	python3 benches/fetch.py script
	python3 benches/fetch.py recover
	python3 benches/fetch.py kinds
	python3 benches/write.py $(if $(FULL),--full) -- $(ONLY)

bench-machine: ## what the benches run on
	python3 benches/machine.py

# ARGS=final: the text for final runs; ARGS=kinds: texts other than newspapers; ARGS="--examples 20".
bench-harm: ## harm on clean text, by rule (downloads the texts once)
	python3 benches/fetch.py $(filter kinds,$(ARGS))
	$(CARGO) bench --bench harm -- $(ARGS)

bench-train: ## how well the join model was trained, and whether its weights are fresh
	python3 benches/fetch.py
	$(CARGO) train-join --check target/bench-data/clean-dev.txt

# ARGS="offsets calls": some of the sections. Only `engines` needs the engines, and Java.
bench-python: ENGINES = $(filter engines,$(or $(ARGS),engines))
bench-python: VENV = target/$(if $(ENGINES),engines,python)
bench-python: ## the Python package beside the command, and Spark and Ray beside the same job without it
	python3 benches/fetch.py
	$(call venv,$(VENV),$(if $(ENGINES),--requirement python/engines/requirements.txt,pyarrow))
	$(call wheel,$(VENV),--release)
	$(CARGO) build --release --quiet --package jiaokan-damage
	$(VENV)/bin/python benches/python.py --damage $(BENCH_TARGET)/release/jiaokan-damage $(ARGS)

# ARGS="--only speed", ARGS="--size 0.05 0.5 --small-files 20000"; by default up to 5 GB, which takes an hour.
bench-corpus: ## corpus runs: speed beside peers, memory, detection
	python3 benches/fetch.py script
	$(CARGO) build --release --quiet --bin jiaokan
	$(if $(ARGS),,$(CARGO) bench --bench detect)
	python3 benches/corpus.py $(ARGS)

bench-detect: ## finding encodings
	python3 benches/fetch.py script
	$(CARGO) bench --bench detect

# ARGS goes to the bench: ARGS=--final, ARGS="--engine jiaokan --engine fast2s speed".
bench-script: ## script conversion beside its peers (downloads them once)
	python3 benches/fetch.py script
	$(CARGO) build --release --quiet --manifest-path benches/script/fmmseg/Cargo.toml --target-dir $(BENCH_TARGET)
	$(CARGO) run --release --quiet --manifest-path benches/script/Cargo.toml --target-dir $(BENCH_TARGET) \
		$(if $(OPENCC),--features opencc) -- $(ARGS)

# ARGS goes to the bench: ARGS=final, ARGS="--rounds 20 precision".
bench-recover: ## glossed, shifted and misread text beside its peers (downloads them once)
	python3 benches/fetch.py recover
	$(CARGO) bench --bench recover -- $(ARGS)

# ARGS="final joins": the text for final runs, one section.
bench-reflow: ## broken lines, captions, repeats, punctuation: harm, repair, speed
	python3 benches/fetch.py
	$(CARGO) run --release --quiet --manifest-path benches/reflow/Cargo.toml --target-dir $(BENCH_TARGET) -- $(ARGS)

bench-report: ## what the forms for a terminal and a browser cost
	$(CARGO) bench --bench report

# A nightly toolchain and `cargo install cargo-fuzz`. FUZZ="text files": some targets; FUZZ_SECONDS=3600: an hour each.
# Threads that a run of the command has just ended are leaks to the sanitizer.
FUZZ ?= bytes edits files log settings text
FUZZ_SECONDS ?= 600

fuzz: ## the promises under libFuzzer with the address sanitizer, from fuzz/seeds/
	for target in $(FUZZ); do \
		mkdir -p fuzz/corpus/$$target && $(CARGO) +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=30 -detect_leaks=0 || exit; done

deny: ## licences, advisories and sources of all packages (`cargo install cargo-deny`)
	$(CARGO) deny check

tables: ## compiles dictionaries/ into src/lexicon/tables/
	$(CARGO) xtask tables
	$(CARGO) xtask ngram compile
