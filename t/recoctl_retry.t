# What the trainer refused can be looked at and, when the cause is gone, put
# back into the stream.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $now   = int(time * 1000);

$world->trainer_conf(shards => 3, stream => 'ev', rejected => 'refused',
    visitor_rate => 2, min_events => 1e9);
$world->trainer;

sub ctl { return $world->recoctl(shift, '--config', "$dir/trainer.conf", @_) }
sub length_of { return $redis->command('XLEN', $_[0]) }

# The trainer takes two events of a visitor and day.
my $visitor = '5' x 32;
$redis->command('XADD', 'ev:0', '*', Reco::Redis::event(u => $visitor, t => 'view',
    id => "n$_", i => "item $_", ts => $now, c => "x\ta b"))
    for 1 .. 5;
$redis->command('XADD', 'ev:1', '*', Reco::Redis::event(u => $visitor, t => 'nonsense'));
ok($world->wait_for(10, sub { length_of('refused') == 4 }),
    'four of six are refused');

# And one at nginx's door.
$redis->command('XADD', 'refused', '*', 'field', 'type', 'reason', 'missing',
    'body', '{}');

my ($code, $output) = ctl('tail', '--rejected', '--once');
is($code, 0, 'tail --rejected') or diag $output;
like($output, qr/reason=too-many .*i=item 3/, 'shows why');
like($output, qr/field=type reason=missing body=\{\}/, 'and the one at the door');

($code, $output) = ctl('retry', '--dry-run');
like($output, qr/^4 entries would be put back; .* 0 of another reason, 1 that are no event$/,
    'retry --dry-run tells') or diag $output;
is(length_of('refused'), 5, 'and does nothing');

# The cause is gone.
$world->stop_trainer;
$world->trainer(shards => 3, stream => 'ev', rejected => 'refused',
    visitor_rate => 100, min_events => 1e9);
($code, $output) = ctl('retry', '--reason', 'too-many');
is($code, 0, 'retry --reason') or diag $output;
like($output, qr/^3 entries put back; left there: 1 of another reason, 1 that are no event$/,
    'puts those three back');
is(length_of('refused'), 2, 'and they are gone there');

my @ids;
ok($world->wait_for(10, sub {
    @ids = ((ctl('events', '--visitor', $visitor))[1]) =~ /"id":"(n\d)"/g;
    return @ids == 5;
}), 'they have their effect');
is("@ids", 'n1 n2 n3 n4 n5', 'in their order');

# What is refused again is not looked at again.
($code, $output) = ctl('retry');
like($output, qr/^1 entries put back/, 'the one that is nonsense');
ok($world->wait_for(10, sub { length_of('refused') == 2 }),
    'comes back');
like(((ctl('tail', '--rejected', '--once'))[1]), qr/t=nonsense|nonsense/,
    'as it was');

is((ctl('retry', 'x'))[0], 2, 'an argument too many');

$world->done;
done_testing;
