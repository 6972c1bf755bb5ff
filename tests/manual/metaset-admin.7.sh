# A depot behind nginx, and one that follows. It will have what was released after the backup.
make_releases /srv/build 4
metaset replicate --from /srv/build --activate -d /srv/metaset/release
make_releases /srv/build 5
metaset replicate --from /srv/build --activate -d /srv/metaset/follower
metaset token create build1 -d /srv/metaset/release
metaset grant add token:build1 publish -d /srv/metaset/release
ln -s /usr/local/share/metaset/nginx /etc/nginx/metaset
cp /etc/nginx/metaset/paths.conf /etc/nginx/metaset/example.conf /etc/nginx/conf.d
edit_configuration /etc/nginx/conf.d/*.conf
serve_in_background metaset-serve -s /run/metaset/serve.sock
nginx -s reload
serve_in_background metaset serve -p 10001 -d /srv/metaset/follower
