tar -xzf "$SOURCE/tests/data/repo-steps.tar.gz" && mv step2 /srv/stock
