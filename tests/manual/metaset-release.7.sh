make_package
metaset init -d /srv/metaset/release example.com
metaset publish -s /srv/metaset/release -d proto hello.p5m
openssl genpkey -algorithm ed25519 -out release.key
openssl pkey -in release.key -pubout -out release.pub
metaset commit -d /srv/metaset/release -m 'release 1' --sign release.key
metaset bundle -d /srv/metaset/release --full 2 first.bundle
metaset unbundle -d /srv/offline first.bundle
