# Metaset. Two commands matter: `make run` (a demonstration depot) and `make check` (every test).
# configure finds the compiler and the libraries and writes config.mk; this file does the rest.
#   make [SANITIZE=address|thread]   build the programs
#   make deps run check unit cases system fuzz bench lint format install uninstall clean distclean
#   make check-packaging             build and try the Debian package
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# What people type on a fresh machine; what these do is in tests/*.mk, included below.
.PHONY: run check bench deps
run:
check:
bench:
deps:

# ---- configuration ---------------------------------------------------------------------------
# The goals that people use on a fresh machine install what is missing before anything is looked for.
FRESH_GOALS := $(filter run check bench,$(MAKECMDGOALS))
NO_CONFIG_GOALS := deps clean distclean print-deps
ifneq ($(filter-out $(NO_CONFIG_GOALS),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

configure: configure.ac $(if $(FRESH_GOALS),| deps)
	autoconf
config.mk: configure config.mk.in config.h.in
	./configure --quiet $(if $(PREFIX_GIVEN),--prefix=$(PREFIX_GIVEN))
config.h: config.mk ;

PREFIX ?= /usr/local
DESTDIR ?=
SANITIZE ?=
BUILD := build/opt
OPTIMISE := -O2
UNITY_FLAGS := -Wno-subobject-linkage
# With clang, which is quicker at it than gcc, and not optimised, which costs a third of what -O1
# does: what is built runs for less time than that takes. The fuzz targets link that for address.
# (Null pointers end a program anyway; to look for them takes a third of the compiler's time.)
ifneq ($(SANITIZE),)
CXX := $(CLANGXX)
UNITY_FLAGS :=
endif
SANITIZE_LEVEL := -O0
ifeq ($(SANITIZE),address)
BUILD := build/asan
OPTIMISE := $(SANITIZE_LEVEL) -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link \
  -fno-sanitize-recover=undefined -fno-sanitize=null -fsanitize-ignorelist=tests/ubsan.ignore
else ifeq ($(SANITIZE),thread)
BUILD := build/tsan
OPTIMISE := $(SANITIZE_LEVEL) -fno-omit-frame-pointer -fsanitize=thread
else ifneq ($(SANITIZE),)
$(error SANITIZE is address or thread, not $(SANITIZE))
endif

# With UNITY=1 every module is compiled as one file, which costs a third: for builds from nothing.
UNITY ?= $(if $(SANITIZE)$(FRESH_GOALS),1)
DEBUG := $(if $(SANITIZE),-g1,-g)
# What clang calls a conversion is more than what gcc does.
WARNINGS := -Wall -Wextra -Wconversion -Wshadow $(if $(SANITIZE),-Wno-sign-conversion) \
  $(if $(WERROR),-Werror)
GENERATED := $(BUILD)/generated
ALL_CPPFLAGS = -Iinclude -Isrc -I. -I$(GENERATED) $(CPPFLAGS)
ALL_CXXFLAGS = -std=c++20 $(DEBUG) $(OPTIMISE) $(WARNINGS) $(CXXFLAGS)
# What clang builds is linked by lld, if it is there: that takes a quarter of the time.
LLD := $(if $(wildcard $(dir $(realpath $(CLANGXX)))ld.lld /usr/bin/ld.lld),-fuse-ld=lld)
ALL_LDFLAGS = $(filter -fsanitize%,$(OPTIMISE)) $(if $(SANITIZE),$(LLD)) $(LDFLAGS)

# ---- sources ---------------------------------------------------------------------------------
# src/app/NAME_main.cpp is the main function of program NAME; the rest of src/app is shared by them;
# everything else is the library.
LIB_SOURCES := $(filter-out src/app/%,$(wildcard src/*/*.cpp src/*/*/*.cpp))
MAIN_SOURCES := $(wildcard src/app/*_main.cpp)
APP_SOURCES := $(filter-out %_main.cpp,$(wildcard src/app/*.cpp))
PROGRAM_NAMES := $(subst _,-,$(patsubst src/app/%_main.cpp,%,$(MAIN_SOURCES)))
TEST_MODULES := $(sort $(patsubst tests/%/,%,$(dir $(wildcard tests/*/*_test.cpp))))
TEST_SOURCES := $(wildcard tests/*/*_test.cpp) $(wildcard tests/support/*.cpp)
FUZZ_NAMES := $(patsubst tests/fuzz/%_fuzz.cpp,%,$(wildcard tests/fuzz/*_fuzz.cpp))

object = $(patsubst %.cpp,$(BUILD)/%.o,$(1))
test_sources = $(sort $(wildcard tests/$(1)/*_test.cpp tests/support/*.cpp))
ifneq ($(UNITY),)
LIB_OBJECTS := $(patsubst %/,$(BUILD)/unity/%.o,$(sort $(dir $(LIB_SOURCES))))
APP_OBJECTS := $(BUILD)/unity/src/app.o
test_objects = $(BUILD)/unity/tests/$(1).o
else
LIB_OBJECTS := $(call object,$(LIB_SOURCES))
APP_OBJECTS := $(call object,$(APP_SOURCES))
test_objects = $(call object,$(call test_sources,$(1)))
endif
LIBRARY := $(BUILD)/libmetaset.a
APP_LIBRARY := $(BUILD)/libapp.a
PROGRAMS := $(addprefix $(BUILD)/,$(PROGRAM_NAMES))
UNIT_TESTS := $(addsuffix _test,$(addprefix $(BUILD)/tests/,$(TEST_MODULES)))
LINKS := $(if $(SANITIZE),,$(addprefix build/,$(PROGRAM_NAMES)))

# One short line for each step; make V=1 shows the commands.
say = $(if $(V),,@echo '  $(1)' $(patsubst $(BUILD)/%,%,$@);)

.PHONY: all tests
all: $(PROGRAMS) $(LINKS)
tests: $(UNIT_TESTS)

$(BUILD)/%.o: %.cpp | config.h
	@mkdir -p $(@D)
	$(call say,CXX)$(CXX) $(ALL_CPPFLAGS) $(ALL_CXXFLAGS) -MMD -MP -c -o $@ $<
# The templates of the web pages as a C++ table of names and texts.
WEB_TEMPLATES := $(sort $(wildcard src/web/templates/*))
TEMPLATE_TABLE := $(GENERATED)/web_templates.inc
$(TEMPLATE_TABLE): $(WEB_TEMPLATES) Makefile
	@mkdir -p $(@D)
	$(call say,EMBED)for f in $(WEB_TEMPLATES); do \
	  printf '{"%s", R"template(' "$${f##*/}" && cat "$$f" && printf ')template"},\n' || exit 1; done >$@
