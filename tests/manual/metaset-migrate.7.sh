# The stock repository; the stock depot, if there is one, behind nginx.
make_releases /srv/build 4
metaset export -d /srv/build 4 /srv/stock
make_package
if command -v pkg.depotd >/dev/null; then
  serve_in_background pkg.depotd -d /srv/stock -p 10000 --readonly --writable-root "$ROOT/var/depotd"
fi
cat > /etc/nginx/conf.d/depot.conf <<'END'
server { listen 80; location / { proxy_pass http://127.0.0.1:10000; } }
END
# Somebody published to the old depot before it became read-only.
last_publication() {
  make_releases /srv/build 5
  rm -r /srv/stock
  metaset export -d /srv/build 5 /srv/stock
}
