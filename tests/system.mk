# make system: whole programs behind real nginx. make cases: the interface as data, tests/cases/*.case,
# through every kind of web server and of way to the programs.
# The commands in the manual are run with those of the stock tools that METASET_PKG=COMMAND is one of.
# make crash-walk: writers are killed at, or fail, each system call that changes something (minutes);
# as part of make system only at some of them.
# make rollouts: 50 builds in a row over a group of depots, under load (METASET_PKG=COMMAND: beside a stock
# client, too); make system has a few. make chaos: 10 minutes of that while parts of the group are
# killed, paused and cut off, by CHAOS_SEED for CHAOS_SECONDS; make system has a minute.
STARTING_SERVERS := apache-fcgid apache-cgi nginx-cgi
.PHONY: system cases apache $(STARTING_SERVERS) crash-walk rollouts chaos soak
CHAOS_SECONDS ?= 600
CHAOS_SEED ?=
PYTEST = METASET_BUILD=$(CURDIR)/build $(PYTHON3) -B -m pytest -q -p no:cacheprovider
# Most of them wait for something. Tests of one file need not run in one process.
PYTEST_WORKERS ?= 3
PYTEST_PARALLEL = $(PYTEST) -n $(PYTEST_WORKERS) --dist loadgroup
FAULTS := build/libfaults.so
$(FAULTS): $(wildcard tests/faults/*)
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) -std=c++20 -g -O2 $(WARNINGS) -fPIC -shared -o $@ $(filter %.cpp,$^) -ldl
# Writes the file with which an agent tells workers what to answer from.
GATE_TOOL := build/gate-tool
$(GATE_TOOL): tests/system/gate_tool.cpp $(LIBRARY)
	$(call say,LINK)$(CXX) $(ALL_CPPFLAGS) $(ALL_CXXFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
cases: all
	$(PYTEST) -n 2 tests/cases
# What of the system suite depends on the web server, once more with Apache: METASET_WEB=apache for any test.
APACHE_TESTS := client client_memory connections failures gate group_pages group_rollout large_catalog late_requests limits manifests \
  payloads past_views preview publish attacks reload serve_publish slow_clients start_stop tls web
apache: all $(FAULTS) $(GATE_TOOL)
	METASET_WEB=apache METASET_ROLLOUTS=2 $(PYTEST_PARALLEL) $(APACHE_TESTS:%=tests/system/test_%.py)
# And where the web server starts the programs, but for what metaset-apache(7) says that is not for: groups,
# many clients at once; nor are there workers that could be renewed or fail. (What slow clients find is the
# web server.)
STARTED_TESTS := $(filter-out connections failures gate group_% late_requests reload slow_clients,$(APACHE_TESTS))
$(STARTING_SERVERS): all $(FAULTS)
	METASET_WEB=$@ $(PYTEST) -n 2 --dist loadgroup $(STARTED_TESTS:%=tests/system/test_%.py)
# The minute of chaos is always the same one here: another seed may find another thing, by make chaos.
# No other test makes it wait, because a pause must end before the balancer loses its patience.
system: all $(FAULTS) $(GATE_TOOL)
	CHAOS_SEED=1 $(PYTEST) tests/system/test_chaos.py
	$(PYTEST_PARALLEL) tests/system --ignore tests/system/test_chaos.py
crash-walk: all $(FAULTS)
	METASET_CRASH_STRIDE=1 $(PYTEST) tests/system/test_crashes.py tests/system/test_disk_failures.py \
	  tests/system/test_repair_crashes.py tests/system/test_transfer_crashes.py
rollouts: all
	METASET_ROLLOUTS=50 $(PYTEST) -s tests/system/test_group_rollout.py
chaos: all
	CHAOS_SECONDS=$(CHAOS_SECONDS) CHAOS_SEED=$(CHAOS_SEED) $(PYTEST) -s tests/system/test_chaos.py
# Everything at once, for an hour; make system has 20 seconds of it.
SOAK_SECONDS ?= 3600
soak: all
	SOAK_SECONDS=$(SOAK_SECONDS) $(PYTEST) -s tests/system/test_soak.py
