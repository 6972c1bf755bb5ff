#!/usr/bin/python3
"""Whether smf/metaset.xml is in the order that service_bundle(5) asks for, and names what there is.

    tests/smf.py DIRECTORY-OF-THE-PROGRAMS        (in the top directory of the source)
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

MANIFEST = 'smf/metaset.xml'
# The elements that may be in an element, in this order.
ORDER = {
    'service_bundle': ['service'],
    'service': ['create_default_instance', 'single_instance', 'restarter', 'dependency',
                'dependent', 'method_context', 'exec_method', 'property_group', 'instance',
                'stability', 'template'],
    'instance': ['restarter', 'dependency', 'dependent', 'method_context', 'exec_method',
                 'property_group', 'template'],
    'template': ['common_name', 'description', 'documentation'],
}
NEEDED = {'service_bundle': ['type', 'name'], 'service': ['type', 'name', 'version'],
          'instance': ['name', 'enabled'], 'property_group': ['name', 'type'],
          'propval': ['name', 'type', 'value'], 'property': ['name', 'type'],
          'exec_method': ['type', 'name', 'exec', 'timeout_seconds'],
          'dependency': ['name', 'grouping', 'restart_on', 'type'],
          'method_credential': ['user'], 'value_node': ['value'], 'service_fmri': ['value'],
          'manpage': ['title', 'section']}
# Attributes that must be one of some words.
WORDS = {'type of service': ['service', 'restarter', 'milestone'],
         'enabled of instance': ['true', 'false'],
         'type of exec_method': ['method', 'monitor'],
         'grouping of dependency': ['require_all', 'require_any', 'exclude_all', 'optional_all'],
         'restart_on of dependency': ['error', 'restart', 'refresh', 'none'],
         'value of stability': ['Standard', 'Stable', 'Evolving', 'Unstable', 'External',
                                'Obsolete']}


def structure(element):
    order = ORDER.get(element.tag)
    if order:
        places = [order.index(child.tag) for child in element]
        assert places == sorted(places), '%s: its elements are not in order' % element.tag
    for name in NEEDED.get(element.tag, []):
        assert element.get(name), '%s: no %s' % (element.tag, name)
    for name, value in element.items():
        words = WORDS.get('%s of %s' % (name, element.tag), [value])
        assert value in words, '%s: %s is %s' % (element.tag, name, value)
    for child in element:
        structure(child)


def values(instance):
    """{'config/socket': ['/...']}: its properties."""
    found = {}
    for group in instance.iter('property_group'):
        for one in group:
            found['%s/%s' % (group.get('name'), one.get('name'))] = (
                [one.get('value')] if one.tag == 'propval'
                else [node.get('value') for node in one.iter('value_node')])
    return found


def try_start(instance, programs, directory):
    """It listens, with a socket in that directory, and ends when it is told to."""
    method = instance.find("exec_method[@name='start']").get('exec')
    properties = values(instance)
    socket = os.path.join(directory, 'socket')
    properties['config/socket'] = [socket]
    words = []
    for word in method.replace('@BINDIR@', programs).split():
        token = re.fullmatch(r'%\{(.*)\}', word)
        words += properties[token[1]] if token else [word]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not os.path.exists(socket):
            time.sleep(0.01)
        process.terminate()
    assert process.returncode == 0, '%s: status %d' % (' '.join(words), process.returncode)


def main(programs):
    bundle = ElementTree.parse(MANIFEST).getroot()
    structure(bundle)
    service = bundle.find('service')
    methods = {one.get('name') for one in service.iter('exec_method')}
    assert methods == {'start', 'stop', 'refresh'}, methods
    instances = service.findall('instance')
    assert [one.get('name') for one in instances] == ['serve', 'publish']
    for instance in instances:
        with tempfile.TemporaryDirectory() as directory:
            try_start(instance, programs, directory)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
