#!/usr/bin/python3
"""Makes the demonstration repository: Debian packages of this machine as IPS packages.

    make_demo.py METASET DIRECTORY

METASET is the program; the repository is DIRECTORY/repository. One that is there already is kept.
Two metasets are committed: a release, and a second one with updated, renamed and obsolete packages.
"""
import os
import shutil
import subprocess
import sys
import time

import debian
import releases

BUDGET = 48_000_000  # bytes of content: enough to be real, and made within seconds


def say(text):
    print(text, flush=True)


def is_usable(metaset, repository):
    """Whether the repository is complete, and of the format that this build of metaset reads."""
    return os.path.isdir(repository) and subprocess.run(
        [metaset, 'log', '-d', repository], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False).returncode == 0


def run(*command):
    subprocess.run(command, check=True)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def write_manifests(directory, manifests):
    paths = []
    for name, text in sorted(manifests.items()):
        paths.append(os.path.join(directory, name.replace('/', '%2F') + '.p5m'))
        write(paths[-1], text)
    return paths


def write_notes(directory, paths):
    """The new files of the second release: the only ones that no Debian package has."""
    for path in paths:
        write(os.path.join(directory, path),
              'This file is new in the second release of the demonstration.\n')


def publish(metaset, repository, manifests, *directories):
    """All packages with one process; shows how far it is."""
    command = [metaset, 'publish', '-s', repository, *manifests]
    for directory in directories:
        command += ['-d', directory]
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for count, line in enumerate(process.stdout, 1):
            show_progress(count, len(manifests), line)
    if process.returncode != 0 or count != len(manifests):
        raise subprocess.CalledProcessError(process.returncode, command[:2])


def show_progress(count, total, line):
    name = line.split('@')[0].split('/', 3)[-1]
    if sys.stdout.isatty():
        end = '\n' if count == total else ''
        print('\r\033[K  published %d of %d: %s' % (count, total, name), end=end, flush=True)
    elif count == total or count % 20 == 0:
        say('  published %d of %d' % (count, total))


def make(metaset, directory, repository):
    packages = debian.choose(BUDGET)
    say('making the demonstration from %d Debian packages (%d MB of files) ...'
        % (len(packages), sum(package.size for package in packages.values()) // 1_000_000))
    entries = releases.make_entries(packages)
    run(metaset, 'init', '-d', repository, releases.PUBLISHER)

    first = write_manifests(os.path.join(directory, 'manifests/1'), releases.first_release(entries))
    publish(metaset, repository, first, '/')
    run(metaset, 'commit', '-d', repository, '-m', 'first release')

    changed, notes, message = releases.second_release(entries)
    second = write_manifests(os.path.join(directory, 'manifests/2'), changed)
    write_notes(os.path.join(directory, 'notes'), notes)
    publish(metaset, repository, second, os.path.join(directory, 'notes'), '/')
    run(metaset, 'commit', '-d', repository, '-m', 'second release: ' + message)


def main(metaset, directory):
    repository = os.path.join(directory, 'repository')
    if is_usable(metaset, repository):
        say('using the demonstration of an earlier run: ' + repository)
        return
    began = time.monotonic()
    # Under another name until it is complete: an interrupted run leaves nothing that counts.
    unfinished = os.path.join(directory, 'unfinished')
    for leftover in (repository, unfinished, os.path.join(directory, 'manifests')):
        shutil.rmtree(leftover, ignore_errors=True)
    os.makedirs(directory, exist_ok=True)
    make(metaset, directory, unfinished)
    os.rename(unfinished, repository)
    say('made %s in %.1f s' % (repository, time.monotonic() - began))


def explain(error):
    if isinstance(error, subprocess.CalledProcessError):
        return '%s failed with status %d' % (' '.join(error.cmd[:2]), error.returncode)
    return ('cannot find %s: the demonstration needs a Debian system and a built metaset (make)'
            % error.filename)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2])
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        sys.exit('make_demo: %s' % explain(error))
