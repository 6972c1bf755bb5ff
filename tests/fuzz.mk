# Fuzzing with libFuzzer (clang): every target runs over its seed corpus for FUZZ_SECONDS.
#   make fuzz [FUZZ_SECONDS=3] [FUZZ_SEED=1] [FUZZ_TARGETS="version fmri"]
# The same seed tries the same inputs in the same order, so that a check that passed passes again; to
# look for something new: make fuzz FUZZ_SECONDS=600 FUZZ_SEED=0
# What a run finds (crash-*, and the inputs that reached new code) is kept in build/fuzz/; the
# seeds in tests/fuzz/corpus are only read. To look at a crash again:
#   build/fuzz/version_fuzz build/fuzz/crash-version-...
FUZZ_SECONDS ?= 3
FUZZ_SEED ?= 1
FUZZ_TARGETS ?= $(FUZZ_NAMES)
FUZZ_BUILD := build/fuzz
FUZZ_SANITIZE := address,undefined
FUZZ_IGNORE := -fsanitize-ignorelist=tests/fuzz/ignore.txt
FUZZ_CXXFLAGS = -std=c++20 -g1 -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
  $(FUZZ_IGNORE) -w $(ALL_CPPFLAGS) -Itests $(CXXFLAGS) -MMD -MP

# The modules that targets reach, each compiled as one file: a quarter of the time.
FUZZ_MODULES := base lmdb ips store depot pkg5 http
FUZZ_LIBRARY := $(FUZZ_MODULES:%=$(FUZZ_BUILD)/%.o)

# Written anew only if a source came or went; changes inside are in the .d files.
define fuzz_module
$(FUZZ_BUILD)/$(1).cpp: FORCE
	@mkdir -p $$(@D)
	@printf '#include "%s"\n' $$(wildcard src/$(1)/*.cpp) > $$@.new
	@if cmp -s $$@.new $$@; then rm $$@.new; else mv $$@.new $$@; fi
endef
$(foreach m,$(FUZZ_MODULES),$(eval $(call fuzz_module,$(m))))
$(FUZZ_LIBRARY): $(FUZZ_BUILD)/%.o: $(FUZZ_BUILD)/%.cpp | config.h
	$(CLANGXX) $(FUZZ_CXXFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE) -c -o $@ $<
$(FUZZERS): $(FUZZ_BUILD)/%_fuzz: tests/fuzz/%_fuzz.cpp $(FUZZ_LIBRARY)
	$(CLANGXX) $(FUZZ_CXXFLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $< $(FUZZ_LIBRARY) \
	  -llmdb -lcrypto -lz -lelf -lfmt -lpthread
-include $(wildcard $(FUZZ_BUILD)/*.d)

FORCE:
.PHONY: fuzz FORCE
fuzz: $(FUZZERS)
	@sh tests/fuzz/run.sh $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ_SEED) $(FUZZ_TARGETS)
