#!/usr/bin/python3
"""Makes the demonstration repository if there is none, and serves it until Ctrl-C.

    run_demo.py METASET DIRECTORY PORT

A second port, PORT + 1 or one after it, can be published to from this machine.
"""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

import make_demo
import releases

PATIENCE = 15  # seconds that the server has to stop by itself


def free_port(first, option):
    """The first port from `first` on that nobody uses; 0 (any) if a hundred are taken. `option`
    is how to choose another one; None if that cannot be said."""
    for port in range(first, min(first + 100, 65536)):
        with socket.socket() as probe:
            # As servers do: connections that a server of a moment ago left behind are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
        if port != first and option:
            make_demo.say('port %d is taken; using %d (%s)' % (first, port, option))
        return port
    return 0


class Terminal:
    """Keeps Ctrl-C away from make, which would call a server stopped that way a failure."""

    def __init__(self):
        self.file = None
        try:
            file = os.open('/dev/tty', os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return  # no terminal: nobody will press keys
        self.group = os.getpgrp()
        if os.getpid() == self.group or os.tcgetpgrp(file) != self.group:
            os.close(file)  # started by a shell itself, or in the background
            return
        self.file = file
        # make does not know how to wait for a stopped group: no Ctrl-Z.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(file, os.getpgrp())

    def give_back(self):
        if self.file is not None:
            try:
                os.tcsetpgrp(self.file, self.group)
            except OSError:
                pass  # the terminal is gone


class Server:
    """`metaset serve` in a session of its own, so that all it starts can be ended together."""

    def __init__(self, command):
        self.child, self.stopping = None, False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGALRM, self.kill)
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      text=True, start_new_session=True)
        if self.stopping:
            self.child.terminate()

    def stop(self, *_):
        first, self.stopping = not self.stopping, True
        if self.child is not None and first:
            self.child.terminate()
            signal.alarm(PATIENCE)

    def kill(self, *_):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def lines(self):
        yield from self.child.stdout

    def wait(self):
        """The status to exit with; nothing of the server is left when this returns."""
        status = self.child.wait()
        signal.alarm(0)
        self.kill()
        return 0 if self.stopping else status or 1


def bash_manifest(url):
    """The path of a manifest, from the catalog that is being served."""
    # Directly: a proxy of the environment does not know this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url + releases.PUBLISHER + '/catalog/1/catalog.base.C', timeout=10) as answer:
        packages = json.load(answer)[releases.PUBLISHER]
    name = 'shell/bash' if 'shell/bash' in packages else sorted(packages)[0]
    version = packages[name][-1]['version']
    quote = urllib.parse.quote
    return 'manifest/0/%s@%s' % (quote(name, safe=''), quote(version, safe=''))


def publish_command(url):
    """Publishes a package without content: the close of a transaction that was just opened."""
    opened = ("curl -so /dev/null -w '%%header{transaction-id}' -H Client-Release:5.11 "
              '%sopen/0/hello@1.0' % url)
    return 'curl -i %sclose/0/$(%s)' % (url, opened)


def tell(url, publish_url, metaset, repository):
    """The addresses and six things to try."""
    commands = ('curl %sversions/0/' % url,
                'curl %s%s/catalog/1/catalog.attrs' % (url, releases.PUBLISHER),
                'curl %s%s' % (url, bash_manifest(url)),
                publish_command(publish_url),
                '%s log -d %s' % (metaset, repository),
                '%s list -d %s' % (metaset, repository))
    make_demo.say('\nThe demonstration depot is ready: %s\nPackages can be published to: %s\n'
                  '\nTry, in another terminal:' % (url, publish_url))
    for command in commands:
        make_demo.say('  ' + command)
    make_demo.say('\nOn a machine with pkg(5), for example OmniOS or OpenIndiana:\n'
                  '  pkg image-create -F -p %s /tmp/img\n'
                  '  pkg -R /tmp/img install shell/bash\n'
                  '  echo set name=pkg.fmri value=hello@1.1 | pkgsend -s %s publish\n\n'
                  'Ctrl-C ends it.' % (url, publish_url))


def allow_publishing(metaset, repository):
    """Everybody on this machine may publish to the demonstration."""
    grants = subprocess.run([metaset, 'grant', 'list', '-d', repository, '--json'], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    if not any(grant['identity'] == 'anonymous' for grant in json.loads(grants)):
        make_demo.run(metaset, 'grant', 'add', '-d', repository, 'anonymous',
                      'publish,commit,activate')


def serve(metaset, repository, port):
    publish_port = free_port(port + 1, None) if port else 0
    server = Server([metaset, 'serve', '-d', repository, '-p', str(port), '--publish-port',
                     str(publish_port), '--publish-anonymous'])
    url = None
    for line in server.lines():
        ready = re.search(r'(serving|publishing to) .* on (http://\S+)', line)
        if not ready:
            sys.stdout.write(line)
            sys.stdout.flush()
        elif ready[1] == 'serving':
            url = ready[2]
        elif not server.stopping:
            tell(url, ready[2], metaset, repository)
    status = server.wait()
    make_demo.say('\nstopped' if server.stopping else 'run_demo: the server ended by itself')
    return status


def main(metaset, directory, port):
    make_demo.main(metaset, directory)
    repository = os.path.join(directory, 'repository')
    allow_publishing(metaset, repository)
    terminal = Terminal()
    try:
        return serve(metaset, repository, free_port(port, 'make run PORT=...'))
    finally:
        terminal.give_back()


if __name__ == '__main__':
    if len(sys.argv) != 4 or not sys.argv[3].isdigit():
        sys.exit(__doc__)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    except KeyboardInterrupt:
        sys.exit(130)  # while the repository was being made; serving ends with 0
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit('run_demo: %s' % make_demo.explain(error))
