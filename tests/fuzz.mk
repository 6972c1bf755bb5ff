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
# The library is the one that is built for SANITIZE=address, which has what libFuzzer looks at.
FUZZ_LIBRARY := build/asan/libmetaset.a
FUZZ_CXXFLAGS = -std=c++20 -g1 -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
  -fsanitize-ignorelist=tests/ubsan.ignore -w $(ALL_CPPFLAGS) -Itests $(CXXFLAGS) -MMD -MP

ifeq ($(SANITIZE),)
$(FUZZ_LIBRARY): FORCE | config.h
	+@$(MAKE) --no-print-directory SANITIZE=address UNITY=1 $@
endif
$(FUZZERS): $(FUZZ_BUILD)/%_fuzz: tests/fuzz/%_fuzz.cpp $(FUZZ_LIBRARY)
	@mkdir -p $(@D)
	$(call say,FUZZ)$(CLANGXX) $(FUZZ_CXXFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $< \
	  $(FUZZ_LIBRARY) $(LIBS)
-include $(wildcard $(FUZZ_BUILD)/*.d)

FORCE:
.PHONY: fuzz FORCE $(FUZZ_TARGETS:%=fuzz-%)
fuzz: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $(FUZZ_BUILD)/%_fuzz
	@sh tests/fuzz/run.sh $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ_SEED) $*
