"""Manifests of IPS packages, made from what Debian packages have on disk."""
import os
import platform
import posixpath
import re
import stat

import naming


def quoted(value):
    """A value as the manifest grammar wants it.

    >>> print(quoted('plain'), quoted('two words'), quoted('say "hi"'), quoted(''))
    plain "two words" 'say "hi"' ""
    """
    if value and not re.search(r'''[\s'"]''', value):
        return value
    mark = "'" if '"' in value and "'" not in value else '"'
    return mark + value.replace('\\', '\\\\').replace(mark, '\\' + mark) + mark


def action(kind, *payload, **attributes):
    """One line of a manifest; attributes without value are left out."""
    words = [kind, *payload]
    words += ['%s=%s' % (key, quoted(str(value))) for key, value in attributes.items() if value]
    return ' '.join(words)


def setting(name, value):
    return action('set', name=name, value=value) if value else None


def identity(fmri, summary, human_version):
    return [setting('pkg.fmri', fmri), setting('pkg.summary', summary),
            setting('pkg.human-version', human_version)]


def canonical(path):
    """The path without the symbolic links above it: /bin/sh is usr/bin/sh on a merged system."""
    directory, name = posixpath.split(path)
    return posixpath.join(os.path.realpath(directory), name).lstrip('/')


def is_text(path):
    return path.isprintable()  # false for bytes that are no UTF-8 and for line ends


def is_root(info):
    return info.st_uid == 0 and info.st_gid == 0


def mode(info):
    # Everything is delivered as root:root, the only account that each image has. What belonged to
    # somebody else must not become set-user-ID or set-group-ID root by that.
    bits = stat.S_IMODE(info.st_mode)
    return '%04o' % (bits if is_root(info) else bits & 0o1777)


def facet(path):
    """The facet by which an administrator may leave a file out.

    >>> facet('usr/share/man/de/man1/ls.1.gz'), facet('usr/bin/ls')
    ({'facet.doc.man': 'true', 'facet.locale.de': 'true'}, {})
    """
    facets = {}
    parts = path.split('/')
    if parts[:2] == ['usr', 'share'] and len(parts) > 3:
        tree, below = parts[2:4]
        if tree in ('man', 'doc', 'info'):
            facets['facet.doc' if tree == 'doc' else 'facet.doc.' + tree] = 'true'
        if tree == 'locale' or (tree == 'man' and not re.match(r'man\d', below)):
            facets['facet.locale.' + below] = 'true'
    return facets


class Contents:
    """What a package has below /, as actions. `taken` are the paths of all packages before it."""

    def __init__(self, package, taken):
        self.actions, self.directories, self.inodes = [], set(), {}
        self.editable = {canonical(path) for path in package.conffiles}
        paths = {canonical(path) for path in package.paths}
        # Debian lists /bin as a directory of many packages; where it is a link, the first has it.
        for path in sorted(filter(is_text, paths - taken)):
            self.add(path, taken)
        self.actions = [self.directory(path) for path in sorted(self.directories)] + self.actions

    def add(self, path, taken):
        try:
            info = os.lstat('/' + path)
        except OSError:
            return  # left out at installation, or removed by the administrator
        if stat.S_ISDIR(info.st_mode):
            self.add_directories(path)
            return
        if stat.S_ISLNK(info.st_mode):
            made = action('link', path=path, target=os.readlink('/' + path), **facet(path))
        elif stat.S_ISREG(info.st_mode) and info.st_mode & stat.S_IROTH:
            made = self.file(path, info)
        else:
            return  # a device, or a file that is not meant for everybody
        taken.add(path)
        self.add_directories(posixpath.dirname(path))
        self.actions.append(made)

    def add_directories(self, path):
        while path:
            self.directories.add(path)
            path = posixpath.dirname(path)

    def directory(self, path):
        return action('dir', path=path, owner='root', group='root', mode=mode(os.lstat('/' + path)))

    def file(self, path, info):
        first = self.inodes.setdefault((info.st_dev, info.st_ino), path)
        if first != path:
            target = posixpath.relpath(first, posixpath.dirname(path))
            return action('hardlink', path=path, target=target, **facet(path))
        preserve = 'true' if path in self.editable else ''
        return action('file', 'NOHASH', path=path, owner='root', group='root', mode=mode(info),
                      preserve=preserve, **facet(path))


def license_of(package):
    """The copyright file as a licence, named as its machine-readable form names it."""
    path = os.path.realpath('/usr/share/doc/%s/copyright' % package.name)
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            text = file.read()
    except OSError:
        return None
    named = re.search(r'^License: *(\S+(?: (?:or|and) \S+)*) *$', text, re.MULTILINE)
    return action('license', path.lstrip('/'), license=named[1] if named else package.name)


def describe(package):
    """What the set and license actions tell about a Debian package, except its name."""
    description = package.description if package.description != package.summary else ''
    lines = [setting('pkg.description', description),
             setting('info.classification', naming.classification(package.section)),
             setting('info.upstream-url', package.homepage)]
    if platform.machine() in ('x86_64', 'i686'):
        lines.append(setting('variant.arch', 'i386'))  # as IPS calls both
    return lines + [license_of(package)]


def text(lines):
    return ''.join(line + '\n' for line in lines if line)
