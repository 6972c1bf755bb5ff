# make install DESTDIR=... PREFIX=...
.PHONY: install uninstall format lint
install: all
	@echo to be written
format:
	$(CLANG_FORMAT) -i $$(git ls-files -co --exclude-standard '*.cpp' '*.h')
