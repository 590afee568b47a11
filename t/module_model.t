# Models come, change, go back, are broken, are gone: pages go on.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json);
use POSIX qw(mktime);
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;
use Reco::Model;

my $PAGE = '<html><body><!-- reco:related --><p>text</p></body></html>';

my $world = Reco->new;
my $dir   = $world->{dir};
$world->write_file('www/product/a1-5', $PAGE);
$world->write_file('www/product/b2-5', $PAGE);

sub conf {
    my ($stale) = @_;

    return <<"CONF";
    reco_zone shop:1m;
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location / {
            add_header X-Model \$reco_model;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=5;
        }
    }
    reco_model $dir/model stale=$stale;
CONF
}

$world->nginx(conf('1h'), workers => 2);

sub page {
    my ($path) = @_;

    my $response = $world->get($path || '/product/a1-5');
    my ($page, @blocks) = Reco::Model::parts($response->{body});
    is($page, $PAGE, 'the page is whole') if $page ne $PAGE;

    return ($response->{headers}{'x-model'}, Reco::Model::ids($blocks[0]));
}

sub counter {
    my ($name) = @_;

    return decode_json($world->get('/status?format=json')->{body})
        ->{counters}{$name};
}

# Every worker has it: answers tell of some, the log of all.
sub live {
    my ($version) = @_;

    my $start = time;
    $world->wait_for(60, sub {
        my %last;
        my $log = $world->error_log;
        $last{$1} = $2 // 'none' while $log
            =~ /(\d+)#\d+: .*?model "[^"]*?(?:(\d{6})" is live|" is gone)/g;
        my @workers = $world->workers;
        return @workers == 2 && !grep { ($last{$_} // '') ne $version } @workers;
    }) or return 0;

    return time - $start;
}

# -- none yet --

is((page())[1], undef, 'without a model there is no block');

# -- the first --

Reco::Model::publish($world, '000001', prefix => 'a1');
ok(live('000001'), 'a model is taken while nginx runs');
is((page())[1], 'a1-6', 'and used');

# -- the next, and back --

Reco::Model::publish($world, '000002', prefix => 'b2', items => 60);
my $took = live('000002');
ok($took, 'the next one is taken by both workers');
note sprintf 'after %.2f s', $took;
is((page('/product/b2-5'))[1], 'b2-6', 'and used');

sub point {
    my ($version) = @_;

    symlink "versions/$version", "$dir/model/current.next" or die;
    rename "$dir/model/current.next", "$dir/model/current" or die;
}

point('000001');
ok(live('000001'), 'rollback is the same move');

# -- broken versions --

my $before = counter('model_refused');
for my $broken (qw(truncated flipped empty missing)) {
    my $path = "$dir/model/versions/$broken";
    system("cp -r $dir/model/versions/000002 $path");
    my $file = "$path/catalog.bin";
    my $content = $world->read_file($file);
    $world->write_file($file, substr $content, 0, length($content) / 2)
        if $broken eq 'truncated';
    $world->write_file($file, '') if $broken eq 'empty';
    if ($broken eq 'flipped') {
        substr($content, 20, 1) ^= "\xff";
        $world->write_file($file, $content);
    }
    system("rm -r $path") if $broken eq 'missing';
    point($broken);
    ok($world->wait_for(3, sub { counter('model_refused') >= $before + 2 }),
        "$broken: refused by both workers");
    $before = counter('model_refused');
    is((page())[0], '000001', "$broken: the one before stays");
}
my @lines = grep { /is refused, the one before it stays: / } split /\n/, $world->error_log;
cmp_ok(scalar @lines, '>=', 2, 'the log says so');
my (%said, @soon);
for (@lines) {
    my ($year, $month, $day, $hour, $minute, $second, $worker) = /^(\d+)\D(\d+)\D(\d+)
        \D(\d+)\D(\d+)\D(\d+)\ \[\w+\]\ (\d+)/x;
    my $when = mktime($second, $minute, $hour, $day, $month - 1, $year - 1900);
    push @soon, $_ if defined $said{$worker} && $when - $said{$worker} < 10;
    $said{$worker} = $when;
}
is_deeply(\@soon, [], 'and not for each of them: once in ten seconds');
point('000002');
ok(live('000002'), 'a sound one is taken again');

# -- the overlay --

Reco::Model::publish($world, '000002', prefix => 'new', items => 8, overlay => 1);
ok($world->wait_for(3, sub { counter('overlay_swaps') >= 2 }), 'an overlay is taken');
$world->write_file('www/product/new-2', $PAGE);
ok((grep { /^new-[35]$/ } page('/product/new-2')), 'and its items recommended');
$world->nginx_conf(conf('1s'), workers => 2);
$world->reload;
ok($world->wait_for(60, sub { !grep { /^new-/ } page('/product/new-2') }),
    'until it is stale');
$world->nginx_conf(conf('1h'), workers => 2);
$world->reload;
ok($world->wait_for(60, sub { grep { /^new-/ } page('/product/new-2') }),
    'which is a matter of the configuration');

my $overlay = $world->read_file('model/overlay');
$world->write_file('model/overlay.next', substr $overlay, 0, length($overlay) - 64);
rename "$dir/model/overlay.next", "$dir/model/overlay";
ok($world->wait_for(3, sub { counter('overlay_refused') >= 2 }),
    'a damaged overlay is refused');
is((page())[0], '000002', 'and the base goes on');

Reco::Model::publish($world, '000001', prefix => 'old', items => 8, overlay => 1);
sleep 1.2;
is((page())[0], '000002', 'an overlay of another base is let be');
is(counter('overlay_refused'), 2, 'and is no error');

# -- gone --

unlink "$dir/model/current";
ok($world->wait_for(3, sub { !(grep { defined } map { (page())[1] } 1 .. 12) }),
    'a model that is gone is not used');
point('000002');
ok(live('000002'), 'one that came back is');

# -- many swaps, one after the other, while pages are asked for --

my ($failed, $asked) = (0, 0);
for my $round (1 .. 40) {
    point($round % 2 ? '000001' : '000002');
    my $until = time + 0.1;
    while (time < $until) {
        my $response = $world->get('/product/a1-5');
        $asked++;
        $failed++ unless $response->{status} == 200 && $response->{complete}
            && $response->{body} =~ /data-reco-item/;
    }
}
is($failed, 0, "no page of $asked failed over 40 swaps");
live('000002');

# What was dropped goes step by step.
my $files = grep { -s } glob "$dir/model/versions/000002/*.{bin,faiss}";
my @maps;
ok($world->wait_for(60, sub {
    @maps = map { scalar(() = $world->read_file("/proc/$_/maps") =~ /model/g) } $world->workers;
    return !grep { $_ != $files } @maps;
}), "and no mapping is left over but of $files files") or diag("@maps");

$world->stop_nginx;
$world->expect_log(qr/is refused/);
$world->done;

done_testing;
