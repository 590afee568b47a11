"""Pages as shops have them, and worse: each is made from a seed."""

import random

MARKS = ('<!-- reco:s -->', '<!--reco:t-->', '<!--\n reco:s\t-->',
         '<!-- reco:s --!>')

# What looks like a place and is text.
DECOYS = (
    '<!-- <!-- reco:s -- > <b id="target" class="hit"></b></body> -->',
    '<!--reco:s--',                      # goes on to the next -->
    '<!-- reco:sx --><!-- reco: --><!-- Reco:s -->',
    '<!--[if lt IE 9]><div id="target" class="hit"><![endif]-->',
    '<!--[if !IE]><!--><i class="x">not IE</i><!--<![endif]-->',
    '<!--><!---><!----><!-----><!--->-->',
    '<!--><b class="hit">x</b><!---><b class="hit">y</b>-->',
    '<SCRIPT>"<b class=hit>"</Script><TextArea><b class=hit></TEXTAREA>',
    '<!-- a -- b --- c --! d -->',
    '<!doctype html><!DOCTYPE x "<b class=hit>"><?x "<b class=\'hit\'>" ?>',
    '</ bogus><!bogus "<!-- reco:s" ></3></>',
    '<![CDATA[<!-- reco:s -->]]><!-->-->',
    '<a title="<!-- reco:s -->" href=\'</body><b class="hit">\'>q</a>',
    '<p title="</p>" data-k=">" alt=\'"\'>a > b &lt; c & d &amp; e</p>',
    '<script>var a = "<!-- reco:s -->", b = \'</body><div id="target">\';'
    ' if (a<b && b>a) { a = "<\\/script>"; }</script>',
    '<script><!--\n<script>"<!-- reco:t -->"</script>\n<b class="hit">'
    '\n--></script>',
    '<script>"<!--"; "<script"; </script >',
    '<script><!-- <script > </script foo> <b class=hit> --></script>',
    '<script><!-- <script> </script> </script><b class="hit">z</b><!-- -->',
    '<script type="application/json">{"html":"<section class=\\"hit\\">'
    '<img src=x></section>","b":[1,2,{"c":"\\u003c/script>"}]}</script\n>',
    '<style>a::after{content:"<!-- reco:s --></body>"} b>i{}</style>',
    '<style><!-- </style><i>--></i>',
    '<title><b class="hit"><!-- reco:s --></title >',
    '<textarea rows=3><div id="target"></textarea\t>',
    '<textarea><!-- </textarea>',
    '<noscript><img src="//t.example/p?<!-- reco:t -->"></noscript>',
    '<iframe src="/x"><p class="hit"></iframe>',
    '<xmp><!-- reco:s --><b class=hit></xmp><noembed></b><h2></noembed>',
    '<svg><![CDATA[<b class="hit"><!-- reco:s -->]]></svg>',
    '<svg><title><b class="hit">t</b></title><style><!-- x --></style></svg>',
    '<svg><desc><p>d</p></desc><![CDATA[ > <b class="hit">x</b> ]]></svg>',
    '<svg><g><p>x</p><![CDATA[ > <b class="hit">x</b> ]]><br>',
    '<svg><desc>d<![CDATA[x]]>--></desc><path d="M0 0"/></svg>',
    '<svg viewBox="0 0 9 9"><use href="#i"/><use href="#j"></use></svg>',
    '<math><mi>x</mi><mo><b class="hit">b</b></mo><annotation-xml encoding='
    '"text/html"><p class="hit">m</p></annotation-xml></math>',
    '<svg><foreignObject><div class="hit"><p>in</p></div></foreignObject>'
    '</svg>',
    '<svg><g><font class="hit">x</font></g></svg><svg><a><font color=red>y',
    '<template><div class="hit">t</div></template>',
    '<b class="hit" CLASS="y" class=\'z\'>dup</b>',
    '<b class="nohit hits hit-not">n</b><b class="nohit">n</b>',
    '<b class=hit/>x</b><b class=hit / id=q/>x</b>',
    '<b id=x class=\n hit\n data-k>x</b><b =class="hit" a=b=c "=\'>">x</b>',
    '<div data-reco-slot="t"><p>old</p></div>',
    '<div data-reco-slot="nobody">kept</div>',
    '<img class=hit data-reco-slot=s><input><br/><hr>',
    'a\0b<b\0 class="hit\0">x</b\0><!-- reco:s\0 -->',
    '<select><option>1<option selected>2</select>',
    '<table><tr><td>1<td>2<tr><td>3</table>',
    '<ul><li>one<li>two<li>three</ul><dl><dt>a<dd>b</dl>',
    '<div><p>one<p>two</div>', '<p></p></p><br></br>',
    '<b><i>crossed</b>here</i>', '<a href=1>x<a href=2>y</a></a>',
    '< b class="hit">', '<1>', '<', '&lt;!-- reco:s --&gt;', 'x < y > z',
)

JUNK = ('<', '</', '<!', '<!-', '<!--', '-->', '--!>', '--', '>', '"', "'",
        '=', '/', '\0', '&', '<script>', '</script>', '<script', '<!--<script',
        '<title>', '</title', '<textarea>', '<style>', '<svg>', '</svg>',
        '<math>', '</math>', '<![CDATA[', ']]>', '<?', '</p>', '<p>', '</body>',
        '<b class="hit">', MARKS[0], ' ', '\r', '\r\n', '<plaintext>',
        '<foreignObject>', '<desc>', '</div>', '<table>')


