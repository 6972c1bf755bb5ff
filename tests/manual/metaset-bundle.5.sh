make_releases /srv/build 7
metaset bundle -d /srv/build --full 7 first.bundle
metaset unbundle -d /srv/depot first.bundle
make_releases /srv/build 12
metaset bundle -d /srv/build --no-payloads 7 12 12.bundle
