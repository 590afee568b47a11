# recoctl and what others wrote: a server that answers whatever it likes, files of
# an outbox with any name and content.  It neither crashes nor hangs, and no byte of
# theirs steers a terminal.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use POSIX ();
use Test::More;

use Reco;
use Reco::FakeRedis;

my $world = Reco->new;
my $dir   = $world->{dir};

sub is_harmless {
    my ($output, $name) = @_;

    ok($output !~ /[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, $name)
        or diag explain $output;
}

# -- a server ------------------------------------------------------------------

my $evil  = "\e]0;x\x07\xc2\x9b2J\x9b";
my $bulk  = '$' . length($evil) . "\r\n$evil\r\n";
my $entry = "*2\r\n\$3\r\n1-1\r\n*2\r\n\$1\r\nt\r\n$bulk";

my @answers = (
    "-ERR $evil\r\n",
    ":1\r\n",
    "+OK\r\n",
    "\$-1\r\n",
    "*-1\r\n",
    "*0\r\n",
    "*1\r\n\$-1\r\n",
    "*1\r\n*-1\r\n",
    "*1\r\n*0\r\n",
    "*1\r\n:7\r\n",
    "*1\r\n*2\r\n:7\r\n\$4\r\nname\r\n",
    "*1\r\n*2\r\n\$-1\r\n\$4\r\nname\r\n",
    "*1\r\n*4\r\n\$4\r\nname\r\n\$12\r\nreco-trainer\r\n$bulk:7\r\n",
    "*1\r\n*3\r\n\$4\r\nname\r\n\$12\r\nreco-trainer\r\n$bulk",
    "*1\r\n$entry",
    "*1\r\n*2\r\n\$40\r\n" . '1' x 40 . "\r\n*0\r\n",
    "*1\r\n*2\r\n\$3\r\n1-1\r\n*1\r\n:1\r\n",
    "*1\r\n*2\r\n\$13\r\nreco:events:0\r\n*2\r\n$entry:1\r\n",
    "*1\r\n*2\r\n:1\r\n*1\r\n$entry",
    "*2147483647\r\n",
    "*99999999999999999999\r\n",
    "\$99999999999\r\nx\r\n",
    '*1' . "\r\n*1" x 20 . "\r\n:1\r\n",
    "\x00\xff$evil\r\n",
);

$world->write_file('empty.csv', "visitor,item,ts\na,1,1592671441\n");
is(($world->recoctl('import', '--state', "$dir/state", "$dir/empty.csv"))[0], 0,
    'a store');

for my $i (0 .. $#answers) {
    my $answer = $answers[$i];
    my $port = Reco::FakeRedis::start($world, sub {
        my ($n, $word) = @_;
        return "+PONG\r\n" if $word eq 'PING' && $i > 0;
        return $n > 200 ? undef : $answer;
    });
    $world->trainer_conf(redis => "127.0.0.1:$port", redis_timeout => '200ms');

    for my $command (['status'], ['status', '--json'], ['tail', '--once'],
        ['tail', '--once', '--rejected'], ['retry'], ['forget', 'nobody'])
    {
        my ($code, $output) = $world->ctl(@$command);
        ok($code >= 0 && $code <= 2, "answer $i, @$command: it ends")
            or diag "$code: $output";
        is_harmless($output, 'and steers nothing');
    }
}

# One that stands still is told from one that is gone.
my $still = Reco::FakeRedis::start($world, sub { return '' });
$world->trainer_conf(redis => "127.0.0.1:$still", redis_timeout => '200ms');
like(scalar $world->ctl('status'), qr/no answer in time/, 'no answer');

# -- an outbox -----------------------------------------------------------------

mkdir "$dir/outbox";
my $name = "outbox/a\e[2Jb.outbox";
$world->write_file($name, '');
$world->write_file('outbox/short.outbox', 'RECO');
$world->write_file('outbox/text.outbox', "\e[2J" x 20000);
$world->write_file('outbox/zero.damaged', "\0" x 70000);
mkdir "$dir/outbox/folder.outbox";
symlink '/etc/passwd', "$dir/outbox/link.outbox";
POSIX::mkfifo("$dir/outbox/pipe.outbox", 0600);

for my $action ('show', 'verify', 'print') {
    my ($code, $output) = $world->recoctl('outbox', $action, "$dir/outbox");
    is($code, 1, "outbox $action: what is none is told")
        or diag $output;
    is_harmless($output, 'and steers nothing');
}

# -- an import -----------------------------------------------------------------

$world->write_file("c\e[2Jd.csv", "visitor,item,ts\na,\e[2J,1592671441\na,1,\e\n");
my ($code, $output) = $world->recoctl('import', '--state', "$dir/other",
    "$dir/c\e[2Jd.csv");
like($output, qr/2 refused/, 'rows of an import are refused');
is_harmless($output, 'and steer nothing, as does its name');

# -- a manifest, a path --------------------------------------------------------

my $archive = "$dir/arch\xc2\x9b2J\x9b/archive";
system('mkdir', '-p', "$archive/versions/000001") == 0 or die;
open my $manifest, '>:raw', "$archive/versions/000001/manifest.json" or die;
print $manifest qq({"id":"000001","parent":"\xc2\x9b2J\x7f\x9b","site":"caf\xc3\xa9"});
close $manifest;

for my $command (['show', 1], ['versions', '--json'], ['status', '--json']) {
    my ($code, $output) = $world->recoctl(@$command, '--set',
        "archive=$archive", '--set', "state=$archive/state", '--set',
        "model=$archive/model");
    is_harmless($output, "@$command: no control characters in JSON");
    my $json = eval { JSON::PP->new->utf8->decode($output) };
    ok($json, 'which it is') or diag explain [$code, $output];
    is($json->{site}, "caf\xe9", 'with what is none as it was')
        if $command->[0] eq 'show';
    $json = $json->[0] if $command->[0] eq 'versions';
    is($json->{parent}, "\x{9b}2J\x7f\x{fffd}", 'and the others escaped')
        if $json->{parent};
}

$world->done;
done_testing;
