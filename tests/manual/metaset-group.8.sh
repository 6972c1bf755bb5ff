make_releases /srv/build 4
make_package
metaset publish -s /srv/build -d proto hello.p5m
rmdir /srv/depot || true
echo "mst_0000000000000000_$(printf %064d 0)" > /etc/metaset/token
serve_in_background etcd --data-dir "$ROOT/var/etcd" --log-level error \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:10004 --initial-advertise-peer-urls http://127.0.0.1:10004 \
  --initial-cluster default=http://127.0.0.1:10004
serve_in_background metaset serve -d /srv/build -p 10003 --transfer all
