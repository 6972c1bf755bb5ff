export METASET_ROOT=/srv/first
make_releases /srv/first 2
mkdir -p tank && cp -a /srv/first tank/depot
openssl genpkey -algorithm ed25519 -out release.key
openssl pkey -in release.key -pubout -out release.pub
tar -xzf "$SOURCE/tests/data/repo.tar.gz" && mv repo-utf8 /srv/stock
make_releases /srv/metaset/release 2
serve_in_background metaset serve -d /srv/metaset/release -p 10002 --metrics on
