# Vowpal Wabbit learns the blend's weights from exported examples, and they
# come back.  It is installed from PyPI into a folder of its own; where that
# cannot be, only what needs no Vowpal Wabbit is tested.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $data  = "$Reco::ROOT/demo/data/eshop-clothing";

$world->trainer_conf(ials_dimensions => 8, ials_iterations => 2);

sub ctl {
    my ($command, @arguments) = @_;

    my ($code, $output) = $world->recoctl($command, '--config',
        "$dir/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}

# Each item's place in a block of 100, for a visit to items 5 and 2.
sub places {
    return join ' ', map {
        my $said = decode_json(scalar ctl('explain', '--session', '5,2',
            '--n', 100, '--item', $_, '--json'));
        $_ . '=' . ($said->{place} || '-');
    } 1, 3, 4, 6 .. 21;
}

sub weight {
    my ($name) = @_;

    my $manifest = decode_json(scalar ctl('show'));
    return $manifest->{engine}{"weight.$name"};
}

sub slurp {
    my ($path) = @_;

    open my $file, '<', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}

ctl('import', '--items', "$data/items.tsv.gz");
ctl('import', '--latest', 'now', "$data/valid.tsv.gz");
ctl('train');

# -- a replay: nobody clicked on a block yet --

my ($code, $output) = ctl('export-examples', '--out', "$dir/replay.vw",
    '--limit', 400);
is($code, 0, 'examples of a replay') or diag $output;
like($output, qr/requests from a replay of sessions: \d+ examples/, 'say so');
my @lines = split /\n/, slurp("$dir/replay.vw");
my $taken = grep { /^1 / } @lines;
cmp_ok($taken, '>', 300, 'most of them have what was taken');
cmp_ok(@lines, '>', 10 * $taken, 'and many others');
is(grep({ !/^-?1 1 'r\d+ \|reco( \w+:-?[\d.]+(e-?\d+)?)+$/ } @lines), 0,
    'each line is an example');

($code, $output) = ctl('export-examples', '--from', 'shown');
is($code, 1, 'nothing was shown yet');
like($output, qr/no clicks on blocks .*"--from replay"/, 'which says what there is instead');

# -- blocks that were shown: whoever is on item 1 clicks what comes third --

my $now = time * 1000;
my $events = '';
for my $i (1 .. 60) {
    my $at = $now - 3_000_000 + $i * 1000;
    my %base = (v => 1, visitor => "shown$i", slot => 'related',
        req => "render$i");
    $events .= encode_json($_) . "\n" for
        { %base, id => "v$i", type => 'view', item => '1', ts => $at },
        { %base, id => "i$i", type => 'impression', ts => $at + 100,
            items => [3, 2, 4, 5] },
        { %base, id => "c$i", type => 'click', item => '4', rank => 3,
            ts => $at + 900 };
}
($code, $output) = ctl('import', $world->write_file('shown.jsonl', $events));
is($code, 0, 'impressions and clicks') or diag $output;

($code, $output) = ctl('export-examples', '--out', "$dir/shown.vw");
like($output, qr/^60 requests from blocks that were shown: 240 examples, 60 of them/m,
    'clicks on blocks come first') or diag $output;
@lines = split /\n/, slurp("$dir/shown.vw");
is(grep({ /^1 1 'r\d+ \|place p3 \|reco / } @lines), 60, 'what was clicked');
is(grep({ /^-1 1 'r\d+ \|place p[124] \|reco / } @lines), 180, 'what was not');

# -- Vowpal Wabbit itself --

my $python = "$Reco::BUILD/vowpal_wabbit/bin/python";
my $log = "$dir/pip.log";

if (!-e "$Reco::BUILD/vowpal_wabbit/ready") {
    my $made = system("python3 -m venv $Reco::BUILD/vowpal_wabbit >$log 2>&1"
        . " && $python -m pip install --quiet --retries 0 --timeout 15"
        . " vowpalwabbit >>$log 2>&1") == 0;
    if ($made) {
        open my $ready, '>', "$Reco::BUILD/vowpal_wabbit/ready" or die;
        close $ready;
    }
}

SKIP: {
    skip "Vowpal Wabbit cannot be installed from PyPI here", 12
        unless -e "$Reco::BUILD/vowpal_wabbit/ready";

    my $learn = sub {
        my ($examples) = @_;

        return system("cd $dir && $python -m vowpalwabbit -d $examples"
            . " --loss_function logistic --invert_hash $examples.inverted"
            . " --readable_model $examples.readable >$examples.log 2>&1");
    };

    is($learn->('replay.vw'), 0, 'Vowpal Wabbit reads the replay')
        or diag slurp("$dir/replay.vw.log");
    my ($read) = slurp("$dir/replay.vw.log") =~ /number of examples = (\d+)/;
    is($read, scalar split(/\n/, slurp("$dir/replay.vw")), 'every example');
    my ($loss) = slurp("$dir/replay.vw.log") =~ /average loss = ([\d.]+)/;
    cmp_ok($loss, '<', 0.3, 'and learns from them');

    my $before = places();
    ($code, $output) = ctl('import-weights', '--promote',
        "$dir/replay.vw.inverted");
    is($code, 0, 'what it learnt comes back') or diag $output;
    like($output, qr/version 000002 is live/, 'in a version of its own');
    my ($session) = slurp("$dir/replay.vw.inverted")
        =~ /^reco\^session:\d+:(\S+)/m;
    ok(abs(weight('session') - $session) < 1e-5, 'whose manifest holds it');
    isnt(places(), $before, 'and the ranking is another');

    my $inverted = ctl('import-weights', '--conf', "$dir/replay.vw.inverted");
    is(scalar ctl('import-weights', '--conf', "$dir/replay.vw.readable"),
        $inverted, 'a model without names says the same');
    like($inverted, qr/^engine\.weight\.session -?[\d.]+$/m, 'for trainer.conf');

    is($learn->('shown.vw'), 0, 'it reads what was shown');
    like(slurp("$dir/shown.vw.inverted"), qr/^place\^p3:\d+:[\d.]/m,
        'a place takes its part of the clicks');
    ($code, $output) = ctl('import-weights', '--promote',
        "$dir/shown.vw.inverted");
    like($output, qr/version 000003 is live/, 'and so do these weights');
}

# -- weights by hand --

my $file = $world->write_file('weights',
    "# mine\nsession 0\nweight.next = 0\nengine.weight.popular 3\n");
my $before = places();
($code, $output) = ctl('import-weights', '--promote', $file);
is($code, 0, 'lines of name and value') or diag $output;
is(weight('popular'), 3, 'go into the manifest');
isnt(places(), $before, 'and change the ranking');

($code, $output) = ctl('import-weights', $world->write_file('bad', "x 1\n"));
is($code, 1, 'what the engine does not have');
like($output, qr/bad:1: the engine has no feature "x"/, 'is named');
($code, $output) = ctl('import-weights', $world->write_file('none', "# \n"));
like($output, qr/no weight of a feature/, 'nor does an empty file make one');
($code, $output) = ctl('import-weights', "$dir/nowhere");
is($code, 1, 'a file that is not there');
($code, $output) = ctl('import-weights', $dir);
is($code, 1, 'a folder fails');
like($output, qr/cannot read .*directory/, 'and why is said');
($code, $output) = ctl('import-weights', $world->write_file('escape', "\e[2J 1\n"));
like($output, qr/no feature "\?\[2J"/, 'nothing of a file controls the terminal');
($code, $output) = ctl('import-weights');
is($code, 2, 'which file?');

$world->done;
done_testing;
