# Vectors that were learnt elsewhere, as NumPy saves them, in place of our own.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};

$world->trainer_conf(ials_dimensions => 8, ials_iterations => 2,
    'engine.weight.factors' => 10);

sub ctl {
    my ($command, @arguments) = @_;

    my ($code, $output) = $world->recoctl($command, '--config',
        "$dir/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}

# As numpy.save() writes: version 1 for short heads, padded to 64 bytes.
sub npy {
    my ($name, $type, $version, $columns, @values) = @_;

    my $head = sprintf "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }",
        $type, @values / $columns, $columns;
    my $before = $version == 1 ? 10 : 12;
    $head .= ' ' x ((-($before + length($head) + 1)) % 64) . "\n";

    return $world->write_file($name, "\x93NUMPY" . chr($version) . "\0"
        . pack($version == 1 ? 'v' : 'V', length $head) . $head
        . pack($type eq '<f8' ? 'd<*' : 'f<*', @values));
}

# Two kinds of things, which sessions mix; the vectors tell them apart.
my @names = map { ("red$_", "blue$_") } 1 .. 30;
my $now = time;
my $events = "visitor\tsession\titem\tts\n";
for my $i (0 .. 199) {
    $events .= "v$i\ts$i\t$names[($i * 7 + $_ * 11) % 60]\t"
        . ($now - 90000 + $i * 60 + $_) . "\n" for 1 .. 4;
}
ctl('import', $world->write_file('events.tsv', $events));
ctl('train');

my @vectors = map { my ($x, $y) = $_ & 1 ? (0.1, 1) : (1, 0.1);
    ($x, $y, 0.01 * $_, 0) } 0 .. $#names;
my $ids = $world->write_file('ids', join "\n", @names, 'unheard-of', '');

# The best by factors alone, of a visit to one red thing if none is given.
sub best {
    my @visit = @_ ? @_ : ('--session', 'red1');
    my @best;
    for my $name (@names) {
        my $said = decode_json(scalar ctl('explain', @visit, '--item', $name,
            '--json'));
        my ($row) = grep { $_->{name} eq 'factors' } @{ $said->{features} || [] };
        push @best, [$name, $row->{value}] if $row && $row->{value} > 0.5;
    }
    return map { $_->[0] } sort { $b->[1] <=> $a->[1] } @best;
}

my @before = best();

for my $case (['f4.npy', '<f4', 1], ['f8.npy', '<f8', 2], ['v3.npy', '<f4', 3]) {
    my ($code, $output) = ctl('import-factors', '--items',
        npy(@$case, 4, @vectors, 9, 9, 9, 9), '--ids', $ids, '--fold-in', 'mean');
    is($code, 0, "$case->[1] of format $case->[2]") or diag $output;
    like($output, qr/of 4 dimensions for 60 of 60 items; 1 ids are unknown/,
        'each item has its row');
}
like(scalar ctl('promote', 4), qr/000004 is live/, 'kept until it is promoted');

my @after = best();
cmp_ok(scalar @after, '>', 5, 'a visitor has a vector');
is(grep({ /blue/ } @after), 0, 'that points at things of the same kind');
isnt("@after", "@before", 'as it did not before');
my $manifest = decode_json(scalar ctl('show'));
is($manifest->{imported}{into}, '000001', 'the manifest says what it came into');
is($manifest->{engine}{'factors.steps'}, '0', 'and how to fold in');
is($manifest->{trained}{events}, 800, 'and what the rest learnt from');
my ($code, $output) = ctl('versions', '--verify');
is($code, 0, 'all versions are whole') or diag $output;

($code, $output) = ctl('import-factors', '--items', "$dir/f4.npy", '--ids',
    $ids, '--users', npy('users.npy', '<f4', 1, 4, map { (1, 0.2, 0, 0.3) } 1 .. 50),
    '--promote');
is($code, 0, 'users and the fold-in of implicit ALS') or diag $output;
like($output, qr/000005 is live/, 'live at once');
@after = best();
cmp_ok(scalar @after, '>', 5, 'a visitor has a vector again');
is(grep({ /blue/ } @after[0 .. 4]), 0, 'with its own kind first');

sub refuse {
    my ($why, $like, @arguments) = @_;

    my ($code, $output) = ctl('import-factors', @arguments);
    is($code, 1, $why);
    like($output, $like, 'which it says');
}

refuse('fewer ids than rows', qr/2 ids for 61 rows/, '--items', "$dir/f4.npy",
    '--ids', $world->write_file('few', "red1\nred2\n"));
refuse('more ids than rows', qr/more:2: there are more ids than the 1 rows/,
    '--items', npy('one.npy', '<f4', 1, 4, 1 .. 4),
    '--ids', $world->write_file('more', "red1\nred2\n"));
refuse('an id that comes twice', qr/twice:2: "red1" comes a second time/,
    '--items', npy('two.npy', '<f4', 1, 4, 1 .. 8),
    '--ids', $world->write_file('twice', "red1\nred1\n"));
refuse('no id of the version', qr/none of these ids/, '--items', "$dir/one.npy",
    '--ids', $world->write_file('none', "nothing\n"));
refuse('a value that is no number', qr/nan:1: row 0 has a value/,
    '--items', npy('nan.npy', '<f4', 1, 2, 1, 9 ** 9 ** 9 / 9 ** 9 ** 9),
    '--ids', $world->write_file('nan', "red1\n"));
refuse('users of other dimensions', qr/of 2 dimensions, and the items' have 4/,
    '--items', "$dir/f4.npy", '--ids', $ids,
    '--users', npy('u2.npy', '<f4', 1, 2, 1, 2));
refuse('vectors that are all 0', qr/all vectors are 0/, '--items',
    npy('zero.npy', '<f4', 1, 2, 0, 0),
    '--ids', $world->write_file('zero', "red1\n"));
refuse('vectors that are too long', qr/long:1: row 0 is too long/, '--items',
    npy('long.npy', '<f4', 1, 2, 1e30, 1),
    '--ids', $world->write_file('long', "red1\n"));
refuse('visitors that come twice', qr/again:2: visitor "v1" comes a second time/,
    '--items', "$dir/f4.npy", '--ids', $ids, '--users', "$dir/users.npy",
    '--user-ids', $world->write_file('again', "v1\nv1\n"));
refuse('fewer visitors than rows', qr/few: 2 ids for 50 rows/,
    '--items', "$dir/f4.npy", '--ids', $ids, '--users', "$dir/users.npy",
    '--user-ids', $world->write_file('few', "v1\nv2\n"));
refuse('no visitor of the store', qr/knows none of these visitors/,
    '--items', "$dir/f4.npy", '--ids', $ids,
    '--users', npy('u1.npy', '<f4', 1, 4, 1 .. 4),
    '--user-ids', $world->write_file('strangers', "stranger\n"));
($code) = ctl('import-factors', '--items', "$dir/f4.npy", '--ids', $ids,
    '--user-ids', "$dir/few");
is($code, 2, 'nor are there visitors without vectors');
refuse('no .npy', qr/no \.npy file/, '--items', $ids, '--ids', $ids);
refuse('no file', qr/cannot open/, '--items', "$dir/nowhere", '--ids', $ids);
($code) = ctl('import-factors', '--items', "$dir/f4.npy");
is($code, 2, 'ids are needed');
($code, $output) = ctl('versions', '--verify');
is($code, 0, 'nothing of this hurt a version') or diag $output;

# -- visitors' vectors --

my $redis = $world->redis;
$world->trainer_conf(ials_dimensions => 8, ials_iterations => 2,
    overlay_interval => '100ms');
my $users = $world->write_file('visitors', "v1\nv2\nstranger\nv3\nv4\n");
($code, $output) = ctl('import-factors', '--items', "$dir/f4.npy", '--ids', $ids,
    '--users', npy('v.npy', '<f4', 1, 4, 3, 0, 4, 0, 0, 2, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0),
    '--user-ids', $users, '--fold-in', 'mean', '--promote');
is($code, 0, 'vectors of visitors') or diag $output;
like($output, qr/^and for 4 of 5 visitors$/m, 'whom the store knows');
my ($version) = $output =~ /^version (\d+) is live/m;

# The vector in the record, and the base that it belongs to.
sub record {
    my $record = $redis->command('GET', "reco:visitor:$_[0]") // '';
    return ('', []) if length $record < 40;
    my ($nbase, $events, $seen, $dimensions, $counters) =
        unpack 'x6 v x4 v v x16 v v', $record;
    my $at = 40 + 17 * $events + 9 * $seen + 4 * $counters;
    return (substr($record, $at, $nbase),
        [map { sprintf '%.3f', $_ } unpack "x@{[$at + $nbase]} f<$dimensions", $record],
        $events);
}

$world->trainer;
ok($world->wait_for(60, sub { 2 == grep { (record($_))[0] eq $version } 'v1', 'v2' }),
    'are in the feature store before the visitors come');
my ($base, $vector, $done) = record('v1');
is($base, $version, 'for the version that they came with');
is_deeply($vector, ['0.600', '0.000', '0.800', '0.000'], 'with length 1');
is($done, 4, 'beside what the visitor did');
is_deeply((record('v3'))[1], [], 'one without a direction is none');

sub view {
    my ($visitor, $item) = @_;
    my $now = int(time * 1000);
    $redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => $visitor,
        t => 'view', i => $item, id => "now-$visitor", ts => $now));
}

