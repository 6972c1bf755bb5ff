# make bench [BENCH_FLAGS=--quick]: how fast it is, in ratios to nginx or Apache and in milliseconds; each bar
# is marked ok or MISSED. Speed is not a test: it fails only if something broke.
#   METASET_CORPUS   where the packages come from (../shared/corpus); made up if that is missing
METASET_CORPUS ?= ../shared/corpus
BENCH_FLAGS ?=
STORE_BENCH := $(BUILD)/bench/store_bench
PUBLISH_LOAD := $(BUILD)/bench/publish_load
RESPONDER := $(BUILD)/bench/responder
BENCH_SOURCES := $(wildcard tests/bench/*.cpp)
LOAD_SOURCES := $(wildcard tests/bench/publish/*.cpp) tests/bench/corpus.cpp
RESPONDER_SOURCES := $(wildcard tests/bench/responder/*.cpp)

$(STORE_BENCH): $(call object,$(BENCH_SOURCES)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(PUBLISH_LOAD): $(call object,$(LOAD_SOURCES)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(RESPONDER): $(call object,$(RESPONDER_SOURCES)) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
-include $(patsubst %.o,%.d,$(call object,$(BENCH_SOURCES) $(LOAD_SOURCES) $(RESPONDER_SOURCES)))

.PHONY: bench
bench: deps all $(STORE_BENCH) $(PUBLISH_LOAD) $(RESPONDER)
	@METASET_CORPUS='$(METASET_CORPUS)' $(PYTHON3) -B tests/bench/run_bench.py $(BENCH_FLAGS) \
	  --metaset build/metaset --store-bench $(STORE_BENCH) --publish-load $(PUBLISH_LOAD) \
	  --responder $(RESPONDER) --nginx $(NGINX) --work build/bench
