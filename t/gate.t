# The gate: a version that does worse on the newest sessions is kept and not
# published, unless it is forced.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my %conf  = (ials_dimensions => 0, gate_holdout => 0.4);

srand 5;

# Visits in which item 2k leads to 2k + 1.
sub visits {
    my ($name, $count, $begin) = @_;

    my $lines = "visitor\titem\tts\n";
    for my $visit (1 .. $count) {
        my $pair = 2 * int rand 100;
        $lines .= join("\t", "$name$visit", 'item' . ($pair + $_), $begin + 100 * $visit + $_)
            . "\n" for 0, 1;
    }
    return $world->write_file("$name.tsv", $lines);
}

sub live { return readlink "$dir/model/current" }
sub gate {
    my ($code, $output) = $world->ctl('train', '--json', @_);
    is($code, 0, 'trained') or diag $output;
    return eval { decode_json($output)->{gate} } // {};
}

my $now = time;
$world->trainer_conf(%conf);
$world->ctl('import', visits('early', 600, $now - 200000));
is(gate()->{verdict}, 'off', 'nothing is live: nothing to compare with');
is(live(), 'versions/000001', 'the first version');

$world->ctl('import', visits('later', 20, $now - 100000));
is(gate()->{verdict}, 'too few new sessions', 'twenty sessions tell nothing');
is(live(), 'versions/000002', 'the second');

$world->ctl('import', visits('more', 300, $now - 80000));
my $gate = gate();
is($gate->{verdict}, 'passed', 'as good as the live one');
cmp_ok($gate->{cases}, '>=', 200, 'on enough cases');
cmp_ok($gate->{candidate}, '>', 0.9, 'which it mostly foresees');
is(live(), 'versions/000003', 'the third');

# From now on the popular ones come first, whatever the visit.
$world->trainer_conf(%conf, blend => 'off', 'engine.weight.popular' => 100);
$world->ctl('import', visits('last', 300, $now - 40000));
$gate = gate();
is($gate->{verdict}, 'failed', 'much worse than the live one');
cmp_ok($gate->{cases}, '>=', 200, 'on enough cases');
cmp_ok($gate->{high}, '<', 0, 'beyond chance');
is(live(), 'versions/000003', 'what was live stays so');
ok(-d "$dir/archive/versions/000004", 'the other is kept');
is(gate('--force')->{verdict}, 'failed', 'by force');
is(live(), 'versions/000005', 'it is published');

$world->done;
done_testing;