# A visit is explained as of its last event.  Visitor N was the N-th of 200,
# and each of those before brought up to four items that nobody had met: v2 can
# be recommended eight things of the sixty, v4 sixteen.
like(scalar ctl('explain', '--visitor', 'v2', '--item', 'blue1'),
    qr/it was first seen after the visit/, 'explain asks as of the last event');
my @taste = best('--visitor', 'v2');
cmp_ok(scalar @taste, '>', 5, 'explain knows it');
cmp_ok(scalar(grep { /blue/ } @taste[0 .. 4]), '>', 3, 'and where it points');
@taste = best('--visitor', 'v4');
cmp_ok(scalar(grep { /red/ } @taste[0 .. 4]), '>', 3, 'as that of another');

view('v2', 'blue1');
ok($world->wait_for(60, sub { ((record('v2'))[2] // 0) == 5 }), 'the visitor comes');
cmp_ok((record('v2'))[1][1], '>', 0.5, 'and the vector goes on from there');

ctl('forget', 'v1');
$world->stop_trainer;
$redis->command('DEL', 'reco:visitor:v4');
$world->trainer;
view('v5', 'red3');
ok($world->wait_for(60, sub { (record('v5'))[0] eq $version }), 'others come as well');
is((record('v1'))[0], '', 'who is forgotten has no vector any more');
is((record('v4'))[0], '', 'and a restart does not write all of them again');

$world->done;
done_testing;
