# A version that is clicked less than the one before makes room for it.

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
my $data  = "$Reco::ROOT/demo/data/eshop-clothing";

$world->trainer_conf(
    overlay_interval => '100ms',
    train_interval   => '1d',
    ials_dimensions  => 8,
    ials_iterations  => 2,
    rollback_shown   => 1000,
    visitor_rate     => 400,
);

sub ctl {
    my ($command, @arguments) = @_;

    return $world->recoctl($command, '--config', "$dir/trainer.conf",
        @arguments);
}

sub versions { return (ctl('versions'))[1] }

sub live { return readlink("$dir/model/current") // '' }

my $number = 0;

# Blocks of ten items, of which so many in a hundred blocks are clicked.
sub show {
    my ($version, $blocks, $clicks) = @_;

    my $items = join '', map { "$_\t\t\n" } 1 .. 10;
    for my $block (1 .. $blocks) {
        my $visitor = sprintf '%032x', 1 + $number % 500;
        my $now     = int(time * 1000);
        my @server  = (u => $visitor, ts => $now, m => $version,
            s => 'related', r => "r$block");
        $redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(@server,
            id => 'e' . ++$number, t => 'impression', l => $items));
        next if $block % 100 >= $clicks;
        $redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(@server,
            id => 'e' . ++$number, t => 'click', i => 1, k => 0));
    }
}

ctl('import', '--latest', 'now', "$data/valid.tsv.gz");
my ($code, $output) = ctl('train');
is($code, 0, 'a version') or diag $output;
$world->trainer;
show('000001', 300, 30);
ok($world->wait_for(30, sub { versions() =~ /^000001 .* 3\.00 %/m }),
    'how often it is clicked is told') or diag versions();

($code, $output) = ctl('train', '--force');
is($code, 0, 'the next one, compared with the first on those visits')
    or diag "$code $output";
is(live(), 'versions/000002', 'is live') or BAIL_OUT($output);
show('000002', 50, 0);
ok($world->wait_for(30, sub { versions() =~ /^000002 .* 0\.00 %/m }),
    'is clicked less') or diag versions();
is(live(), 'versions/000002', 'which may be chance as yet');

# -- a pinned one stays --

ctl('pin', 2);
show('000002', 200, 5);
ok($world->wait_for(30, sub { versions() =~ /^000002 .* 0\.40 %/m }),
    'enough to tell') or diag versions();
is(live(), 'versions/000002', 'a pinned version stays, whatever it is');
ctl('pin', '--off');

$world->expect_log(qr/clicked less/);
ok($world->wait_for(60, sub { live() eq 'versions/000001' }),
    'one that is not makes room for the one before') or diag versions();
ok($world->wait_for(30, sub {
    $world->read_file('logs/trainer.log') =~ /version\ 000002\ is\ clicked\ less
        .*0\.4\d+\ %.*against\ 3\.0\d+\ %.*back\ to\ version\ 000001/x
}), 'the log says why') or diag $world->read_file('logs/trainer.log');
like(versions(), qr/^000002 +left /m, 'the list, that it was left');
like(versions(), qr/^000001 +live /m, 'and which is live');
like($world->read_file('archive/journal'), qr/ retreat 000001$/m,
    'and the journal');

# -- nothing goes further back, and people may do as they like --

($code, $output) = ctl('rollback');
is($code, 1, 'there is nothing before it') or diag $output;
($code, $output) = ctl('promote', 2);
is($code, 0, 'the one that was left can be promoted') or diag $output;

# -- a bot gets no further than its day's events --

my $bot = 'b' x 32;
my $now = int(time * 1000);    # of one day, also at midnight
for (1 .. 450) {
    $redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => $bot,
        t => 'view', id => 'b' . $_, i => 'pushed', ts => $now));
}
ok($world->wait_for(30, sub { (ctl('status'))[1] =~ /^  too-many +50$/m }),
    'what a visitor sends beyond the cap is refused, and counted')
    or diag +(ctl('status'))[1];

$world->done;
done_testing;
