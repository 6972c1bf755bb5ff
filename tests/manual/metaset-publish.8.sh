make_package
make_releases /srv/depot 2
export METASET_ROOT=/srv/depot
metaset init -d /srv/metaset/release example.com
metaset token create jane >token
export TOKEN=$(cat token)
metaset grant add token:jane publish,commit,activate
metaset publish -a nightly -d proto hello.p5m
sed s/hello@/other@/ hello.p5m >other.p5m
metaset publish -a weekly -d proto other.p5m
ln -s /usr/local/share/metaset/nginx /etc/nginx/metaset
cp /etc/nginx/metaset/paths.conf /etc/nginx/conf.d/metaset-paths.conf
edit_configuration /etc/nginx/conf.d/metaset-paths.conf
cat > /etc/nginx/conf.d/depot.conf <<'END'
include metaset/http.conf;
server {
    listen 80;
    location ^~ /publish/ {
        location ~ "^(?<metaset_base>/publish(?:/(?<metaset_token>mst_[0-9a-f_]+))?)/" {
            set $metaset_root /srv/depot;
            set $metaset_auth token;
            include metaset/publish.conf;
        }
    }
    location ^~ /staging/ {
        set $metaset_root /srv/depot;
        set $metaset_preview open;
        include metaset/preview.conf;
    }
    include metaset/internal.conf;
    large_client_header_buffers 1 48k;
}
END
nginx -s reload
serve_in_background metaset-publish -s /run/metaset/publish.sock
