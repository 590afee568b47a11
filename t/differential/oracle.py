"""Where blocks go in a page, by html5lib.

A page is parsed by html5lib's tokenizer and tree builder, watched so that the
offset of each tag and comment in the page's bytes is known.  What the library
under test promises (lib/html/reco_html.h) is then said in terms of these.
"""

import bisect
import re

from html5lib import html5parser, _inputstream, _tokenizer
from html5lib.constants import voidElements

SLOT = 'data-reco-slot'
RAW = frozenset(('title textarea style xmp iframe noembed noframes noscript '
                 'script plaintext').split())
DATA_STATES = frozenset(('dataState', 'entityDataState'))
LESS_THAN_STATES = ('tagOpenState', 'rcdataLessThanSignState',
                    'rawtextLessThanSignState', 'scriptDataLessThanSignState',
                    'scriptDataEscapedLessThanSignState')


class Unclear(Exception):
    """html5lib's tree and the documented rule differ: no case."""


class Token:
    def __init__(self, kind, start, end, name='', attributes=None, around=()):
        self.kind = kind            # 'start', 'end' or 'comment'
        self.start = start
        self.end = end
        self.name = name            # a comment's is its text
        self.attributes = attributes or {}
        self.around = around        # [(name, attributes)], outermost first
        self.empty = False          # has no content
        self.closing = None         # (token that closes it or None, why)


# -- watching html5lib ------------------------------------------------------

class Stream(_inputstream.HTMLUnicodeInputStream):
    """The whole page in one chunk, so that chunkOffset is its offset."""

    _defaultChunkSize = 1 << 40

    def __init__(self, source, tokenizer):
        self.tokenizer = tokenizer
        self.over_in = None
        super().__init__(source)

    def readChunk(self, chunkSize=None):
        more = super().readChunk(chunkSize)
        if not more and self.over_in is None:
            self.over_in = self.tokenizer.state.__name__
        return more


class Tokenizer(_tokenizer.HTMLTokenizer):
    def __init__(self, source, parser=None, **_):
        self.less_than = 0
        super().__init__('', parser)
        self.stream = Stream(source, self)


def _noting(name):
    def state(self):
        self.less_than = self.stream.chunkOffset - 1
        return getattr(_tokenizer.HTMLTokenizer, name)(self)
    state.__name__ = name
    return state


for _name in LESS_THAN_STATES:
    setattr(Tokenizer, _name, _noting(_name))


class Page(html5parser.HTMLParser):
    """Tokens of a page, given as text of one character a byte."""

    def __init__(self, text, nested=True):
        super().__init__()
        self.text = text
        self.nested = nested        # what is in what can be told
        self.found = []
        self.unclear = None         # offset from which html5lib disagrees
        self._element_tokens = {}   # id of an open element: its token
        self._kept = []             # keeps those ids from being reused
        self._normalise(text)
        self._run()

    def _normalise(self, text):
        """html5lib sees CR LF as LF: notes where each CR was left out."""
        self._left_out = [m.start() - i
                          for i, m in enumerate(re.finditer('\r\n', text))]

    def _offset(self, offset):
        return offset + bisect.bisect_left(self._left_out, offset)

    def _run(self):
        self.innerHTMLMode = False
        self.container = 'div'
        self.scripting = True
        self.tokenizer = Tokenizer(self.text, self)
        real = self.tokenizer
        self.tokenizer = _Watched(real, self)
        self.reset()
        self.mainLoop()
        self._close([], None)
        self.over_in = real.stream.over_in

    def before(self, token):
        stream = self.tokenizer.stream
        kind = _KINDS.get(token['type'])
        if kind is None or stream.over_in is not None:
            return None
        start = self._offset(self.tokenizer.less_than)
        end = self._offset(stream.chunkOffset)
        if kind == 'comment':
            return Token(kind, None, end, token['data'])
        return Token(kind, start, end, token['name'],
                     dict(token['data']) if kind == 'start' else None)

    def after(self, token, raw):
        """The tree builder has done with a token."""
        if token is None:
            return
        elements = self.tree.openElements
        self._close(elements, token)
        if token.kind == 'start':
            mine = elements[-1] if elements else None
            if (mine is not None and id(mine) not in self._element_tokens
                    and mine.name == token.name):
                self._element_tokens[id(mine)] = token
                self._kept.append(mine)
            else:
                mine = None
            token.around = [(e.name, dict(e.attributes)) for e in elements
                            if e is not mine and id(e) in self._element_tokens]
            foreign = mine is not None and mine.namespace != \
                self.tree.defaultNamespace
            token.empty = mine is None and (
                token.name in voidElements or raw.get('selfClosing', False)
                and raw.get('selfClosingAcknowledged', False))
            if (token.name in RAW and mine is None and not foreign
                    and not token.empty and self.unclear is None):
                self.unclear = token.start
        self.found.append(token)

    def _close(self, elements, token):
        open_now = {id(e) for e in elements}
        for key in [k for k in self._element_tokens if k not in open_now]:
            opened = self._element_tokens.pop(key)
            opened.closing = (token, 'end' if token is None else token.kind)


