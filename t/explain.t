# Why an item is recommended, or is not.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};

$world->trainer_conf(ials_dimensions => 8, ials_iterations => 2);

sub ctl {
    my ($command, @arguments) = @_;

    my ($code, $output) = $world->recoctl($command, '--config',
        "$dir/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}

# Whoever sees the pot buys the lid; the pan goes with neither; the bowl is
# sold out.
my $catalog = join '', map { "$_\n" } "item\ttitle\tcategory\tavailable",
    "pot\tIron pot\tpots\t1", "lid\tGlass lid\tpots\t1",
    "pan\tSmall pan\tpans\t1", "bowl\tWood bowl\tbowls\t0",
    map { "other$_\tThing $_\tother\t1" } 1 .. 5;
my $events = "visitor\tsession\titem\tts\n";
my $now = time;
for my $i (1 .. 40) {
    my $when = $now - 90000 + $i * 60;
    $events .= "v$i\ts$i\t$_\t" . $when++ . "\n"
        for $i % 4 ? ('pot', 'lid', 'bowl') : ('pan', 'other' . $i % 5, 'bowl');
}
$events .= "me\tm1\tpan\t" . ($now - 5000) . "\n";
$events .= "me\tm2\tother1\t" . ($now - 20) . "\n";
$events .= "me\tm2\tpot\t" . ($now - 10) . "\n";
ctl('import', '--items', $world->write_file('items.tsv', $catalog));
ctl('import', $world->write_file('events.tsv', $events));

my ($code, $output) = ctl('explain', '--session', 'pot', '--item', 'lid');
is($code, 1, 'nothing to explain before there is a version');
ctl('train');

($code, $output) = ctl('explain', '--session', 'pot', '--item', 'lid');
is($code, 0, 'a session that is spelt out') or diag $output;
like($output, qr/^lid \(Glass lid\) is recommended: place 1 of \d/m, 'its place');
like($output, qr/because of pot \(Iron pot\)/, 'what it is for');
like($output, qr/^next +1\.0000/m, 'a feature');
like($output, qr/^  next +of pot \(Iron pot\): 1 of \d, score 0\.\d+/m,
    'a neighbour that voted');
like($output, qr/that the visit leads to: 31, with this item 30\n/, 'sessions');
like($output, qr/^ .* pot \[lid\] bowl$/m, 'and some of them');

like($output, qr/^the catalogue has no address of it:/m, 'and what else is against it');

my $json = decode_json(scalar ctl('explain', '--session', 'pot', '--item', 'lid',
    '--json'));
is($json->{verdict}, 'recommended', 'as JSON');
is($json->{because}{item}, 'pot', 'with the same reason');
my $sum = 0;
$sum += $_->{contribution} for @{ $json->{features} };
ok(abs($sum - $json->{score}) < 1e-4, 'contributions add up to the score');
is($json->{visit}{page}{item}, 'pot', 'the last item is the page');

$json = decode_json(scalar ctl('explain', '--visitor', 'me', '--item', 'lid', '--json'));
is_deeply([map { $_->{item} } @{ $json->{visit}{items} }], ['other1', 'pot'],
    'a visitor has a session');
is($json->{visit}{profile}, 1, 'and a profile');

like(scalar ctl('explain', '--visitor', 'v1', '--item', 'pan'),
    qr/not recommended: it was first seen after the visit/,
    'what nobody knew at the time of the visit');
like(scalar ctl('explain', '--session', 'pot', '--item', 'bowl'),
    qr/not recommended: it is not available/, 'what is sold out');
like(scalar ctl('explain', '--session', 'pot', '--item', 'pot'),
    qr/not recommended: it is the page's own/, 'the page itself');
like(scalar ctl('explain', '--session', 'lid,pot', '--item', 'lid'),
    qr/not recommended: the visitor saw it/, 'what was seen');
unlike(scalar ctl('explain', '--session', 'lid,pot', '--item', 'lid', '--repeat'),
    qr/not recommended: the visitor saw it/, 'but for --repeat');
like(scalar ctl('explain', '--session', 'pot', '--item', 'pan', '--n', '1'),
    qr/not recommended: others have a higher score/, 'what others outdo');

($code, $output) = ctl('explain', '--session', 'pot', '--item', 'cup');
is($code, 1, 'an item that is not there');
like($output, qr/knows no item "cup"/, 'is named');
($code, $output) = ctl('explain', '--session', 'cup', '--item', 'pot');
like($output, qr/knows no item "cup"/, 'in the session too');
($code, $output) = ctl('explain', '--visitor', 'you', '--item', 'pot');
is($code, 1, 'a visitor who was never there');
($code, $output) = ctl('explain', '--item', 'pot');
is($code, 2, 'whose block?');
($code, $output) = ctl('explain', '--session', 'pot');
is($code, 2, 'which item?');

$world->done;
done_testing;
