# recoctl eval and tune: the names that others read, models side by side,
# weights that follow the shop, a search that goes on where it broke off.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};

# A shop of forty items in a ring: two clicks of three go on to the next one, no
# visit goes back.  Numbers that are the same on every machine.
my $state = 7;
sub draw { $state = ($state * 1103515245 + 12345) % 2**31; return int($state / 65536) % $_[0] }

sub sessions {
    my ($count, $first) = @_;

    my $rows = "SessionId\tItemId\tTime\n";
    for my $session ($first .. $first + $count - 1) {
        my ($item, $time) = (draw(40), 1000 * $session);
        for (1 .. 4) {
            $rows .= join "\t", $session, "i$item", $time++ . "\n";
            $item = ($item + (draw(3) ? 1 : draw(40))) % 40;
        }
    }
    return $rows;
}

sub lines {
    my ($count) = @_;

    my $rows = '';
    for my $user (1 .. $count) {
        my $half = draw(2) * 20;
        my %item = map { ($half + draw(20)) => 1 } 1 .. 8;
        $rows .= join(' ', "u$user", map { "i$_" } sort { $a <=> $b } keys %item) . "\n";
    }
    return $rows;
}

Reco->write_file("$dir/train.tsv", sessions(2000, 1));
Reco->write_file("$dir/test.tsv",  sessions(150,  2001));
Reco->write_file("$dir/users.txt", lines(400));

my @small = ('--set', 'ials_dimensions=8', '--set', 'ials_iterations=3');

