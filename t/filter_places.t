# Pages from files, of which a worker remembers where their blocks go: sent
# without being read again, and read again as soon as anything may be different.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Uncompress::Gunzip qw(gunzip);
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep stat time utime);

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001', items => 60);

my $TEXT = join '', map { "<p>Line $_ of a page, long enough to be one.</p>\n" } 1 .. 900;

# A page with a word in it that tells it from others, and its marks behind so many
# bytes of its text, at the end of a line.
sub page {
    my ($word, @marks) = @_;

    my $text = $TEXT;
    substr($text, index($text, "\n", $_->[0]) + 1, 0, $_->[1])
        for sort { $b->[0] <=> $a->[0] } @marks;

    return "<html><head><title>$word</title></head><body>$text</body></html>";
}

my $RELATED = '<!-- reco:related -->';
my $MORE    = '<!-- reco:more -->';
my $origin = $world->origin(sub {
    return { headers => ['Content-Type' => 'text/html'], body => $world->read_file('origin.html') };
});

my %slots = (
    page   => 'reco_item sku-3; reco_slot related n=3; reco_slot more n=2;',
    other  => 'reco_item sku-5; reco_slot more n=4;',
    select => 'reco_item sku-7; reco_slot related n=2 replace=#old; reco_slot more n=2 after=.card all;',
);

# What comes from a file: by sendfile, in pieces, learnt from, compressed; and
# what comes from elsewhere and is read each time.
sub conf {
    my $locations = '';
    for my $name (sort keys %slots) {
        my $file = "alias $dir/www/; reco on; $slots{$name}";
        my $read = "reco on; $slots{$name} proxy_pass http://127.0.0.1:$world->{port}/plain/;";
        $locations .= <<"CONF";
        location /$name/        { $file }
        location /pieces/$name/ { $file sendfile off; output_buffers 2 1k; }
        location /few/$name/    { $file sendfile off; }
        location /threads/$name/ { $file aio threads; }
        location /direct/$name/  { $file directio 1k; }
        location /gzip/$name/   { $file gzip on; }
        location /learn/$name/  { $file reco_learn on every=1h; }
        location /read/$name/   { $read }
CONF
    }

    return <<"CONF";
    reco_model $dir/model;
    reco_zone shop:1m;
    sendfile on;
    proxy_cache_path $dir/cache keys_zone=c:1m;
    proxy_cache_valid 200 1h;
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location /plain/   { alias $dir/www/; }
        $locations
        location /cached/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_cache c;
            proxy_cache_key \$uri;
            proxy_cache_bypass \$arg_refresh;
            reco on; $slots{page}
        }
    }
CONF
}

sub counter {
    return decode_json($world->get('/status?format=json')->{body})->{counters}{ $_[0] };
}

# The answer with its blocks, without the ids of requests, and whether the page
# was recalled.
sub get {
    my ($path, %option) = @_;

    my $before = counter('pages_recalled');
    my $response = $world->get($path, %option);
    my $body = $response->{body};
    if (($response->{headers}{'content-encoding'} || '') eq 'gzip') {
        gunzip(\$response->{body} => \$body);
    }
    $body =~ s/data-reco-req="[0-9a-f]{16}"/data-reco-req=""/g;

    return ($body, counter('pages_recalled') - $before, $response);
}

# The page, and the same as it is when it is read.
sub is_as_read {
    my ($path, $as, $recalled, $name) = @_;

    my ($expected) = get($as);
    my ($body, $times, $response) = get($path);
    ok($body eq $expected, "$name: the page is right");
    is($times, $recalled, "$name: it is " . ($recalled ? 'not ' : '') . 'read');
    is($response->{headers}{'content-length'}, length $response->{body}, "$name: its length is told")
        if !$response->{headers}{'transfer-encoding'};

    return $body;
}

