"""The Debian packages that are installed on this machine: what dpkg knows about them."""
import os
import re
import stat
import subprocess
from dataclasses import dataclass, field

FIELDS = ('Package', 'Version', 'Section', 'Essential', 'Homepage', 'Depends', 'Pre-Depends',
          'Provides', 'Conffiles', 'Description', 'Architecture', 'db:Status-Abbrev')

# Well-known programs first. Those that are not installed are left out.
WANTED = '''
base-files bash coreutils debianutils grep sed gzip tar findutils diffutils hostname dash mawk
zlib1g bzip2 xz-utils less openssl ca-certificates wget tzdata time bc net-tools netbase
media-types ncurses-base ncurses-bin patch make m4 jq unzip psmisc sensible-utils sqlite3 lz4 procps
zstd file nano rsync lsof tree curl perl-base
'''.split()


@dataclass
class Package:
    name: str
    version: str
    section: str
    essential: bool
    homepage: str
    provides: set
    conffiles: set
    summary: str
    description: str
    depends: list  # of alternatives, each a list of (name, relation, version)
    paths: list = field(default_factory=list)
    size: int = 0


def run(*command):
    # Plain C locale: some messages of dpkg are read by machine below.
    environment = dict(os.environ, LC_ALL='C.UTF-8')
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    return done.stdout.decode('utf-8', 'surrogateescape')


def parse_depends(text):
    """[[(name, relation, version), ...alternatives], ...]

    >>> parse_depends('libc6 (>= 2.33), awk:any | mawk')
    [[('libc6', '>=', '2.33')], [('awk', '', ''), ('mawk', '', '')]]
    """
    pattern = re.compile(r'\s*([a-z0-9][a-z0-9+.-]*)(?::\w+)?\s*(?:\(([<>=]+)\s*([^)\s]+)\s*\))?')
    return [[tuple(part or '' for part in pattern.match(choice).groups())
             for choice in entry.split('|') if pattern.match(choice)]
            for entry in text.split(',') if entry.strip()]


def parse_description(text):
    summary, _, rest = text.partition('\n')
    paragraphs = ('' if line.strip() == '.' else line.strip() for line in rest.split('\n'))
    return summary.strip(), ' '.join(' '.join(paragraphs).split())


def installed():
    """Every package installed for this machine's own architecture, by name; without file lists."""
    native = run('dpkg', '--print-architecture').strip()
    # dpkg knows no separators that cannot occur in a description, but prints any byte it is given.
    layout = '\x1f'.join('${%s}' % name for name in FIELDS) + '\x1e'
    packages = {}
    for record in run('dpkg-query', '-W', '-f', layout).split('\x1e')[:-1]:
        value = dict(zip(FIELDS, record.split('\x1f')))
        if value['Architecture'] not in (native, 'all') or value['db:Status-Abbrev'][1] != 'i':
            continue
        summary, description = parse_description(value['Description'])
        packages[value['Package']] = Package(
            value['Package'], value['Version'], value['Section'].split('/')[-1],
            value['Essential'] == 'yes', value['Homepage'],
            {choice[0][0] for choice in parse_depends(value['Provides']) if choice},
            {line.split()[0] for line in value['Conffiles'].split('\n') if line.strip()},
            summary, description,
            parse_depends(value['Pre-Depends']) + parse_depends(value['Depends']))
    return packages


def list_files(packages):
    """Fills in paths and size from dpkg's file lists."""
    listing = run('dpkg-query', '-L', *(package.name for package in packages))
    # One list for each package, in order, with an empty line between two.
    for package, lines in zip(packages, listing.rstrip('\n').split('\n\n')):
        paths = []
        for line in lines.split('\n'):
            if line.startswith('/'):
                paths.append(line)
            elif line.startswith('diverted by ') and paths:
                # Another package took that name; this one's file lives under the name that follows.
                paths[-1] = line.partition(' to: ')[2]
        package.paths = [path for path in paths if path != '/.' and not is_left_out(path)]
        package.size = sum(content_size(path) for path in package.paths)


def is_left_out(path):
    """Most translations: a third of all content, and a few show as well how facets choose."""
    match = re.match(r'/usr/share/(?:locale|man)/([a-z][^/]*)', path)
    return match and not re.match(r'(man\d|de|fr|ja)$', match[1])


def content_size(path):
    try:
        info = os.lstat(path)
    except OSError:
        return 0
    return info.st_size if stat.S_ISREG(info.st_mode) else 0


def is_library(package):
    return package.section == 'libs' or package.name.startswith('lib')


def with_libraries(package, packages):
    """The package and, directly or not, the libraries it needs."""
    found, waiting = {}, [package]
    while waiting:
        package = waiting.pop()
        found[package.name] = package
        for alternatives in package.depends:
            known = [packages[name] for name, _, _ in alternatives if name in packages]
            if known and is_library(known[0]) and known[0].name not in found:
                waiting.append(known[0])
    return found


def choose(budget):
    """The wanted packages with the libraries they need, as far as their content fits the budget."""
    packages = installed()
    groups = [with_libraries(packages[name], packages) for name in WANTED if name in packages]
    if not groups:
        raise SystemExit('make_demo: none of the usual Debian packages is installed here')
    list_files(list({name: one for group in groups for name, one in group.items()}.values()))
    chosen = {}
    for group in groups:
        together = {**chosen, **group}
        if sum(package.size for package in together.values()) <= budget:
            chosen = together
    return chosen