sub evaluate {
    my ($protocol, @arguments) = @_;

    my @files = $protocol eq 'leave-last'
        ? ('--train', "$dir/users.txt", '--test', "$dir/users.txt")
        : ('--train', "$dir/train.tsv", '--test', "$dir/test.tsv");
    my ($code, $output) = $world->recoctl('eval', @files, '--protocol', $protocol,
        '--json', @small, @arguments);
    is($code, 0, "eval --protocol $protocol @arguments") or diag $output;
    return decode_json($output =~ s/^[^{]+//r);
}

my $blend = evaluate('next');
ok(exists $blend->{$_}, $_)
    for (map { my $name = $_; map {"$name\@$_"} 5, 10, 20 }
             qw(MRR HitRate Recall Precision NDCG Coverage)),
    qw(n protocol model build_seconds p50_us p90_us p99_us);
is($blend->{n}, 450, 'every prefix was asked');
ok(!exists $blend->{models}, 'one model has nothing beside it');

my $shipped = evaluate('next', '--set', 'blend=off');
cmp_ok($blend->{'MRR@20'}, '>', $shipped->{'MRR@20'}, 'learnt weights beat the shipped ones');

my $again = evaluate('next');
is($again->{'MRR@20'}, $blend->{'MRR@20'}, 'and are the same again');

my $several = evaluate('next', '--model', 'blend,session,vmis', '--compare', 'popular');
is($several->{'MRR@20'}, $blend->{'MRR@20'}, 'the first model as if alone');
is_deeply([map { $_->{model} } @{$several->{models}}], [qw(session vmis popular)], 'the others');
is($several->{compare}{model}, 'session', 'the second is what compare has');
for my $other (@{$several->{models}}) {
    my $difference = $other->{difference}{'MRR@20'};
    cmp_ok(abs($several->{'MRR@20'} - $other->{'MRR@20'} - $difference->{mean}),
        '<', 1e-9, "$other->{model}: the difference");
    ok($difference->{low} <= $difference->{mean} && $difference->{mean} <= $difference->{high},
        "$other->{model}: lies in its interval");
}
cmp_ok($several->{models}[2]{difference}{'MRR@20'}{low}, '>', 0, 'popular is beaten');

my $users = evaluate('leave-last');
is($users->{n}, 400, 'every user was asked');
ok(exists $users->{$_}, $_) for map {("HR\@$_", "NDCG\@$_")} 5, 10, 20;

# Of forty items each is met by fewer users than the one before it, and each user has
# met the first ones up to some; the fifteenth behind those is asked for.
my ($met, $asked) = ('', '');
for my $user (1 .. 200) {
    my $last = int((200 - $user) / 4);
    $last = 39 if $last > 39;
    $met   .= "u$user i$_\n" for 0 .. $last;
    $asked .= "u$user i" . ($last + 15) . "\n" if $last + 15 < 40;
}
Reco->write_file("$dir/met.txt",   $met);
Reco->write_file("$dir/asked.txt", $asked);
my $counted = decode_json(scalar $world->recoctl('eval', '--train', "$dir/met.txt", '--test',
    "$dir/asked.txt", '--protocol', 'heldout', '--model', 'popular', '--json', @small));
is($counted->{'Recall@10'}, 0, 'popular: not among ten');
cmp_ok(abs($counted->{'Recall@20'} - 1), '<', 1e-6, 'but among twenty');
cmp_ok(abs($counted->{'NDCG@20'} - 0.25), '<', 1e-6, 'at the fifteenth place, by counts alone');

# Users whose times overlap end in another order without their last items.
my $rows = "UserId\tItemId\tTime\n";
for my $user (1 .. 300) {
    my $time = 10 * $user;
    $rows .= join("\t", "u$user", 'i' . ($user + $_) % 40, $time += 5 + draw(200)) . "\n"
        for 1 .. 4;
}
Reco->write_file("$dir/times.tsv", $rows);
for my $protocol ('leave-last', 'heldout') {
    my ($code, $output) = $world->recoctl('eval', '--train', "$dir/times.tsv",
        '--test', "$dir/times.tsv", '--protocol', $protocol, @small);
    is($code, 0, "$protocol of users who came at the same time") or diag $output;
}

my ($code, $output) = $world->recoctl('eval', '--train', "$dir/train.tsv", '--test',
    "$dir/test.tsv", '--protocol', 'next', '--model', 'oracle');
is($code, 2, 'a model that is not there');
like($output, qr/no model "oracle"/, 'is named');

# -- files that are not what they should be --

like((evaluated('train.tsv'))[1], qr/^read: 8000 events in 2000 sessions to learn from, 600 in 150 to ask; 40 items$/m,
    'what was read is told');
gzip(\sessions(50, 1) => \my $packed) or die;
my %file = (
    'bytes'     => ["SessionId\x01\x02\n", qr{/bytes:1: it is no text}],
    'later'     => ["u1 i1 i2\nu2 i\x001\n", qr{/later:2: it is no text}],
    'nameless'  => ["SessionId\tWare\tTime\ns\ti\t1\n", qr{/nameless:1: no column is known to hold the item: call it ItemId}],
    'sessions'  => ["ItemId\tTime\ni\t1\n", qr{/sessions:1: the first line names an item's column but neither}],
    'times'     => ["SessionId\tItemId\tTime\ns\ti\tNaN\n", qr{/times:2: the time is not in seconds}],
    'cut.gz'    => [substr($packed, 0, 300), qr{/cut\.gz:\d+: unexpected end of file}],
    'nothing'   => ["SessionId\tItemId\tTime\n", qr{nothing to train on in the --train files}],
    'elsewhere' => [undef, qr{cannot open ".*/elsewhere": No such file}],
);
for my $name (sort keys %file) {
    my ($content, $like) = @{ $file{$name} };
    Reco->write_file("$dir/$name", $content) if defined $content;
    my ($code, $output) = evaluated($name);
    is($code, 1, "$name: a failure");
    like($output, $like, 'which names file, line and reason');
}
($code, $output) = evaluated('train.tsv', '--train', "$dir/users.txt");
like($output, qr{/users\.txt:1: the file has other columns}, 'two files of two kinds');

sub evaluated {
    my ($train, @arguments) = @_;

    return $world->recoctl('eval', '--train', "$dir/$train", '--test', "$dir/test.tsv",
        '--protocol', 'next', '--model', 'popular', '--set', 'ials_dimensions=0',
        '--set', 'blend=off', @arguments);
}

sub tune {
    my ($out, @arguments) = @_;

    return $world->recoctl('tune', '--train', "$dir/train.tsv", '--valid',
        "$dir/test.tsv", '--protocol', 'next', '--out', "$dir/$out", '--set',
        'ials_dimensions=0', '--budget', 86400, @arguments);
}

sub trials {
    my ($head, @lines) = split /\n/, Reco->read_file("$dir/$_[0].trials");
    return @lines;
}

($code, $output) = tune('whole.conf', '--trials', 6);
is($code, 0, 'tune') or diag $output;
like($output, qr/NDCG\@20 .* as configured/, 'starts from what is configured');
is(scalar trials('whole.conf'), 6, 'keeps every trial');

my ($best) = sort { $b <=> $a } map { (split)[0] } trials('whole.conf');
my ($same, $conf) = ($world->recoctl('eval', '--config', "$dir/whole.conf", '--train',
    "$dir/train.tsv", '--test', "$dir/test.tsv", '--protocol', 'next', '--json'));
cmp_ok(abs(decode_json($conf =~ s/^[^{]+//r)->{'NDCG@20'} - $best), '<', 1e-6, 'eval --config gives the figure again');

tune('parts.conf', '--trials', 3);
($code, $output) = tune('parts.conf', '--trials', 6);
is($code, 0, 'a search that broke off') or diag $output;
is_deeply([trials('parts.conf')], [trials('whole.conf')], 'goes on as if it had not');
is(Reco->read_file("$dir/parts.conf"), Reco->read_file("$dir/whole.conf"), 'to the same end');

($code, $output) = tune('parts.conf', '--trials', 6, '--seed', 2);
is($code, 1, 'another search over it');
like($output, qr/is of another search/, 'is refused');
($code, $output) = tune('none/x.conf');
like($output, qr{cannot write ".*none/x\.conf\.trials": No such file or directory},
    'a folder that is not there is told');

$world->done;
done_testing;