$(BUILD)/src/web/built_in.o $(BUILD)/unity/src/web.o: $(TEMPLATE_TABLE)
$(LIBRARY): $(LIB_OBJECTS)
	@rm -f $@
	$(call say,AR)ar rcs $@ $^
$(APP_LIBRARY): $(APP_OBJECTS)
	@rm -f $@
	$(call say,AR)ar rcs $@ $^
define program_rule
$(BUILD)/$(1): $(BUILD)/src/app/$(subst -,_,$(1))_main.o $(APP_LIBRARY) $(LIBRARY)
	$$(call say,LINK)$$(CXX) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS)
build/$(1): $(BUILD)/$(1)
	@ln -sf opt/$(1) $$@
endef
$(foreach p,$(PROGRAM_NAMES),$(eval $(call program_rule,$(p))))

define unit_rule
$(BUILD)/tests/$(1)_test: $(call test_objects,$(1)) $(if $(filter app,$(1)),$(APP_LIBRARY)) $(LIBRARY)
	@mkdir -p $$(@D)
	$$(call say,LINK)$$(CXX) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS) -lrapidcheck -lboost_unit_test_framework
endef
$(foreach m,$(TEST_MODULES),$(eval $(call unit_rule,$(m))))
$(BUILD)/tests/%.o $(BUILD)/unity/tests/%.o: ALL_CPPFLAGS += -DBOOST_TEST_DYN_LINK -DMETASET_TEST_DATA='"$(CURDIR)/tests/data"'

# A file that includes those of one module, main_test.cpp first. Written anew only if one of them
# came or went; names in anonymous namespaces must differ within a module.
define unity_rule
$(BUILD)/unity/$(1).cpp: FORCE
	@mkdir -p $$(@D)
	@set -- $(filter %/main_test.cpp,$(2)) $(filter-out %/main_test.cpp,$(2)); \
	  printf '#include "%s"\n' "$$$$@" | cmp -s - $$@ || printf '#include "%s"\n' "$$$$@" >$$@
endef
$(foreach d,$(sort $(dir $(LIB_SOURCES))),$(eval $(call unity_rule,$(d:/=),$(filter $(d)%,$(LIB_SOURCES)))))
$(eval $(call unity_rule,src/app,$(APP_SOURCES)))
$(foreach m,$(TEST_MODULES),$(eval $(call unity_rule,tests/$(m),$(call test_sources,$(m)))))
# Boost.Test's expressions are slow to compile; what is tested is in the library. So is what is fuzzed.
NOT_FUZZED := $(if $(filter address,$(SANITIZE)),-fno-sanitize=fuzzer-no-link)
$(BUILD)/unity/tests/%.o: ALL_CXXFLAGS += -O0 $(NOT_FUZZED) $(NOT_FUZZED:%=-fno-sanitize=undefined)
$(BUILD)/unity/src/app.o $(BUILD)/src/app/%.o: ALL_CXXFLAGS += $(NOT_FUZZED)
$(BUILD)/unity/%.o: $(BUILD)/unity/%.cpp | config.h
	$(call say,CXX)$(CXX) $(ALL_CPPFLAGS) $(ALL_CXXFLAGS) $(UNITY_FLAGS) -MMD -MP -c -o $@ $<
.PHONY: FORCE
FORCE:

