# The trainer is killed again and again, at moments of chance, in ingest, in
# training, in publishing: it starts again without help, no version is ever
# damaged, no event is lost or has two effects.
#
# RECO_KILLS: how often (100; 15 with sanitizers).

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;

my $kills = $ENV{RECO_KILLS} || ($Reco::BUILD =~ /asan/ ? 15 : 100);
my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $seed  = $ENV{RECO_SEED} || time;

srand $seed;
note "RECO_SEED=$seed";

$world->trainer_conf(
    shards               => 2,
    overlay_interval     => '100ms',
    train_interval       => '1s',
    min_events           => 20,
    claim_idle           => '1s',
    batch                => 100,
    keep                 => 3,
    ials_dimensions      => 8,
    ials_iterations      => 2,
    prequential_halflife => 100000000,
);

sub count { my $n = 0; $n += @$_ for values %{ $_[0] }; return $n }

# The batch run of the trainer, if one is under way.
sub batch_run {
    my ($parent) = @_;

    open my $in, '<', "/proc/$parent/task/$parent/children" or return;
    my ($child) = (<$in> // '') =~ /(\d+)/;

    return $child;
}

my $pid = $world->trainer;
$world->send_events($redis, 40);
ok($world->wait_for(60, sub { -e "$dir/model/current/manifest.json" }),
    'a first version');

my %met = (ingest => 0, training => 0, run => 0);
my ($corrupt, $dead, $live) = (0, 0, 0);

for my $kill (1 .. $kills) {
    $world->send_events($redis, 10 + int rand 40);
    sleep rand 0.5;

    # One at least of each kind, also where everything takes its time.
    my $run = batch_run($pid);
    $world->wait_for(60, sub {
        $run = batch_run($pid);
        return 1 if ($kill == 2) == !!$run;
        $world->send_events($redis, 5) if $kill == 2;
        return 0;
    }) if $kill <= 2;

    # The batch run alone, now and then; else the trainer, with what it does.
    if ($run && $kill % 4 == 0) {
        kill 'KILL', $run;
        $met{run}++;
        next;
    }

    $met{ $run ? 'training' : 'ingest' }++;
    kill 'KILL', $run if $run;
    $world->stop_trainer('KILL');
    $world->send_events($redis, int rand 20);

    # Entries that were delivered to a trainer of another name.
    $redis->command('XREADGROUP', 'GROUP', 'reco-trainer', 'another', 'COUNT',
        5, 'STREAMS', 'reco:events:0', '>') if $kill % 10 == 0;

    $pid = $world->trainer;
    next unless $kill % 5 == 0;
    my ($code, $output) = $world->ctl('versions', '--verify');
    $corrupt++ if $code;
    diag $output if $code;
    $live++ if -e "$dir/model/current/manifest.json";
}

note join ', ', map { "$_ $met{$_}" } sort keys %met;
cmp_ok($met{ingest}, '>', 0, 'some were killed in ingest');
cmp_ok($met{training} + $met{run}, '>', 0, 'some while training');
is($corrupt, 0, 'no version was ever damaged');
cmp_ok($live, '>', 0, 'and there always was one to read');

ok($world->wait_out(sub {
    my $stored = count($world->stored);
    return $stored >= $world->{events} ? '' : "$stored are there";
}),
    "after $kills kills all $world->{events} events are in the store")
    or diag count($world->stored);
is_deeply($world->stored, $world->{sent}, 'each once, and in order for each visitor');
ok($world->wait_for(60, sub {
    my $pending = 0;
    $pending += $redis->command('XPENDING', "reco:events:$_", 'reco-trainer')->[0]
        for 0 .. 1;
    $pending == 0;
}), 'all entries are acknowledged');

# -- what was learnt goes on as well --

my ($code, $output);
ok($world->wait_for(60, sub {
    ($code, $output) = $world->ctl('status');
    $output =~ /of (\d+) cases/ && $1 > 0;
}), 'events were predicted') or diag $output;
my ($cases) = $output =~ /of (\d+) cases/;
cmp_ok($cases, '<=', $world->{events}, 'none of them twice');
is(scalar(() = $world->read_file('logs/trainer.log')
    =~ /cannot be read|\[error\]/g), 0, 'nothing had to be begun anew')
    or diag grep { /cannot be read|\[error\]/ }
        split /^/, $world->read_file('logs/trainer.log');
ok($world->wait_for(60, sub { !batch_run($pid) }), 'no run is left over');
is($world->stop_trainer, 0, 'SIGTERM ends it in good order');
my @left = grep { !m{/(?:\d+)$} } glob "$dir/archive/versions/*";
is_deeply(\@left, [], 'the archive holds versions and nothing else');

$world->done;
done_testing;
