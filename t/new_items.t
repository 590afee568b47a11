# Items that nobody has met: found by what the catalogue says of them, from the
# build on, and between two builds from their first second.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

$world->trainer_conf(
    overlay_interval => '100ms',
    train_interval   => '1h',
    ials_dimensions  => 8,
    'engine.weight.unmet' => 5,
);

# Who looks at lamps looks at lamps, who looks at chairs at chairs.
my @kinds = map { my $kind = $_; [ map {"$kind$_"} 1 .. 60 ] } qw(lamp chair);
sub title { my ($id) = @_; return $id =~ /^(lamp|chair)(\d+)/ ? "\u$1 no $2" : $id }
sub lines { return join '', map { join("\t", @$_) . "\n" } @_ }

my @catalog = map { [ $_, title($_), /^lamp/ ? 'lights' : 'seats' ] } map {@$_} @kinds;
my @events;
my $now = time;
srand 1;
for my $session (1 .. 600) {
    my $kind = $kinds[$session % 2];
    push @events, map { [ "v$session", $kind->[rand @$kind], $now - 90000 + 100 * $session + $_ ] } 1 .. 5;
}

$world->ctl('import', '--items', $world->write_file('items.tsv',
    lines([qw(item title category)], @catalog, [ 'quiet', 'Quiet lamp', 'lights' ])));
$world->ctl('import', $world->write_file('events.tsv', lines([qw(visitor item ts)], @events)));
$world->ctl('train');

my $manifest = decode_json($world->read_file('model/current/manifest.json'));
cmp_ok($manifest->{content_map}{explained}, '>', 0.1, 'titles tell of factors');
ok(-s "$dir/model/current/content.bin", 'the version has the map');

# Place of an item in a visit to another one, and its features.
sub why {
    my ($session, $item) = @_;
    my ($code, $output) = $world->ctl('explain', '--session', $session, '--item', $item,
        '--n', '20', '--json');
    return {} if $code || $output !~ /^\{/;
    return decode_json($output);
}

my $found = why('lamp3,lamp4', 'quiet');
ok($found->{place}, 'an item that nobody had met at the build is recommended')
    or diag(JSON::PP->new->pretty->encode($found));
ok(!why('chair3,chair4', 'quiet')->{place}, 'where it belongs');

# -- after the build --

my $pid = $world->trainer;
ok($world->wait_for(20, sub { -e "$dir/model/overlay" }), 'an overlay');
$world->ctl('import', '--items', $world->write_file('more.tsv', lines([qw(item title category)],
    [ 'fresh', 'Fresh lamp', 'lights' ], [ 'seat', 'Another chair', 'seats' ],
    [ 'odd', 'zzz', 'qqq' ])));
ok($world->wait_for(20, sub { why('lamp3,lamp4', 'fresh')->{place} }),
    'an item that came after it is recommended');
ok(!why('lamp3,lamp4', 'seat')->{place}, 'not to those who look at others');
ok(why('chair3,chair4', 'seat')->{place}, 'but to those who look at its like');
my $odd = why('lamp3,lamp4', 'odd');
ok(!$odd->{place}, 'of whom nothing tells is not found') or diag(JSON::PP->new->pretty->encode($odd));

is($world->stop_trainer, 0, 'the trainer ends');

$world->done;
done_testing;
