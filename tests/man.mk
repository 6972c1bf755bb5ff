# Manual pages and other documentation.
#   man-lint     mandoc finds nothing wrong with the pages
#   docs-check   pages, README and ARCHITECTURE agree with the programs and the source
.PHONY: man-lint docs-check
man-lint:
	@test -n '$(MAN_PAGES)' || { echo 'man-lint: there are no pages in man/'; exit 1; }
	$(MANDOC) -T lint -W warning $(MAN_PAGES)
docs-check: man-lint all
	$(PYTHON3) tests/docs.py $(BUILD)/metaset $(BUILD)/metaset-serve $(BUILD)/metaset-publish
