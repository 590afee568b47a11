# The demo: each shop opens, shows blocks that follow its visitor, and leaves
# nothing behind, however it ends.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use POSIX qw(WNOHANG setpgid);
use Test::More;
use Time::HiRes qw(sleep time);

use Reco;
use Reco::HTTP;

plan skip_all => 'the demo runs what make builds without a sanitizer'
    if $ENV{RECO_BUILD};

my $world = Reco->new;
my $run   = "$Reco::ROOT/demo/run";

$ENV{TMPDIR} = "$world->{dir}/demo";
mkdir $ENV{TMPDIR} or die "$ENV{TMPDIR}: $!";


sub left_behind {
    opendir my $folder, $ENV{TMPDIR} or die "$ENV{TMPDIR}: $!";

    return grep { !/^\./ } readdir $folder;
}


# -- one scripted visit --

for my $data (qw(online-retail eshop-clothing serenade-toy)) {
    my ($code, $output) = $world->run($run, '--check', '--no-install',
        '--data', $data);

    is($code, 0, "$data: the visit saw what it should") or diag $output;
    like($output, qr/changed: related.*changed: for-you/s, "$data: both changed");
    is_deeply([left_behind()], [], "$data: nothing is left");
}


# -- until it is interrupted, as by Ctrl-C --

# Processes of a group that have not ended, whether or not somebody asked how.
sub members {
    my ($group) = @_;

    return grep {
        $world->read_file($_) =~ /\) [^ZX] \d+ (\d+) / && $1 == $group
    } glob '/proc/[0-9]*/stat';
}

my $port = $world->free_port;
my $pid  = fork;
die "cannot fork: $!" unless defined $pid;

if ($pid == 0) {
    setpgid(0, 0);
    $SIG{INT} = 'DEFAULT';
    open STDOUT, '>', "$world->{dir}/demo.log";
    open STDERR, '>&', \*STDOUT;
    exec $run, '--no-install', '--data', 'eshop-clothing', '--port', $port
        or POSIX::_exit(127);
}

ok($world->wait_for(300, sub { $world->read_file('demo.log') =~ /is open/ }),
    'the shop opens') or diag $world->read_file('demo.log');

my $home = Reco::HTTP::request($port, 'GET', '/');
like($home->{body}, qr/data-reco-block="for-you"/, 'its home has a block');

my $basket = Reco::HTTP::request($port, 'POST', '/basket', body => 'item=47',
    headers => { 'Content-Type' => 'application/x-www-form-urlencoded' });
is($basket->{status}, 303, 'a product goes into the basket');

my ($cookie) = $basket->{headers}{'set-cookie'} =~ /(basket=[^;]*)/;
like(Reco::HTTP::request($port, 'GET', '/basket',
    headers => { Cookie => $cookie })->{body},
    qr{<a href="/product/47">.*data-reco-item=}s, 'and gets company there');

cmp_ok(scalar members($pid), '>', 4, 'its processes run in its group');
kill 'INT', -$pid;
ok($world->wait_for(20, sub { waitpid($pid, WNOHANG) == $pid }), 'Ctrl-C ends it');
is($? >> 8, 130, 'with the exit code of an interrupt');
is_deeply([members($pid)], [], 'all that it started has ended');
is_deeply([left_behind()], [], 'its folder is gone');


# -- what goes wrong is said --

my ($code, $output) = $world->run($run, '--no-install', '--data', 'none');
is($code, 2, 'an unknown data set');
like($output, qr/there are: eshop-clothing online-retail/, 'names those there are');

my $busy = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
($code, $output) = $world->run($run, '--check', '--no-install',
    '--data', 'eshop-clothing', '--port', $busy->sockport);
is($code, 1, 'a port that is taken');
like($output, qr/port \d+ is taken/, 'is named');
is_deeply([left_behind()], [], 'and nothing is left');

done_testing();