-include $(patsubst %.o,%.d,$(call object,$(LIB_SOURCES) $(APP_SOURCES) $(MAIN_SOURCES) $(TEST_SOURCES)))
-include $(wildcard $(BUILD)/unity/*/*.d)

# ---- tests, benchmarks, demonstration: one file each --------------------------------------------
include tests/deps.mk
include tests/check.mk tests/packaging.mk
include tests/run.mk
-include tests/man.mk tests/system.mk tests/model.mk tests/fuzz.mk tests/lint.mk tests/bench.mk

# ---- installation: make install DESTDIR=... PREFIX=... -------------------------------------------
BINDIR := $(DESTDIR)$(PREFIX)/bin
SHAREDIR := $(DESTDIR)$(PREFIX)/share/metaset
MANDIR := $(DESTDIR)$(PREFIX)/share/man
WEB_FILES := $(wildcard nginx/*.conf apache/*.conf)
GRAFANA_FILES := $(wildcard grafana/*.json)
MAN_PAGES := $(wildcard man/*.[1-9])
UNITS := $(wildcard systemd/*.service systemd/*.socket systemd/*.timer)
SYSTEMDDIR ?= $(PREFIX)/lib/systemd
UNITDIR := $(DESTDIR)$(SYSTEMDDIR)/system
SYSUSERS := $(DESTDIR)$(PREFIX)/lib/sysusers.d/metaset.conf
TMPFILES := $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/metaset.conf
SYSTEMD_SAMPLES := systemd/agent.conf systemd/maintenance.conf
SMF_FILES := smf/metaset.xml
# Where each shell looks for the completions of a program by its name; zsh reads the names in the file.
SHELL_DIRS := $(DESTDIR)$(PREFIX)/share
COMPLETIONS := $(SHELL_DIRS)/bash-completion/completions/metaset \
  $(SHELL_DIRS)/zsh/site-functions/_metaset $(SHELL_DIRS)/fish/vendor_completions.d/metaset.fish
WORKER_NAMES := $(filter-out metaset,$(PROGRAM_NAMES))
COMPLETION_LINKS := $(addprefix $(dir $(word 1,$(COMPLETIONS))),$(WORKER_NAMES)) \
  $(WORKER_NAMES:%=$(dir $(word 3,$(COMPLETIONS)))%.fish)
man_section = $(subst .,,$(suffix $(1)))

.PHONY: install uninstall
install: all
	install -d $(BINDIR) $(SHAREDIR)/nginx $(SHAREDIR)/apache $(SHAREDIR)/grafana
	install $(PROGRAMS) $(BINDIR)
	install -m 644 $(filter nginx/%,$(WEB_FILES)) $(SHAREDIR)/nginx
	install -m 644 $(filter apache/%,$(WEB_FILES)) $(SHAREDIR)/apache
	install -m 644 $(GRAFANA_FILES) $(SHAREDIR)/grafana
	$(foreach p,$(MAN_PAGES),install -D -m 644 $(p) $(MANDIR)/man$(call man_section,$(p))/$(notdir $(p));)
	$(foreach u,$(UNITS),install -D -m 644 $(u) $(UNITDIR)/$(notdir $(u));)
	sed -i 's|@BINDIR@|$(PREFIX)/bin|' $(addprefix $(UNITDIR)/,$(notdir $(UNITS)))
	install -D -m 644 systemd/sysusers.conf $(SYSUSERS)
	install -D -m 644 systemd/tmpfiles.conf $(TMPFILES)
	$(foreach f,$(SYSTEMD_SAMPLES) $(SMF_FILES),install -D -m 644 $(f) $(SHAREDIR)/$(f);)
	sed -i 's|@BINDIR@|$(PREFIX)/bin|' $(addprefix $(SHAREDIR)/,$(SMF_FILES))
	install -D -m 644 completions/metaset.bash $(word 1,$(COMPLETIONS))
	install -D -m 644 completions/_metaset $(word 2,$(COMPLETIONS))
	install -D -m 644 completions/metaset.fish $(word 3,$(COMPLETIONS))
	$(foreach l,$(COMPLETION_LINKS),ln -sf metaset$(suffix $(l)) $(l);)
# Removes what install made, and nothing that somebody put beside it.
uninstall:
	rm -f $(addprefix $(BINDIR)/,$(PROGRAM_NAMES)) $(addprefix $(SHAREDIR)/,$(WEB_FILES) $(GRAFANA_FILES))
	rm -f $(foreach p,$(MAN_PAGES),$(MANDIR)/man$(call man_section,$(p))/$(notdir $(p)))
	rm -f $(addprefix $(UNITDIR)/,$(notdir $(UNITS))) $(SYSUSERS) $(TMPFILES)
	rm -f $(addprefix $(SHAREDIR)/,$(SYSTEMD_SAMPLES) $(SMF_FILES))
	rm -f $(COMPLETIONS) $(COMPLETION_LINKS)
	-rmdir --ignore-fail-on-non-empty $(addprefix $(SHAREDIR)/,nginx apache grafana systemd smf) $(SHAREDIR)

.PHONY: clean distclean
clean:
	rm -rf build
distclean: clean
	rm -rf config.mk config.h config.log config.status configure autom4te.cache