# A file may change again within the second: as long as it is new it is read.  On a
# busy machine it may be old before it was asked for twice, and is made once more.
sub is_read_while_new {
    my ($make, $path, $as, $name) = @_;

    my ($body, $times, $begin);
    $world->wait_for(60, sub {
        $begin = time;
        $make->();
        get($path);
        ($body, $times) = get($path);
        return time - $begin < 1;
    });
    my ($expected) = get($as);
    ok($body eq $expected, "$name: the page is right");
    is($times, 0, "$name: it is read");
}

$world->nginx(conf());

# -- a file --

my $file;
is_read_while_new(sub {
    $file = $world->write_file('www/a.html', page('one', [3000, $RELATED], [20000, $MORE]));
}, '/page/a.html', '/read/page/a.html', 'a file that is new');
sleep 2.2;
get('/page/a.html');
my $body = is_as_read('/page/a.html', '/read/page/a.html', 1, 'a file');
my ($rest, @blocks) = Reco::Model::parts($body);
ok($rest eq $world->read_file($file), "nothing of the file's own was changed");
is_deeply([map { scalar(() = Reco::Model::ids($_)) } @blocks], [3, 2], 'and both blocks are there');
my $before = counter('pages_recalled');
is(Reco::HTTP::request($world->{port}, 'HEAD', '/page/a.html')->{headers}{'cache-control'}, 'private',
    'HEAD has the header');
is(counter('pages_recalled'), $before, 'and no body to recall');
is($world->get('/page/a.html')->{headers}{'content-length'}, length $world->get('/page/a.html')->{body},
    'what goes out at once says how long it is');
my ($part, $recalled, $response) = get('/page/a.html', headers => { Range => 'bytes=10-20' });
is_deeply([$response->{status}, $recalled, $part eq $body], [200, 1, 1], 'a range is answered with the page');

# -- other places of the configuration --

get('/other/a.html');
$body = is_as_read('/other/a.html', '/read/other/a.html', 1, 'with other slots');
is_deeply([map { scalar(() = Reco::Model::ids($_)) } Reco::Model::parts($body)], [0, 4], 'one block');
is_as_read('/page/a.html', '/read/page/a.html', 1, 'and the first ones again');

# -- a file that changes --

my @times = (stat $file)[8, 9];
my $changed = page('two', [9000, $MORE], [15000, $RELATED]);
is(length $changed, -s $file, 'of the same length');
my $change = sub {
    open my $handle, '+<:raw', $file or die;
    print {$handle} $changed;
    close $handle;
    utime $times[0], $times[1], $file;
};
$change->();
is_as_read('/page/a.html', '/read/page/a.html', 0, 'changed in place, its time put back');
is_read_while_new($change, '/page/a.html', '/read/page/a.html', 'and just so');
sleep 2.2;
get('/page/a.html');
is_as_read('/page/a.html', '/read/page/a.html', 1, 'two seconds later');

$world->write_file('www/b.html', page('six', [4000, $MORE], [33000, $RELATED]));
utime $times[0], $times[1], "$dir/www/b.html";
rename "$dir/www/b.html", $file or die;
is_as_read('/page/a.html', '/read/page/a.html', 0, 'replaced by another of the same time and length');

truncate $file, 20000;
is_as_read('/page/a.html', '/read/page/a.html', 0, 'cut off');

# -- places of other kinds --

$world->write_file('www/select.html', '<body>' . 'x' x 5000 . '<div id="old">what <b>was</b> here</div>'
    . join('', map { "<div class=\"card\">$_</div>" . 'y' x 900 } 1 .. 4) . '</body>');
$world->write_file('www/many.html', '<body>' . '<div class="card"></div>' x 20 . '</body>');
$world->write_file('www/fill.html', "<body><div data-reco-slot=\"related\">for the time <i>being</i></div>$TEXT</body>");
$world->write_file('www/none.html', "<body>$TEXT</body>");
sleep 2.2;
get("/select/$_.html"), get("/page/$_.html") for qw(select many fill none);
$body = is_as_read('/select/select.html', '/read/select/select.html', 1, 'replaced, and many');
is(scalar(() = $body =~ /<section class="reco"/g), 5, 'five blocks');
unlike($body, qr/was/, 'in place of what was there');
is_as_read('/select/many.html', '/read/select/many.html', 0, 'too many to be remembered');
$body = is_as_read('/page/fill.html', '/read/page/fill.html', 1, 'an element that is filled');
unlike($body, qr/being/, 'filled');
my $unplaced = counter('slots_unplaced');
my ($none, $times, $answer) = get('/page/none.html');
is_deeply([$none eq $world->read_file('www/none.html'), $times, counter('slots_unplaced') - $unplaced],
    [1, 1, 2], 'a page without a place, which is counted');
