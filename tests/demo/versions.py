"""IPS versions from Debian versions. Tests: `python3 -m doctest tests/demo/versions.py`."""
import re


def release_and_branch(debian):
    """(release, branch): numbers and dots only, without leading zeros, as IPS wants them.

    The epoch is dropped: it says that numbering began anew, and a demonstration never goes back.

    >>> release_and_branch('5.2.15-2+b8')
    ('5.2.15', '2.8')
    >>> release_and_branch('1:1.2.13.dfsg-1')
    ('1.2.13', '1')
    >>> release_and_branch('1.34+dfsg-1.2+deb12u1')
    ('1.34', '1.2.12.1')
    >>> release_and_branch('2025b-0+deb12u2')
    ('2025.2', '0.12.2')
    >>> release_and_branch('1:9.2p1-2+deb12u6')
    ('9.2.1', '2.12.6')
    >>> release_and_branch('3.0~rc1-1')
    ('3.0', '1')
    >>> release_and_branch('1.07.1-3+b1')
    ('1.7.1', '3.1')
    >>> release_and_branch('0.17+nmu1')
    ('0.17', '1')
    >>> release_and_branch('10.0.0')
    ('10.0.0', '0')
    """
    version = debian.partition(':')[2] or debian
    upstream, _, revision = version.rpartition('-') if '-' in version else (version, '', '')
    # What follows + or ~ says how the source was repacked: a revision in native versions only.
    base, _, rest = re.fullmatch(r'([^+~]*)([+~]?)(.*)', upstream).groups()
    return numbers(base) or '0', numbers(revision or rest) or '0'


def numbers(text):
    """The numbers of text joined by dots. A lone letter after a digit counts: 1.1.1w, 2025b.

    >>> numbers('1.1.1w'), numbers('2+deb12u1'), numbers('')
    ('1.1.1.23', '2.12.1', '')
    """
    lettered = re.sub(r'(?<=\d)([a-z])(?![a-z0-9])', lambda m: '.%d' % (ord(m[1]) - 96), text)
    return '.'.join(str(int(digits)) for digits in re.findall(r'\d+', lettered))


def sort_key(version):
    """Orders versions like '1.2-3' as IPS does: by release, then by branch.

    >>> sort_key('1.9') < sort_key('1.10-1') < sort_key('1.10-1.1')
    True
    """
    release, _, branch = version.partition('-')
    return [int(n) for n in release.split('.')], [int(n) for n in branch.split('.') if n]
