#!/usr/bin/python3
"""Whether the documentation agrees with the programs and the source.

    tests/docs.py METASET METASET-SERVE METASET-PUBLISH        (in the top directory of the source)

Each disagreement is one line, "FILE: NAME OF THE CHECK: what is wrong"; the status is 1 then.
"""
import glob
import re
import subprocess
import sys

METASET_PAGE = 'man/metaset.1'
PARAMETERS_PAGE = 'man/metaset-parameters.5'
TEXTS = ['README.md', 'ARCHITECTURE.md']

problems = []


def problem(file, check, text):
    problems.append('%s: %s: %s' % (file, check, text))


def read(path):
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except OSError as error:
        problem(path, 'missing-file', error.strerror)
        return ''


# ---- programs and their manual pages ------------------------------------------------------------

def help_of(program, command=()):
    """Options, as a list of sets of spellings, as --help-all shows them."""
    text = subprocess.run([program, *command, '--help-all'], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    return [set(line.split()[0].split(',')) for line in text.splitlines() if line.startswith('  -')]


def leaf_commands(program):
    """{'stage list': options}: of every command that can be run."""
    text = subprocess.run([program, '--help-all'], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    names = re.findall(r'^  (\w+(?: \w+)?)(?:  |$)', text, re.MULTILINE)
    return {name: help_of(program, name.split()) for name in names}


def sections(page, macro):
    """{heading: text} of the parts of a page that begin with `macro`."""
    parts = re.split(r'^\.%s (.*)\n' % macro, page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def flags(text):
    return {'-' + name for name in re.findall(r'\bFl (-?[A-Za-z][\w-]*)', text)}


def described(text):
    return flags('\n'.join(re.findall(r'^\.It .*', text, re.MULTILINE)))


def compare_options(page, command, options, synopsis, items, common):
    """`items`: options that the page describes here; `common`: those described for all commands."""
    known = set().union(*options)
    for option in sorted(known - items - common):
        problem(page, 'missing-option', '%s: %s is in --help-all only' % (command, option))
    for option in sorted(items - known):
        problem(page, 'unknown-option', '%s: %s is not in --help-all' % (command, option))
    for spellings in options:
        if not spellings & (flags(synopsis) | {'--help', '--help-all'}):
            problem(page, 'synopsis', '%s: %s is left out' % (command, '/'.join(sorted(spellings))))
    for option in sorted(flags(synopsis) - known):
        problem(page, 'synopsis', '%s: %s is not in --help-all' % (command, option))


def check_metaset(program):
    page = sections(read(METASET_PAGE), 'Sh')
    common = described(page.get('OPTIONS', ''))
    pages = sections(page.get('COMMANDS', ''), 'Ss')
    commands = leaf_commands(program)
    for name in sorted(commands.keys() - pages.keys()):
        problem(METASET_PAGE, 'missing-command', name + ' is in --help-all only')
    for name in sorted(pages.keys() - commands.keys()):
        problem(METASET_PAGE, 'unknown-command', name + ' is not in --help-all')
    used = set().union(*help_of(program))
    for name in sorted(commands.keys() & pages.keys()):
        synopsis = pages[name].partition('.Ed')[0]
        if not re.search(r'^\.Nm Cm %s$' % name, synopsis, re.MULTILINE):
            problem(METASET_PAGE, 'synopsis', name + ': there is none')
        compare_options(METASET_PAGE, name, commands[name], synopsis, described(pages[name]),
                        common)
        used |= set().union(*commands[name])
    for option in sorted(common - used):
        problem(METASET_PAGE, 'unknown-option', option + ' is an option of no command')
    for option in sorted(set().union(*help_of(program)) - common):
        problem(METASET_PAGE, 'missing-option', option + ' is in --help-all only')


def check_worker(program, name):
    page = 'man/%s.8' % name
    text = read(page)
    synopsis = sections(text, 'Sh').get('SYNOPSIS', '')
    compare_options(page, name, help_of(program), synopsis, described(text), set())


def check_exit_statuses():
    codes = set(re.findall(r'^  k\w+ = (\d+),', read('src/app/cli.h'), re.MULTILINE))
    listed = set(re.findall(r'^\.It (\d+)$', sections(read(METASET_PAGE), 'Sh')
                            .get('EXIT STATUS', ''), re.MULTILINE))
    for code in sorted(codes ^ listed):
        where = 'src/app/cli.h' if code in codes else 'the page'
        problem(METASET_PAGE, 'exit-status', '%s is in %s only' % (code, where))


# ---- parameters and variables -------------------------------------------------------------------

def listed_variables(page, section):
    text = sections(read(page), 'Sh').get(section, '')
    return set(re.findall(r'\bEv (METASET_[A-Z_]+)',
                          '\n'.join(re.findall(r'^\.It .*', text, re.MULTILINE))))


def compare_variables(page, check, in_code, listed):
    for name in sorted(in_code ^ listed):
        where = 'the source' if name in in_code else 'the page'
        problem(page, check, '%s is in %s only' % (name, where))


def check_variables():
    names = re.search(r'kParamNames = \{(.*?)\};', read('src/http/request.cpp'), re.DOTALL)
    parameters = set(re.findall(r'"(METASET_[A-Z_]+[A-Z])"', names[1] if names else ''))
    compare_variables(PARAMETERS_PAGE, 'parameter', parameters,
                      listed_variables(PARAMETERS_PAGE, 'DESCRIPTION'))
    environment = set()
    for path in glob.glob('src/**/*.cpp', recursive=True):
        environment |= set(re.findall(r'(?:getenv|envname)\("(METASET_[A-Z_]+)"\)', read(path)))
    compare_variables(METASET_PAGE, 'variable', environment,
                      listed_variables(METASET_PAGE, 'ENVIRONMENT'))
    for path in [*glob.glob('man/*.[1-9]'), *glob.glob('nginx/*.conf'),
                 *glob.glob('apache/*.conf'), *TEXTS]:
        for name in sorted(set(re.findall(r'\bMETASET_[A-Z_]*[A-Z]\b', read(path)))):
            if name not in parameters | environment:
                problem(path, 'unknown-variable', name + ' is not in the source')


def check_operations():
    operations = set(re.findall(r'^Route\{"(\w+)"', read('src/http/routes.cpp'), re.MULTILINE))
    text = read(PARAMETERS_PAGE).partition('An operation must be one of')[2].partition('.Pp')[0]
    listed = set(re.findall(r'^\.Ql (\w+)', text, re.MULTILINE))
    for name in sorted(operations ^ listed):
        where = 'src/http/routes.cpp' if name in operations else 'the page'
        problem(PARAMETERS_PAGE, 'operation', '%s is in %s only' % (name, where))


# ---- names of files and goals -------------------------------------------------------------------

def expand(name):
    """a/{b,c}.h -> a/b.h, a/c.h"""
    match = re.search(r'\{([^{}]*)\}', name)
    if not match:
        return [name]
    return [other for choice in match[1].split(',')
            for other in expand(name[:match.start()] + choice + name[match.end():])]


def file_names(text):
    """What looks like a file of the source: below one of its directories, or by its ending."""
    text = re.sub(r'\w+://\S+', ' ', text)
    for word in re.findall(r'(?<![\w/.$~{},*-])[\w.{},*/+-]+', text):
        for part in ([word] if '{' in word else word.split(',')):
            part = part.rstrip('.,/')
            if part.startswith('/'):
                continue
            if re.match(r'(?:src|include|nginx|apache|tests|man|\.ci)/.', part) or re.search(
                    r'[A-Za-z_]\.(?:cpp|h|py|md|mk|conf|sh|[1-9])$', part):
                yield from expand(part)


def check_texts():
    goals = set()
    for path in ['Makefile', *glob.glob('tests/*.mk')]:
        for targets in re.findall(r'^([a-z][\w -]*):(?!=)', read(path), re.MULTILINE):
            goals |= set(targets.split())
    for path in TEXTS:
        text = read(path)
        # nginx finds the files of nginx/ under the name metaset/.
        for name in sorted({re.sub('^metaset/', 'nginx/', n) for n in file_names(text)}):
            # A name without a directory may be anywhere.
            if not glob.glob(name) and ('/' in name or not any(
                    glob.glob(top + '/**/' + name, recursive=True)
                    for top in ('src', 'include', 'nginx', 'apache', 'tests', 'man'))):
                problem(path, 'no-such-file', name)
        for goal in sorted(set(re.findall(r'(?:`|^ *)(?:\$ )?make ([a-z][\w-]*)', text, re.M))):
            if goal not in goals:
                problem(path, 'no-such-goal', 'make ' + goal)


def main(metaset, metaset_serve, metaset_publish):
    check_metaset(metaset)
    check_worker(metaset_serve, 'metaset-serve')
    check_worker(metaset_publish, 'metaset-publish')
    check_exit_statuses()
    check_variables()
    check_operations()
    check_texts()
    for line in dict.fromkeys(problems):
        print(line)
    return 1 if problems else 0


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
