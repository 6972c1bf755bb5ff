# Fuzzing with libFuzzer (clang): every target runs over its seed corpus for FUZZ_SECONDS.
#   make fuzz [FUZZ_SECONDS=30] [FUZZ_SEED=1] [FUZZ_TARGETS="version fmri"]
#   make fuzz-long [FUZZ_LONG_SECONDS=600]     for hours, and with another seed every time
# The same seed tries the same inputs in the same order, so that a check that passed passes again.
# What a run finds (crash-*, and the inputs that reached new code) is kept in FUZZ_BUILD; the
# seeds in tests/fuzz/corpus are only read. To look at a crash again:
#   build/fuzz/version_fuzz build/fuzz/crash-version-...
FUZZ_SECONDS ?= 30
FUZZ_LONG_SECONDS ?= 600
FUZZ_SEED ?= 1
FUZZ_TARGETS ?= $(FUZZ_NAMES)
# The seconds are those of a clock, so that more targets at once are sooner through, each with less.
FUZZ_JOBS ?= $(shell expr 3 '*' $$(nproc))
FUZZ_BUILD := build/fuzz
FUZZERS = $(FUZZ_NAMES:%=$(FUZZ_BUILD)/%_fuzz)
# The library is the one that is built for SANITIZE=address, which has what libFuzzer looks at. For
# long runs it is one that is optimised.
FUZZ_LIBRARY := build/asan/libmetaset.a
FAST_LIBRARY := build/asan-fast/libmetaset.a
FUZZ_CXXFLAGS = -std=c++20 -g1 -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
  -fno-sanitize=null -fsanitize-ignorelist=tests/ubsan.ignore -w $(ALL_CPPFLAGS) -Itests $(CXXFLAGS) \
  -MMD -MP

ifeq ($(SANITIZE),)
$(sort $(FUZZ_LIBRARY) $(FAST_LIBRARY)): FORCE | config.h
	+@$(MAKE) --no-print-directory SANITIZE=address UNITY=1 BUILD=$(@D) \
	  SANITIZE_LEVEL=$(if $(filter $(FAST_LIBRARY),$@),-O1,-O0) $@
endif
$(FUZZERS): $(FUZZ_BUILD)/%_fuzz: tests/fuzz/%_fuzz.cpp $(FUZZ_LIBRARY)
	@mkdir -p $(@D)
	$(call say,FUZZ)$(CLANGXX) $(FUZZ_CXXFLAGS) -fsanitize=fuzzer,address,undefined $(LLD) -o $@ $< \
	  $(FUZZ_LIBRARY) $(LIBS)
-include $(wildcard $(FUZZ_BUILD)/*.d)

FORCE:
.PHONY: fuzz fuzz-long FORCE
fuzz: $(FUZZ_TARGETS:%=$(FUZZ_BUILD)/%_fuzz)
	@printf '%s\n' $(FUZZ_TARGETS) | xargs -n 1 -P $(FUZZ_JOBS) \
	  sh tests/fuzz/run.sh $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ_SEED)
fuzz-long:
	+@$(MAKE) --no-print-directory FUZZ_BUILD=build/fuzz-long FUZZ_LIBRARY=$(FAST_LIBRARY) \
	  FUZZ_SECONDS=$(FUZZ_LONG_SECONDS) FUZZ_SEED=0 fuzz
