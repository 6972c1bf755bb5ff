"""Two releases of a small distribution: which packages each has, as manifests by package name."""
import re
from dataclasses import dataclass

import manifest
import naming
import versions

PUBLISHER = 'debian.example'
# What happens in the second release, to the first of each line that suits.
UPDATED = ('bash', 'zlib1g', 'ca-certificates', 'tzdata', 'sed')
RENAMED = ('grep', 'findutils', 'diffutils', 'sed')
OBSOLETE = ('net-tools', 'time', 'bc', 'hostname', 'sensible-utils')
NOTE = 'usr/share/doc/%s/README.demonstration'


@dataclass
class Entry:
    """A package of the distribution. `lines` is its manifest without name and dependencies."""
    debian: object
    name: str
    version: str
    lines: list
    state: str = 'present'  # or renamed, obsolete

    def fmri(self):
        return 'pkg://%s/%s@%s' % (PUBLISHER, self.name, self.version)


def make_entry(package, taken):
    release, branch = versions.release_and_branch(package.version)
    name = naming.package_name(package.name, package.section)
    lines = manifest.describe(package) + manifest.Contents(package, taken).actions
    return Entry(package, name, release + '-' + branch, lines)


def make_entries(packages):
    """By Debian name. A path that two packages have stays with the first one."""
    taken = set()
    return {name: make_entry(package, taken) for name, package in packages.items()}


def find(name, entries):
    """The entry that satisfies a dependency of Debian: by name, else as what it provides."""
    return entries.get(name) or next(
        (entry for entry in entries.values() if name in entry.debian.provides), None)


def lowest(entry, relation, debian_version):
    """The version to require: what Debian asks for, but never more than there is."""
    release, branch = entry.version.split('-')
    if relation not in ('>=', '>>', '='):
        return release
    wanted = versions.release_and_branch(debian_version)
    wanted = '-'.join(wanted) if relation == '=' else wanted[0]
    return min(wanted, release, key=versions.sort_key) if relation != '=' else wanted


def dependencies(entry, entries):
    """Require actions for what is in the distribution; what is outside is left out."""
    required = {}
    for alternatives in entry.debian.depends:
        for name, relation, version in alternatives:
            other = find(name, entries)
            if other is not None and other is not entry:
                required.setdefault(other.name, lowest(other, relation, version))
                break
    return [manifest.action('depend', type='require', fmri='pkg:/%s@%s' % item)
            for item in sorted(required.items())]


def whole(entry, entries):
    lines = manifest.identity(entry.fmri(), entry.debian.summary, entry.debian.version)
    return manifest.text(lines + entry.lines + dependencies(entry, entries))


def entire(number, entries):
    """The incorporation that keeps an image at one release; installing it installs the core."""
    found = re.search(r'^VERSION_ID="?([\d.]+)', open_text('/etc/os-release'), re.MULTILINE)
    version = '%s-%d' % (versions.numbers(found[1]) if found else '0', number)
    lines = manifest.identity('pkg://%s/entire@%s' % (PUBLISHER, version),
                              'Incorporation of the demonstration distribution',
                              'release %d' % number)
    lines.append(manifest.setting(
        'pkg.description', 'Keeps every package of the demonstration at the version that belongs '
        'to this release, and installs those that each system needs.'))
    lines.append(manifest.setting('info.classification',
                                  'org.opensolaris.category.2008:Meta Packages/Incorporations'))
    for entry in sorted(entries, key=lambda entry: entry.name):
        fmri = 'pkg:/%s@%s' % (entry.name, entry.version)
        lines.append(manifest.action('depend', type='incorporate', fmri=fmri))
        if entry.debian.essential and entry.state == 'present':
            lines.append(manifest.action('depend', type='require', fmri='pkg:/' + entry.name))
    return manifest.text(lines)


def open_text(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def first_release(entries):
    made = {entry.name: whole(entry, entries) for entry in entries.values()}
    made['entire'] = entire(1, entries.values())
    return made


def next_version(version):
    """Another last number, not one more: 1-2.8 is what an incorporation of 1-2 allows as well.

    >>> next_version('5.2.15-2.8'), next_version('3.8-9')
    ('5.2.15-2.9', '3.8-10')
    """
    front, last = re.fullmatch(r'(.*[.-])(\d+)', version).groups()
    return front + str(int(last) + 1)


def updated(entry):
    """The same package with a higher branch and one more file: see write_notes in make_demo."""
    note = NOTE % entry.debian.name
    lines = entry.lines + [manifest.action('file', 'NOHASH', path=note, owner='root', group='root',
                                           mode='0644', **manifest.facet(note))]
    return Entry(entry.debian, entry.name, next_version(entry.version), lines)


def gone(entry, state, setting, *more):
    """What takes the place of a package that is renamed or obsolete: nothing but that statement."""
    gravestone = Entry(entry.debian, entry.name, next_version(entry.version), [], state)
    lines = manifest.identity(gravestone.fmri(), entry.debian.summary, None)
    return gravestone, manifest.text(lines + [manifest.setting(setting, 'true'), *more])


def needed_by_nobody(names, entries):
    for name in names:
        if name in entries and not any(
                find(choice[0], entries) is entries[name]
                for other in entries.values() for group in other.debian.depends
                for choice in group):
            return name
    return None


def second_release(entries):
    """Only what changes. Modifies nothing; returns manifests and a summary for people."""
    now, made, told = dict(entries), {}, []
    old = needed_by_nobody(RENAMED, entries)
    if old:
        successor = Entry(entries[old].debian, 'text/gnu-' + old, entries[old].version,
                          entries[old].lines)
        require = manifest.action('depend', type='require',
                                  fmri='pkg:/%s@%s' % (successor.name, successor.version))
        now['renamed'], made[entries[old].name] = gone(entries[old], 'renamed', 'pkg.renamed',
                                                       require)
        now[old], made[successor.name] = successor, whole(successor, entries)
        told.append('%s renamed to %s' % (entries[old].name, successor.name))
    last = needed_by_nobody([name for name in OBSOLETE if name != old], entries)
    if last:
        now[last], made[entries[last].name] = gone(entries[last], 'obsolete', 'pkg.obsolete')
        told.append(entries[last].name + ' obsolete')
    better = [name for name in UPDATED if name in entries and name not in (old, last)][:3]
    for name in better:
        now[name] = updated(entries[name])
        made[now[name].name] = whole(now[name], entries)
    told.insert(0, ', '.join(now[name].name for name in better) + ' updated')
    made['entire'] = entire(2, now.values())
    return made, {NOTE % name for name in better}, '; '.join(told)
