# make run [PORT=10000]: a demonstration depot of this machine's own Debian packages, until Ctrl-C.
PORT ?= 10000
DEMO := build/demo

.PHONY: run demo
run: deps all
	@$(PYTHON3) -B tests/demo/run_demo.py build/metaset $(DEMO) $(PORT)
# Only the repository. To have it made anew: rm -rf build/demo
demo: all
	@$(PYTHON3) -B tests/demo/make_demo.py build/metaset $(DEMO)
