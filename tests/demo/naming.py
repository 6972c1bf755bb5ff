"""What Debian packages are called as IPS packages, and where they belong."""

# Debian section: (category of the name, classification as the graphical package managers know it)
SECTIONS = {
    'admin': ('system', 'System/Administration and Configuration'),
    'database': ('database', 'System/Databases'),
    'devel': ('developer', 'Development/GNU'),
    'doc': ('documentation', 'Desktop (GNOME)/Documentation'),
    'editors': ('editor', 'Development/Editors'),
    'interpreters': ('runtime', 'Development/Other Languages'),
    'libs': ('library', 'System/Libraries'),
    'localization': ('system/locale', 'System/Localizations'),
    'math': ('utility', 'Applications/Accessories'),
    'misc': ('system', 'System/Core'),
    'net': ('network', 'Applications/Internet'),
    'perl': ('runtime', 'Development/Perl'),
    'python': ('runtime', 'Development/Python'),
    'shells': ('shell', 'System/Shells'),
    'text': ('text', 'System/Text Tools'),
    'utils': ('utility', 'Applications/System Utilities'),
    'vcs': ('developer', 'Development/Source Code Management'),
    'web': ('web', 'Applications/Internet'),
}
OTHER = ('utility', 'Applications/Accessories')

# Names that people who know IPS distributions expect.
KNOWN = {
    'bzip2': 'compress/bzip2', 'ca-certificates': 'web/ca-bundle', 'coreutils': 'file/coreutils',
    'diffutils': 'text/diffutils', 'file': 'file/file', 'findutils': 'file/findutils',
    'grep': 'text/grep', 'gzip': 'compress/gzip', 'libc6': 'system/library/libc',
    'libgcc-s1': 'system/library/gcc-runtime', 'libstdc++6': 'system/library/g++-runtime',
    'lz4': 'compress/lz4', 'openssl': 'security/openssl', 'patch': 'text/patch',
    'perl-base': 'runtime/perl', 'rsync': 'network/rsync', 'sed': 'text/sed',
    'tar': 'archiver/tar', 'tzdata': 'system/data/zoneinfo', 'unzip': 'compress/unzip',
    'xz-utils': 'compress/xz', 'zlib1g': 'library/zlib', 'zstd': 'compress/zstd',
}


def package_name(debian_name, section):
    """
    >>> package_name('bash', 'shells'), package_name('zlib1g', 'libs'), package_name('x', 'games')
    ('shell/bash', 'library/zlib', 'utility/x')
    """
    return KNOWN.get(debian_name) or SECTIONS.get(section, OTHER)[0] + '/' + debian_name


def classification(section):
    return 'org.opensolaris.category.2008:' + SECTIONS.get(section, OTHER)[1]