is($answer->{headers}{'last-modified'}, $world->get('/plain/none.html')->{headers}{'last-modified'},
    'and keeps its header');

# -- filters that want the page in memory --

$world->write_file('www/g.html', page('gzip', [3000, $RELATED], [20000, $MORE]));
sleep 2.2;
get('/gzip/page/g.html');
is_as_read('/gzip/page/g.html', '/read/page/g.html', 1, 'a client that takes no gzip');
my ($expected) = get('/read/page/g.html');
my @gzip = map { [get('/gzip/page/g.html', headers => { 'Accept-Encoding' => 'gzip' })] } 1 .. 2;
is_deeply([map { [$_->[0] eq $expected, $_->[1], $_->[2]{headers}{'content-encoding'}] } @gzip],
    [([1, 1, 'gzip']) x 2], 'clients that do');
is_as_read('/gzip/page/g.html', '/read/page/g.html', 1, 'and again one that does not');

# -- small files and large ones, in memory and not --

my %small = map { $_ => $world->read_file("www/$_.html") } qw(g fill none select);
$world->write_file("www/large-$_.html", $small{$_} =~ s{</body>}{$TEXT$TEXT</body>}r) for keys %small;
sleep 2.2;
for my $kind (qw(page few pieces threads direct gzip)) {
    for my $size ('', 'large-') {
        for (qw(page/g page/fill page/none other/g select/select select/none)) {
            my ($slots, $name) = split '/';
            my $path = $kind eq 'page' ? "/$slots/$size$name.html" : "/$kind/$slots/$size$name.html";
            get($path);
            is_as_read($path, "/read/$slots/$size$name.html", 1, "$kind: $slots/$size$name");
        }
    }
}

# -- pages that are learnt from are read --

$world->write_file('www/l.html', page('learn', [3000, $RELATED], [20000, $MORE]));
sleep 2.2;
is((get('/learn/page/l.html'))[1], 0, 'a page that is learnt from');
get('/learn/page/l.html');
is_as_read('/learn/page/l.html', '/read/page/l.html', 1, 'and is not for now');

# -- the cache --

$world->write_file('origin.html', page('old', [3000, $RELATED], [20000, $MORE]));
get('/cached/a');
sleep 2.2;
get('/cached/a');
my ($was) = get('/cached/a?refresh=1');
sleep 2.2;
get('/cached/a');
($body, $times) = get('/cached/a');
is_deeply([$body eq $was, $times], [1, 1], 'a page in the cache');
$world->write_file('origin.html', page('new', [9000, $MORE], [15000, $RELATED]));
my ($is) = get('/cached/a?refresh=1');
isnt($is, $was, 'is made anew');
($body, $times) = get('/cached/a');
is_deeply([$body eq $is, $times], [1, 0], 'and read anew');
sleep 2.2;
get('/cached/a');
($body, $times) = get('/cached/a');
is_deeply([$body eq $is, $times], [1, 1], 'once');

# -- more files than are remembered --

$world->write_file("www/m$_.html", "<body>$_ $RELATED$MORE</body>") for 1 .. 700;
sleep 2.2;
my @wrong;
for my $round (1, 2) {
    for my $n (1 .. 700) {
        my ($page, @two) = Reco::Model::parts($world->get("/page/m$n.html")->{body});
        push @wrong, $n if $page ne "<body>$n $RELATED$MORE</body>" || @two != 2;
    }
}
is_deeply(\@wrong, [], 'seven hundred files');

$world->done;

done_testing;