class _Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.count = 0

    def words(self, low, high):
        stock = ('cotton linen blue shop new \u00e4u\u00dferst caf\u00e9 &amp; '
                 'tea &nbsp; size XL 100&euro; a<b').split()
        return ' '.join(self.random.choice(stock[:-1]) for _ in
                        range(self.random.randint(low, high)))

    def number(self):
        self.count += 1
        return self.count

    def card(self):
        n, hit = self.number(), self.random.random() < 0.15
        return ('<li class="%s" data-k="%s"><a href="/p/%d%s"><img src="/i/%d'
                '.jpg" alt="%s" width="200" height="250"></a><h3>%s</h3>'
                '<p>%s</p></li>'
                % ('card hit' if hit else 'card',
                   self.random.choice(('ab', 'cab', 'x', 'a')), n,
                   self.random.choice(('', '.html')), n, self.words(1, 4),
                   self.words(1, 4), self.words(2, 20)))

    def grid(self):
        return '<ul class="grid">%s</ul>' % '\n'.join(
            self.card() for _ in range(self.random.randint(1, 25)))

    def prose(self):
        return '<section class="%s"><h2>%s</h2><p>%s</p>%s</section>' % (
            self.random.choice(('about', 'hit', 'a hit b')),
            self.words(1, 5), self.words(5, 120),
            self.random.choice(('', '<b class="hit">%s</b>' % self.words(1, 3),
                                '<div class="hit" data-k="b"></div>')))

    def state(self):
        return '<script>window.S={"items":[%s]};</script>' % ','.join(
            '{"id":%d,"t":"%s","h":"<b class=\\"hit\\">"}'
            % (self.number(), self.words(1, 5))
            for _ in range(self.random.randint(1, 60)))

    def heavy(self):
        size = self.random.choice((100, 900, 1023, 1024, 1025, 2047, 2048,
                                   2049, 5000, 30000))
        return self.random.choice((
            '<img src="data:image/png;base64,%s" alt="x">',
            '<div style="%s" class="hit">s</div>',
            '<a class="hit" data-j=\'%s\' href="/x.html">l</a>',
            '<p data-j=%s>u</p>', '<!-- %s -->', '<i %s>n</i>')) \
            % ''.join(self.random.choice('aB3+/') for _ in range(size))

    def target(self):
        return self.random.choice((
            '<div id="target"><p>inside</p></div>',
            '<section class="x y" id=target>%s</section>' % self.prose(),
            '<DIV ID="target">\n<Div>deep<DIV>er</dIV></Div></DIV\n>',
            '<p id=\'target\' data-k="ab">%s</p>' % self.words(1, 30),
            '<aside id="target"></aside>',
            '<div id="target"><script>"</div>"</script><!-- </div> --></div>',
            '<div id="&#116;arget" class="&amp;">r</div>',
            '<span data-j="%s" id="target">far</span>'
            % ('j' * self.random.choice((400, 940, 1000))),
        ))

    def slot(self):
        return self.random.choice((
            '<div data-reco-slot="s"></div>',
            '<div class="r" data-reco-slot=\'s\'><p>old</p><!-- reco:t --></div>',
            '<nav><div DATA-RECO-SLOT=s><div>a</div>b</div></nav>'))

    def body(self):
        r = self.random
        parts = [r.choice((self.grid, self.prose, self.state, self.grid,
                           self.prose))() for _ in range(r.randint(2, 7))]
        parts += r.sample(DECOYS, r.randint(2, 12))
        parts += [self.heavy() for _ in range(r.randint(0, 3))]
        r.shuffle(parts)
        for choices, odds in ((self.target, 0.8), (self.slot, 0.2),
                              (lambda: r.choice(MARKS), 0.7),
                              (lambda: r.choice(MARKS), 0.3)):
            if r.random() < odds:
                parts.insert(r.randint(0, len(parts)), choices())
        return parts

    def head(self):
        return ('<meta charset=utf-8><title>%s</title><meta name="d" content="'
                '<b>%s</b>"><link rel=canonical href="/p/1"><script type='
                '"application/ld+json">{"@type":"Product","name":"%s"}</script>'
                '<style>b>i{color:red}</style>'
                % (self.words(1, 4), self.words(1, 4), self.words(1, 4)))

    def page(self):
        r = self.random
        joint = r.choice(('', '\n', '\r\n', '\n\n  ', '\r\n\t'))
        parts = ['<!DOCTYPE html>', '<html lang="en">',
                 '<head>%s</head>' % self.head(), '<body class="shop">',
                 '<header><nav><a href="/">home</a></nav></header>', '<main>',
                 *self.body(), '</main>', '<footer>&copy; shop</footer>',
                 '</body>', '</html>']
        page = joint.join(parts)
        if '\r' in joint:
            page = page.replace('\r\n', '\n').replace('\n', '\r\n')
        return page

    def damaged(self, page):
        r = self.random
        for _ in range(r.randint(1, 8)):
            at = r.randint(0, len(page))
            kind = r.random()
            if kind < 0.35:
                page = page[:at] + page[at + r.randint(1, 40):]
            elif kind < 0.45:
                start = r.randint(0, len(page))
                page = page[:at] + page[start:start + r.randint(1, 300)] \
                    + page[at:]
            elif kind < 0.95:
                page = page[:at] + r.choice(JUNK) + page[at:]
            else:
                page = page[:at]
        return page


def is_damaged(seed):
    """Whether parsers may disagree about what such a page nests."""
    return seed % 2 == 1


def make(seed):
    """Bytes of a page."""
    maker = _Maker(seed)
    page = maker.page()
    if is_damaged(seed):
        page = maker.damaged(page)
    return page.encode('utf-8' if seed % 3 else 'latin-1', 'replace')