_KINDS = {_tokenizer.tokenTypes['StartTag']: 'start',
          _tokenizer.tokenTypes['EndTag']: 'end',
          _tokenizer.tokenTypes['Comment']: 'comment'}


class _Watched:
    """The tokenizer, with a look at each token before and after its use."""

    def __init__(self, tokenizer, page):
        self.__dict__['_real'] = tokenizer
        self.__dict__['_page'] = page

    def __getattr__(self, name):
        return getattr(self._real, name)

    def __setattr__(self, name, value):
        setattr(self._real, name, value)

    def __iter__(self):
        for raw in self._real:
            token = self._page.before(raw)
            yield raw
            self._page.after(token, raw)


# -- selectors --------------------------------------------------------------

_PART = re.compile(r'([a-z0-9]+|\*)|#([\w-]+)|\.([\w-]+)'
                   r'|\[([\w-]+)(?:([~^$*]?=)"([^"]*)")?\]')


def _compound(text):
    parts, at = [], 0
    while at < len(text):
        match = _PART.match(text, at)
        parts.append(match.groups())
        at = match.end()
    return parts


def _matches(parts, name, attributes):
    for kind, ident, word, attribute, operator, wanted in parts:
        if kind is not None:
            if kind not in ('*', name):
                return False
            continue
        if ident is not None:
            attribute, operator, wanted = 'id', '=', ident
        elif word is not None:
            attribute, operator, wanted = 'class', '~=', word
        value = attributes.get(attribute)
        if value is None or not {
                None: lambda: True,
                '=': lambda: value == wanted,
                '^=': lambda: value.startswith(wanted),
                '$=': lambda: value.endswith(wanted),
                '*=': lambda: wanted in value,
                '~=': lambda: wanted in re.split('[ \t\n\r\f]+', value),
        }[operator]():
            return False
    return True


class Selector:
    def __init__(self, text):
        self.steps = []             # (combinator before it, compound)
        combinator = ''
        for word in text.split():
            if word == '>':
                combinator = '>'
                continue
            self.steps.append((combinator, _compound(word)))
            combinator = ' '

    def matches(self, token):
        return (_matches(self.steps[-1][1], token.name, token.attributes)
                and self._around(len(self.steps) - 1, token.around))

    def _around(self, step, around):
        if step == 0:
            return True
        combinator = self.steps[step][0]
        wanted = self.steps[step - 1][1]
        for depth in range(len(around) - 1, -1, -1):
            if _matches(wanted, *around[depth]) \
                    and self._around(step - 1, around[:depth]):
                return True
            if combinator == '>':
                return False
        return False


# -- plans ------------------------------------------------------------------

class Slot:
    def __init__(self, name, fields):
        self.name = name
        self.all = 'all' in fields
        self.fallback = 'fallback' in fields
        self.places = [(position, Selector(selector)) for position, selector in
                       (f.split('=', 1) for f in fields if '=' in f)]


def read_plans(path):
    """{name: [Slot]}, in the file's order."""
    plans = {}
    with open(path, encoding='ascii') as file:
        for line in file:
            if line.strip() and not line.startswith('#'):
                name, slot, *fields = line.rstrip('\n').split('\t')
                plans.setdefault(name, []).append(Slot(slot, fields))
    return plans


