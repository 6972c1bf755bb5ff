# Formatting and static analysis with the clang tools.
#   make format          rewrites what deviates from .clang-format
#   make format-check    shows the difference and fails if there is one
#   make lint [LINT_FILES="src/base/file.cpp"]   clang-tidy; default: what differs from LINT_BASE
#   make lint LINT_BASE=                         clang-tidy on everything (minutes)
LINT_BASE ?= HEAD
LISTED_CPP = $(shell git ls-files -co --exclude-standard 'src/*.cpp' 'tests/*.cpp')
LISTED_H = $(shell git ls-files -co --exclude-standard 'src/*.h' 'include/*.h' 'tests/*.h')
CHANGED_CPP = $(shell git diff --name-only --diff-filter=d $(LINT_BASE) -- 'src/*.cpp' 'tests/*.cpp'; \
  git ls-files -o --exclude-standard 'src/*.cpp' 'tests/*.cpp')
LINT_FILES ?= $(if $(LINT_BASE),$(CHANGED_CPP),$(LISTED_CPP))
LINT_FLAGS = -std=c++20 $(ALL_CPPFLAGS) -Itests -DBOOST_TEST_DYN_LINK -DMETASET_TEST_DATA='""'

.PHONY: format format-check lint
format:
	$(CLANG_FORMAT) -i $(LISTED_CPP) $(LISTED_H)
format-check:
	@bad=0; for f in $(LISTED_CPP) $(LISTED_H); do \
	  $(CLANG_FORMAT) "$$f" | diff -u --label "$$f" --label "$$f, formatted" "$$f" - || bad=1; \
	done; exit $$bad
lint: | config.h
	$(if $(LINT_FILES),$(CLANG_TIDY) --quiet $(LINT_FILES) -- $(LINT_FLAGS),@echo lint: nothing changed)
