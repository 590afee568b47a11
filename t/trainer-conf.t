# Every key of trainer.conf is documented with its default; the file that is
# installed changes none.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;

sub values_of {
    my ($code, $output) = $world->recoctl('config', @_);
    is($code, 0, 'recoctl config') or diag $output;
    return map { /^(\S+)\s+(.*)$/ ? ($1 => $2) : () } split /\n/, $output;
}

my %value = values_of('--state', '/var/lib/reco/state');
my $page  = Reco->read_file("$Reco::ROOT/docs/trainer.conf.md");

my %documented;
while ($page =~ /^### (\S+)\n\n    Syntax:  (\S+) [^\n]+\n    Default: ([^\n]+)\n/mg) {
    my ($key, $again, $default) = ($1, $2, $3);
    is($again, $key, "syntax of $key");
    $documented{$key} = $default eq "\x{e2}\x{80}\x{94}" ? '""'
        : $default =~ /^\Q$key\E (.+)$/ ? $1 : "wrong: $default";
}

is_deeply(\%documented, \%value, 'docs/trainer.conf.md has every key and default');

my %shipped = values_of('--config', "$Reco::ROOT/conf/trainer.conf");
is_deeply(\%shipped, \%value, 'conf/trainer.conf changes none');

my %known = map { $_ => 1 } keys %value;
my @shown = Reco->read_file("$Reco::ROOT/conf/trainer.conf")
    =~ /^#([a-z_.]+)  ?/mg;
is_deeply([grep { !$known{$_} } @shown], [], 'and names none that is not there');

my %secret = values_of('--set', 'redis_password=hush', '--set',
    'redis_sentinel_password=hush');
is_deeply([@secret{'redis_password', 'redis_sentinel_password'}], ['(set)', '(set)'],
    'passwords are not printed');

$world->done;
done_testing;
