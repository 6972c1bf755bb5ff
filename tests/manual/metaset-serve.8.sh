make_releases /srv/metaset/nightly 7
serve_in_background metaset serve -d /srv/metaset/nightly -p 10000
echo 'server { listen 80; location / { proxy_pass http://127.0.0.1:10000; } }' \
  > /etc/nginx/conf.d/depot.conf
nginx -s reload