class _Edits:
    """What a plan does to a page: inserts and drops, by offset."""

    def __init__(self, page, slots):
        self.page = page
        self.slots = slots
        self.filled = set()
        self.inserts = []           # (offset, order, slot)
        self.drops = []             # (from, to)
        self.dropping = -1          # up to this offset
        self.around_known = page.nested  # html5lib leaves <body> open
        for index, token in enumerate(page.found):
            if page.unclear is not None and (token.start or token.end) \
                    > page.unclear:
                raise Unclear
            getattr(self, '_' + token.kind)(index, token)
        if page.unclear is not None:
            raise Unclear
        if page.over_in in DATA_STATES:
            self._unplaced(len(page.text), (len(page.found),))

    def _insert(self, offset, order, slot):
        self.inserts.append((offset, order, slot.name))

    def _claim(self, slot, always):
        if slot.name in self.filled and not always:
            return False
        self.filled.add(slot.name)
        return True

    def _comment(self, index, token):
        text = token.name.strip(' \t\n\r\f')
        if token.end <= self.dropping or not text.startswith('reco:'):
            return
        for slot in self.slots:
            if text == 'reco:' + slot.name and self._claim(slot, False):
                self._insert(token.end, (index, 1), slot)

    def _start(self, index, token):
        if token.start < self.dropping:
            return
        matched = [(slot, position) for slot in self.slots
                   for position, selector in slot.places
                   if self._matches(selector, token)]
        order = 0
        for slot, position in matched:
            if position in ('before', 'replace') \
                    and self._claim(slot, slot.all):
                self._insert(token.start, (index, 0, order), slot)
                order += 1
                if position == 'replace':
                    self._drop(token.start, token, 1)
        holds = not token.empty and token.name not in RAW
        named = token.attributes.get(SLOT)
        for slot in self.slots:
            if slot.name == named and holds and self._claim(slot, False):
                self._insert(token.end, (index, 1, order), slot)
                self._drop(token.end, token, 0)
        for slot, position in matched:
            if position == 'prepend' and holds and self._claim(slot, slot.all):
                self._insert(token.end, (index, 2, order), slot)
            elif position == 'append' and holds \
                    and self._claim(slot, slot.all):
                self._at_end(token, slot, 0)
            elif position == 'after' and self._claim(slot, slot.all):
                self._at_end(token, slot, 1)
            order += 1

    def _matches(self, selector, token):
        if len(selector.steps) > 1 and not self.around_known:
            raise Unclear
        return selector.matches(token)

    def _end(self, index, token):
        if token.name in ('body', 'html'):
            self.around_known = False
        if token.name == 'body' and token.start >= self.dropping:
            self._unplaced(token.start, (index, 1))

    def _unplaced(self, offset, order):
        for number, slot in enumerate(self.slots):
            if slot.fallback and self._claim(slot, False):
                self._insert(offset, order + (number,), slot)

    def _ends(self, token):
        """(before the element's end, after it, order); None: never."""
        if token.empty:
            return token.end, token.end, (self.page.found.index(token), 3)
        if not self.page.nested:
            raise Unclear
        if token.closing is None:
            raise Unclear           # the tree builder took it for nothing
        closer, kind = token.closing
        if kind == 'start':
            raise Unclear           # an end tag that was left out
        if kind == 'end' and closer is not None:
            if self._body_over_before(closer, token):
                raise Unclear
            order = (self.page.found.index(closer), 0, -token.start)
            if closer.name == token.name:
                return closer.start, closer.end, order
            return closer.start, closer.start, order
        if self._body_over_before(None, token):
            raise Unclear
        if self.page.over_in not in DATA_STATES:
            return None
        end = len(self.page.text)
        return end, end, (len(self.page.found), -1, -token.start)

    def _body_over_before(self, closer, token):
        """html5lib leaves open what is open at </body>."""
        own = closer is not None and closer.name == token.name
        return any(t.kind == 'end' and t.name in ('body', 'html')
                   and (not own or t.start > token.start)
                   and (closer is None or t.start < closer.start)
                   for t in self.page.found)

    def _at_end(self, token, slot, after):
        ends = self._ends(token)
        if ends is not None:
            self._insert(ends[after], ends[2] + (after,), slot)

    def _drop(self, start, token, after):
        ends = self._ends(token)
        to = ends[after] if ends is not None else len(self.page.text)
        self.drops.append((start, to))
        self.dropping = max(self.dropping, to)


def edits(page, slots):
    """'OFFSET+SLOT' and 'FROM-TO' in the page's order; raises Unclear."""
    found = _Edits(page, slots)
    out = [((at, order), '%d+%s' % (at, slot))
           for at, order, slot in found.inserts]
    out += [((start, (1 << 40,)), '%d-%d' % (start, to))
            for start, to in found.drops]
    return [text for _, text in sorted(out)]
