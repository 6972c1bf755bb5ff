# Functions for the commands of a manual page, which run in one shell (tests/system/manual_run.py).
# $ROOT is the directory of this run, $SOURCE that of the source.

# Runs a command as a page shows it.
step() {
  step=$1
  echo "$step" >"$OUT/last"
}

# A program that runs until it is stopped, in the background. One that has the place of an earlier one
# (the same program, the same port or socket) takes it over: the reader has pressed Ctrl-C.
serve_in_background() {
  key=$(echo "$*" | sed -n 's/^\([^ ]*\).* \(-p\|-s\|--member\) \([^ ]*\).*/\1 \3/p')
  stop_program "$key"
  log=$OUT/$step.serve
  : >"$log"
  "$@" >"$log" 2>"$log.err" &
  echo "$! $key" >>"$OUT/programs"
  until is_ready "$!" "$log" "$@"; do sleep 0.02; done
  cat "$log"
}
is_ready() {
  kill -0 "$1" 2>/dev/null || { cat "$2" "$2.err" >&2; exit 1; }
  case "$*" in
    *" metaset serve "*--publish-port*) grep -q publishing "$2" ;;
    *" metaset serve "*) grep -q serving "$2" ;;
    *" metaset agent "*) grep -q 'takes part' "$2" ;;
    *" etcd "*) curl -fs -o /dev/null "$(option --listen-client-urls "$@")/health" ;;
    *" pkg.depotd "*) curl -s -o /dev/null "http://127.0.0.1:$(option -p "$@")/versions/0/" ;;
    *) test -S "$(option -s "$@")" ;;
  esac
}
# The value of an option.
option() {
  wanted=$1
  shift
  while [ "$#" -gt 1 ]; do
    [ "$1" != "$wanted" ] || echo "$2"
    shift
  done
}
stop_program() {
  [ -f "$OUT/programs" ] || return 0
  while read -r pid known; do
    if [ "$known" = "$1" ] && kill "$pid" 2>/dev/null; then
      while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    fi
  done <"$OUT/programs"
}
stop_programs() {
  [ -f "$OUT/programs" ] && while read -r pid _; do kill "$pid" 2>/dev/null; done <"$OUT/programs"
  wait
}
trap stop_programs EXIT

# The system's nginx, as Debian configures it; it runs when a page begins.
system_nginx() { command nginx -p "$ROOT" -e "$ROOT/var/log/nginx/error.log" -c "$ROOT/etc/nginx/nginx.conf" "$@"; }
nginx() {
  case "$*" in
    "-s reload")
      old=$(pgrep -P "$(cat "$ROOT/run/nginx.pid")" | tr '\n' ' ')
      system_nginx -s reload
      # New processes have taken the places of all.
      for pid in $old; do while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done; done ;;
    *) system_nginx "$@" ;;
  esac
}
start_nginx() {
  user=; [ "$(id -u)" != 0 ] || user='user root;'
  cat >"$ROOT/etc/nginx/nginx.conf" <<END
$user
daemon off;
worker_processes 1;
pcre_jit on;
pid $ROOT/run/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path $ROOT/var/body; fastcgi_temp_path $ROOT/var/fastcgi;
  proxy_temp_path $ROOT/var/proxy; scgi_temp_path $ROOT/var/scgi; uwsgi_temp_path $ROOT/var/uwsgi;
  include conf.d/*.conf;
}
END
  mkdir -p "$ROOT/etc/nginx/conf.d"
  system_nginx 2>>"$OUT/nginx.err" &
  echo "$! nginx" >>"$OUT/programs"
  until [ -s "$ROOT/run/nginx.pid" ]; do kill -0 $! || exit 1; sleep 0.02; done
}

# What pages take for granted.

# A manifest and a file in the current directory, and below `proto`, as in metaset(1).
make_package() {
  mkdir -p proto/usr/bin usr/bin
  echo 'echo hello' | tee usr/bin/hello >proto/usr/bin/hello
  cat >hello.p5m <<'END'
set name=pkg.fmri value=tool/hello@1.0
set name=pkg.summary value="A greeting"
file NOHASH path=usr/bin/hello owner=root group=bin mode=0755
END
}
# make_releases REPOSITORY METASET: one version of tool/hello after the other, up to that metaset.
make_releases() {
  [ -d "$1" ] || metaset init -d "$1" example.com
  set -- "$(realpath "$1")" "$2"
  ( mkdir -p "$TMPDIR/package" && cd "$TMPDIR/package" && make_package
    last=$(metaset log -d "$1" -n 1 --json | sed -n 's/.*"number": *\([0-9]*\).*/\1/p' | head -n 1)
    for number in $(seq $((last + 1)) "$2"); do
      echo "echo hello $number" >proto/usr/bin/hello
      sed -i "s/hello@1.*/hello@1.$number/" hello.p5m
      metaset publish -s "$1" -d proto hello.p5m && metaset commit -d "$1" -m "release $number" || exit 1
    done )
}
# Configuration files, as somebody would edit them for this machine.
edit_configuration() {
  for file in "$@"; do
    grep -q "$ROOT" "$file" && continue  # it was edited already
    sed -i "s|listen 80;|listen 127.0.0.1:$PORT_80;|; s|/srv/|$ROOT/srv/|; s|/run/metaset|$ROOT/run/metaset|
    s,/var/\(log\|cache\)/,$ROOT/var/\1/," "$file"
  done
}
